//! The console's door: a certificate of ours, of this operator, and the password that belongs to it.

use inkan_tests::authority::Authority;
use inkan_tests::database::Engine;
use inkan_tests::operator::{Operator, PASSWORD};
use inkan_tests::service::Service;
use inkan_tests::site::arriving;
use openssl::pkcs12::Pkcs12;

#[test]
fn without_a_certificate_of_ours_there_is_no_console() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let bare = arriving(&service.console(), &service.root_pem()).visitor();
    let answer = bare.try_open("/console/login");
    assert!(
        !matches!(&answer, Ok(page) if page.has_button("ログイン")),
        "no certificate, no login page"
    );

    let other = Authority::new("another root").client_pkcs12("suzuki", "x");
    let parsed = Pkcs12::from_der(&other)
        .expect("DER")
        .parse2("x")
        .expect("a password");
    let pem = String::from_utf8(parsed.cert.expect("a certificate").to_pem().expect("PEM"))
        .expect("ASCII");
    let key = parsed
        .pkey
        .expect("a key")
        .private_key_to_pem_pkcs8()
        .expect("PEM");
    let key = String::from_utf8(key).expect("ASCII");
    let arriving = arriving(&service.console(), &service.root_pem());
    let stranger = arriving.with_certificate(vec![pem], key).visitor();
    let answer = stranger.try_open("/console/login");
    assert!(
        !matches!(&answer, Ok(page) if page.has_button("ログイン")),
        "another root, no login page"
    );
}

#[test]
fn the_certificate_and_the_password_belong_together() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let [suzuki, tanaka] = ["suzuki", "tanaka"].map(|name| service.operator(name));
    suzuki.log_in(&suzuki.visitor()).shows(&["概況"]);
    let crossed = tanaka.log_in(&suzuki.visitor());
    assert!(
        crossed.has_button("ログイン"),
        "another operator's name is refused:\n{}",
        crossed.text()
    );
}

#[test]
fn three_wrong_passwords_shut_the_door() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let suzuki = service.operator("suzuki");
    let visitor = suzuki.visitor();
    for wrong in ["wrong-one-1", "wrong-two-2", "wrong-three-3"] {
        suzuki.log_in_with(&visitor, wrong);
    }
    let page = suzuki.log_in_with(&visitor, PASSWORD);
    assert!(
        page.text().contains("しばらくログインできません"),
        "{}",
        page.text()
    );
    assert_eq!(visitor.cookie("__Host-inkan-console"), None);
}

#[test]
fn an_operator_who_is_switched_off_is_out_at_once() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let suzuki = service.operator("suzuki");
    let visitor = suzuki.signed_in();
    visitor.open("/console/requests").shows(&["申請"]);
    service.cli(&["operator", "disable", "suzuki"]).ok();
    let page = visitor.open("/console/requests");
    assert!(
        !page.text().contains("承認待ち"),
        "an open session lives on:\n{}",
        page.text()
    );
}

#[test]
fn an_applicants_session_opens_no_console_and_the_other_way_round() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let suzuki = service.operator("suzuki");
    let mut office = service.office("KJ2700000001");
    office.arrive_first();
    let cookie = office.visitor.cookie("__Host-inkan").expect("a session");
    let visitor = suzuki.visitor();
    let page = visitor.open_with(
        "/console/requests",
        &format!("__Host-inkan-console={cookie}"),
    );
    assert!(page.has_button("ログイン"), "{}", page.text());
    let own = suzuki
        .signed_in()
        .cookie("__Host-inkan-console")
        .expect("a session");
    let page = service
        .visitor()
        .open_with("/service/certificates", &format!("__Host-inkan={own}"));
    assert!(page.has_button("ログイン"), "{}", page.text());
}

#[test]
fn an_operators_certificate_is_for_operators_alone() {
    let service = Service::set_up(Engine::Sqlite);
    let Operator { file, .. } = service.operator("suzuki");
    let bytes = std::fs::read(&file).expect("the PKCS#12");
    let own = Pkcs12::from_der(&bytes)
        .expect("DER")
        .parse2(PASSWORD)
        .expect("the password")
        .cert
        .expect("a certificate");
    let text = String::from_utf8(own.to_text().expect("text")).expect("UTF-8");
    assert!(text.contains("TLS Web Client Authentication"), "{text}");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(&file).expect("a file").permissions(),
    );
    assert_eq!(mode & 0o077, 0, "nobody else may read it");
}

#[test]
fn an_operator_gets_another_certificate_from_the_new_root_and_the_old_one_opens_nothing() {
    let service = Service::set_up(Engine::Sqlite);
    let suzuki = service.operator("suzuki");
    service.cli(&["ca", "rollover"]).ok();
    let _site = service.start_site();
    let before = suzuki.signed_in();
    let word = service
        .folder()
        .join("suzuki.password")
        .display()
        .to_string();
    let file = service.folder().join("suzuki-2.p12");
    let path = file.display().to_string();
    let renew = [
        "operator",
        "renew",
        "suzuki",
        "--password-file",
        &word,
        "--out",
        &path,
    ];
    service.cli(&renew).ok();
    service.cli(&renew).refused(&["suzuki-2.p12"]);
    let nobody = [
        "operator",
        "renew",
        "nobody",
        "--password-file",
        &word,
        "--out",
        "/dev/null",
    ];
    service
        .cli(&nobody)
        .refused(&["there is no operator named nobody", "operator list"]);
    // The session that was open ends with its certificate.
    assert!(!before.open("/console").text().contains("概況"));
    let old = suzuki.visitor().open("/console/login");
    assert!(
        old.status == 403 && old.text().contains("この証明書では入れません"),
        "{}",
        old.text()
    );
    let mut renewed = suzuki;
    renewed.file = file;
    renewed.log_in(&renewed.visitor()).shows(&["概況"]);
}
