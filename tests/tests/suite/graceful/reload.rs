//! SIGHUP: the configuration is taken up while people work; a bad one changes nothing.

use inkan_tests::database::Engine;
use inkan_tests::mail::Mail;
use inkan_tests::process::{Process, until};
use inkan_tests::service::Service;
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
