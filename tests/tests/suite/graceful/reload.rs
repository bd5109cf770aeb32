//! SIGHUP: the configuration is taken up while people work; a bad one changes nothing.

use inkan_tests::database::Engine;
use inkan_tests::mail::Mail;
use inkan_tests::process::{Process, until};
use inkan_tests::service::Service;
use openssl::ssl::{SslConnector, SslMethod, SslStream};
use openssl::x509::X509;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Tells a program to begin anew and waits for another line like `line` in its log; returns what it said.
fn hang_up(program: &mut Process, line: &str) -> String {
    let before = program.said().matches(line).count();
    program.signal("HUP");
    until("a word about the new configuration", || {
        let said = program.said();
        (said.matches(line).count() > before).then_some(said)
    })
}

/// A mistyped key and a file that is not there are refused by name.
fn refuses(service: &Service, program: &mut Process, base: &str, missing: &str) {
    let missing = format!("{missing} = \"nowhere\"");
    for (line, named) in [("servce.name = \"x\"", "servce"), (&missing, "nowhere")] {
        service.configure(&format!("{base}\n{}", line));
        let said = hang_up(program, "the new configuration is refused");
        let last = said.lines().rfind(|line| line.contains("is refused"));
        assert!(
            last.is_some_and(|last| last.contains(named)),
            "{named}: {said}"
        );
    }
}

#[test]
fn the_site_takes_up_a_new_configuration_and_loses_no_request() {
    let mut service = Service::set_up(Engine::Sqlite);
    let mut site = service.start_site();
    let mut office = service.office("KJ2700000001");
    office.arrive_first();
    let (service, office) = (&service, &office);
    let (end, answered) = (&AtomicBool::new(false), &AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let askers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(move || {
                    // A connection each: what waits while one server takes over from the other is answered too.
                    while !end.load(Ordering::SeqCst) {
                        assert_eq!(service.visitor().open("/").status, 200);
                        answered.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let named = "service.name = \"見本センター\"";
            service.configure(named);
            hang_up(&mut site, "the configuration was read again and is in use");
            service.visitor().open("/").shows(&["見本センター"]);
            // Who was logged in still is.
            let inside = office.visitor.open("/service/certificates");
            inside.shows(&["証明書の発行申請を行う", "ログアウト"]);
            refuses(service, &mut site, named, "portal.access_matrix");
            let seen = answered.load(Ordering::SeqCst);
            service.visitor().open("/").shows(&["見本センター"]);
            until("more answers", || {
                (answered.load(Ordering::SeqCst) > seen + 5).then_some(())
            });
        }));
        end.store(true, Ordering::SeqCst);
        for asker in askers {
            asker.join().expect("every request is answered");
        }
        played.expect("the configuration is taken up");
    });
    assert!(site.stop().success(), "{}", site.said());
}

#[test]
fn the_worker_takes_up_a_new_configuration_and_goes_on_with_the_old_one_otherwise() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let mut worker = service.start_worker();
    worker.until_it_says("the worker begins");
    let mut offices = service.offices(2).into_iter();
    let from = "mail.from = \"registry@example.jp\"";
    refuses(
        &service,
        &mut worker,
        "",
        "mail.transport = \"smtp\"\nmail.smtp.root_certificates",
    );
    service.configure(from);
    hang_up(&mut worker, "are in use as they are now");
    refuses(
        &service,
        &mut worker,
        from,
        "mail.transport = \"smtp\"\nmail.smtp.root_certificates",
    );

    // It still signs, and writes from the address that was taken up.
    let mut office = offices.next().expect("an office");
    office.apply_first();
    service.operator("suzuki").approve_all();
    let mails = until("the mail", || {
        let mails = service.mails();
        (!mails.is_empty()).then_some(mails)
    });
    let mail = Mail::of(&mails[0]);
    let sender = mail.header("From");
    assert!(sender.contains("registry@example.jp"), "{sender}");
    assert!(worker.stop().success(), "{}", worker.said());
}

/// A connection to the applicants' site by somebody who trusts the root alone.
fn connected(service: &Service) -> SslStream<TcpStream> {
    let mut connector = SslConnector::builder(SslMethod::tls()).expect("TLS");
    let root = service.root_file();
    connector.set_ca_file(root).expect("the root");
    let port = service.site();
    let (_, port) = port.rsplit_once(':').expect("a port");
    let stream = TcpStream::connect(("127.0.0.1", port.parse().expect("a number")));
    let stream = stream.expect("a connection");
    connector
        .build()
        .connect("localhost", stream)
        .expect("a handshake")
}

/// The certificate that the site shows now.
fn shown(service: &Service) -> Vec<u8> {
    let shown = connected(service).ssl().peer_certificate();
    shown.expect("a certificate").to_der().expect("DER")
}

#[test]
fn a_renewed_certificate_of_the_site_is_shown_after_a_hangup_and_a_broken_one_is_not() {
    let service = Service::set_up(Engine::Sqlite);
    let mut site = service.start_site();
    let file = service.folder().join("data/tls/server.crt");
    let first = shown(&service);
    // A form that is on its way while the certificate changes.
    let mut under_way = connected(&service);
    let head = "POST /service/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n\r\n";
    under_way.write_all(head.as_bytes()).expect("its head");
    under_way.write_all(b"user_id=KJ").expect("half of it");

    service.cli(&["certificate", "issue-server"]).ok();
    let renewed = std::fs::read(&file).expect("the renewed certificate");
    let second = X509::from_pem(&renewed)
        .expect("PEM")
        .to_der()
        .expect("DER");
    assert_ne!(first, second);
    let taken_up = "the configuration was read again and is in use";
    hang_up(&mut site, taken_up);
    assert_eq!(shown(&service), second);
    under_way.write_all(b"2700000001").expect("the other half");
    let mut answer = Vec::new();
    let _ = under_way.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.starts_with("HTTP/1.1 403"),
        "a form without its token: {answer}"
    );

    for broken in [&b"no certificate"[..], &renewed[..renewed.len() / 2]] {
        std::fs::write(&file, broken).expect("a broken file");
        let said = hang_up(&mut site, "the new configuration is refused");
        let last = said.lines().rfind(|line| line.contains("is refused"));
        let last = last.expect("a refusal");
        assert!(last.contains("server.crt"), "it names the file: {last}");
        assert_eq!(shown(&service), second, "the old one stays");
    }
    std::fs::write(&file, &renewed).expect("the renewed certificate");
    hang_up(&mut site, taken_up);
    assert_eq!(shown(&service), second);
    assert!(site.stop().success(), "{}", site.said());
}
