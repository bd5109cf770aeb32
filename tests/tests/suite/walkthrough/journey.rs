//! The journey on both databases.

use super::{certificate, letter, secrets};
use inkan_tests::database::Engine;
use inkan_tests::letter::solid;
use inkan_tests::mail::Mail;
use inkan_tests::pkcs12::{READERS, friendly_names, open};
use inkan_tests::walkthrough::Walkthrough;

#[test]
fn the_main_journey_holds_on_sqlite() {
    judge(&Walkthrough::play(Engine::Sqlite, &[]));
}

#[test]
fn the_main_journey_holds_on_postgresql() {
    judge(&Walkthrough::play(Engine::Postgres, &[]));
}

fn judge(walk: &Walkthrough) {
    assert_eq!(walk.result["audit_verified"], true);
    certificate::judge(walk);
    five_readers_open_it(walk);
    letter::judge(walk);
    mail_says_it_is_ready(walk);
    secrets::judge(walk);
    the_database_agrees(walk);
}

fn five_readers_open_it(walk: &Walkthrough) {
    let file = walk.file("p12");
    let password = walk.word("issuance_password");
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    assert_eq!(name, format!("Cert{}.p12", walk.word("user_id")));
    let mut wanted = [walk.certificate(), walk.root()]
        .map(|certificate| certificate.to_der().expect("DER"))
        .to_vec();
    wanted.sort();
    let (names, user_id) = (friendly_names(&file, password), walk.word("user_id"));
    let year = walk.certificate().not_after().to_string();
    let shown = format!(
        "{user_id} {}",
        year.split(' ').rev().nth(1).unwrap_or_default()
    );
    assert_eq!(
        names,
        [shown.clone(), shown],
        "key and certificate bear the user ID and the year of expiry"
    );
    for reader in READERS {
        let mut found =
            open(reader, &file, password).unwrap_or_else(|said| panic!("{reader:?}: {said}"));
        found.sort();
        assert!(
            found == wanted,
            "{reader:?} should find the certificate and the root, nothing else"
        );
        for wrong in ["", &password.to_uppercase(), &format!("{password} ")] {
            assert!(
                open(reader, &file, wrong).is_err(),
                "{reader:?} took a wrong password"
            );
        }
    }
}

fn mail_says_it_is_ready(walk: &Walkthrough) {
    let mail = Mail::of(&std::fs::read_to_string(walk.file("mail")).expect("the mail"));
    for name in ["From", "To", "Subject", "Message-ID", "Date", "Reply-To"] {
        assert_ne!(
            mail.header(name),
            "",
            "the mail should have {name}:\n{}",
            mail.raw
        );
    }
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert!(
        mail.header("Subject").contains(walk.word("user_id")),
        "{}",
        mail.header("Subject")
    );
    let (secret, plain) = (walk.word("issuance_password"), solid(&mail.text));
    assert!(
        !plain.contains(secret) && !mail.raw.contains(secret),
        "a mail holds no secret"
    );
    let links: Vec<&str> = mail
        .text
        .split_whitespace()
        .filter(|word| word.contains("://"))
        .collect();
    assert!(
        links.iter().all(|link| link.ends_with('/')),
        "no link but the top page: {links:?}"
    );
}

fn the_database_agrees(walk: &Walkthrough) {
    let mut sql = walk.database.connect();
    assert_eq!(
        sql.count("request WHERE state = 'issued' AND sealed_password IS NULL"),
        1
    );
    assert_eq!(sql.count("request WHERE state <> 'issued'"), 0);
    assert_eq!(
        sql.count(
            "certificate WHERE purpose = 'client' AND pkcs12 IS NOT NULL AND download_count > 0"
        ),
        1
    );
    assert_eq!(
        sql.count(
            "certificate c JOIN intent i ON i.serial = c.serial WHERE i.recorded_at > c.issued_at"
        ),
        0
    );
    assert_eq!(
        sql.count("outbox WHERE state <> 'sent'"),
        0,
        "a mail was left unsent"
    );
    assert_eq!(
        sql.count("session WHERE draft_sealed_password IS NOT NULL"),
        0,
        "a sealed password was left behind"
    );
}
