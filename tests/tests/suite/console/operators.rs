//! An operator loses a PC, forgets a password, leaves: what each command ends, and what it says that it does not.

use inkan_tests::database::Engine;
use inkan_tests::operator::PASSWORD;
use inkan_tests::service::Service;
use serde_json::Value;

/// Status and reason of the operator's certificate, newest first in the list or not: by its serial number.
fn certificate(service: &Service, serial: &str) -> (String, String) {
    let shown = service.cli(&["certificate", "list", "--json"]).ok().out;
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    let rows = shown.as_array().expect("a list").iter();
    let mut own = rows.filter(|row| row["serial"] == serial);
    let status = own.next().expect("the certificate")["status"].clone();
    let reason = service
        .database
        .connect()
        .lines(&format!(
            "SELECT COALESCE(revocation_reason, '') AS line FROM certificate WHERE serial = '{serial}'"
        ))
        .pop();
    (
        status.as_str().expect("a status").to_owned(),
        reason.unwrap_or_default(),
    )
}

/// The serial number of the certificate that the operator has now.
fn serial(service: &Service, name: &str) -> String {
    let query = format!("SELECT certificate_serial AS line FROM operator WHERE name = '{name}'");
    let mut sql = service.database.connect();
    sql.lines(&query).pop().expect("a certificate")
}

#[test]
fn disabling_says_that_the_certificate_stays_and_revoking_ends_it_for_good() {
    let service = Service::set_up(Engine::Sqlite);
    service.operator("suzuki");
    let own = serial(&service, "suzuki");
    let said = service.cli(&["operator", "disable", "suzuki"]).ok().out;
    assert!(
        said.contains(&own) && said.contains("is not revoked") && said.contains("--revoke"),
        "{said}"
    );
    assert_eq!(certificate(&service, &own).0, "valid");
    let said = service.cli(&["operator", "enable", "suzuki"]).ok().out;
    assert!(!said.contains("renew"), "{said}");

    let lost = ["operator", "disable", "suzuki", "--revoke=keyCompromise"];
    let said = service.cli(&lost).ok().out;
    assert!(said.contains("revoked for good"), "{said}");
    let ended = ("revoked".to_owned(), "keyCompromise".to_owned());
    assert_eq!(certificate(&service, &own), ended);
    service.cli(&["crl", "publish"]).ok();
    let list = service.cli(&["crl", "show", "--entries"]).ok().out;
    assert!(list.contains(&own), "{list}");
    let again = service.cli(&["operator", "disable", "suzuki", "--revoke"]);
    assert!(again.ok().out.contains("no valid certificate to revoke"));
    assert_eq!(certificate(&service, &own), ended, "the first reason stays");
    let said = service.cli(&["operator", "enable", "suzuki"]).ok().out;
    assert!(said.contains("ca-cli operator renew suzuki"), "{said}");
    service
        .cli(&["operator", "disable", "nobody", "--revoke"])
        .refused(&["no operator named nobody", "operator list"]);
    service
        .cli(&["operator", "disable", "suzuki", "--revoke=removeFromCRL"])
        .refused(&["keyCompromise"]);
}

#[test]
fn another_password_ends_the_session_and_the_lock_and_the_old_password_opens_nothing() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let suzuki = service.operator("suzuki");
    let open = suzuki.signed_in();
    let visitor = suzuki.visitor();
    for wrong in ["wrong-one-1", "wrong-two-2", "wrong-three-3"] {
        suzuki.log_in_with(&visitor, wrong);
    }
    let other = "Another-2026-sakura";
    let file = service.folder().write("other", format!("{other}\n"));
    let file = file.display().to_string();
    let change = ["operator", "password", "suzuki", "--password-file", &file];
    let said = service.cli(&change).ok().out;
    assert!(said.contains("new console password"), "{said}");
    assert!(!open.open("/console/requests").text().contains("承認待ち"));
    let old = suzuki.log_in_with(&visitor, PASSWORD);
    assert!(old.has_button("ログイン"), "{}", old.text());
    suzuki.log_in_with(&visitor, other).shows(&["概況"]);
    let nobody = ["operator", "password", "nobody", "--password-file", &file];
    service.cli(&nobody).refused(&["no operator named nobody"]);
    let short = service.folder().write("short", "short\n");
    let short = short.display().to_string();
    let weak = ["operator", "password", "suzuki", "--password-file", &short];
    service.cli(&weak).refused(&["12 to 128"]);
}

#[test]
fn a_lost_certificate_is_replaced_and_revoked_as_compromised() {
    let service = Service::set_up(Engine::Sqlite);
    service.operator("suzuki");
    let before = serial(&service, "suzuki");
    let word = service.folder().join("suzuki.password");
    let (word, file) = (word.display().to_string(), "suzuki-2.p12");
    let file = service.folder().join(file).display().to_string();
    let renew = [
        "operator",
        "renew",
        "suzuki",
        "--lost",
        "--password-file",
        &word,
        "--out",
        &file,
    ];
    service.cli(&renew).ok();
    let ended = ("revoked".to_owned(), "keyCompromise".to_owned());
    assert_eq!(certificate(&service, &before), ended);
    assert_ne!(serial(&service, "suzuki"), before);
}
