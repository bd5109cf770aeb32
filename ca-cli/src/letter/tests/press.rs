//! A whole run against a real register: paper and database, both or neither.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use ca_core::domain::account::{AccountField, AccountForm, AccountStatus};
use ca_core::domain::password::PasswordHash;
use ca_core::domain::user_id::Classes;
use ca_core::flow::import_accounts::import_accounts;
use ca_core::flow::verify_audit::verify_audit;
use ca_core::store::letter::LetterRun;
use ca_core::store::{Store, account, letter};
use secrecy::SecretString;

use super::reading::{pages, text};
use super::register::{FIRST, Office, SECOND};
use super::*;

fn matches(hash: &Option<String>, password: &SecretString) -> bool {
    PasswordHash::try_from(hash.clone().unwrap())
        .unwrap()
        .verify(password)
        .unwrap()
}

#[test]
fn paper_and_register_say_the_same() {
    let office = Office::new();
    let printed = office.print(&office.due()).unwrap();
    assert_eq!(office.files(), ["letters.pdf"]);
    let pdf = fs::read(office.target()).unwrap();
    assert_eq!(pages(&pdf), 2);
    let solid: String = text(&pdf).split_whitespace().collect();
    for letter in &printed.letters {
        let account = office.account(letter.user_id.as_str());
        assert!(matches(
            &account.login_password_hash,
            &letter.login_password
        ));
        assert!(matches(
            &account.issuance_password_hash,
            &letter.issuance_password
        ));
        assert!(account.login_password_temporary && !account.letter_due);
        let rows = office
            .store
            .read(|db| letter::of_account(db, account.id))
            .unwrap();
        assert_eq!(rows[0].number, letter.number);
        for word in [
            &account.name,
            &letter.number,
            secrecy::ExposeSecret::expose_secret(&letter.issuance_password),
        ] {
            assert!(solid.contains(word), "{word} is not on paper");
        }
    }
    assert_eq!(
        printed.letters[0].number.split('-').next(),
        Some("20261125")
    );
    let mode = fs::metadata(office.target()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let run: LetterRun = office
        .store
        .read(|db| letter::find_run(db, &printed.run_id))
        .unwrap()
        .unwrap();
    assert_eq!(
        (run.letters, run.pdf_sha256),
        (2, hex::encode(openssl::sha::sha256(&pdf)))
    );
    assert_eq!(
        (office.audited("letter.run"), office.audited("letter.print")),
        (1, 2)
    );
    verify_audit(&office.store).unwrap();
}

#[test]
fn no_password_is_in_the_database() {
    let office = Office::new();
    let printed = office.print(&office.due()).unwrap();
    let mut stored = Vec::new();
    for entry in fs::read_dir(office.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            stored.extend(fs::read(path).unwrap());
        }
    }
    assert!(
        stored.len() > 10_000,
        "the database should be among these files"
    );
    for letter in &printed.letters {
        for password in [&letter.login_password, &letter.issuance_password] {
            let plain = secrecy::ExposeSecret::expose_secret(password).as_bytes();
            assert!(!stored.windows(plain.len()).any(|window| window == plain));
        }
    }
}

#[test]
fn printing_again_replaces_both_passwords() {
    let office = Office::new();
    let old = office.print(&office.due()).unwrap();
    let order = Order {
        target: office.out().join("again.pdf"),
        ..office.again("ｋｊ 2700 000 001")
    };
    let new = office.print(&order).unwrap();
    let account = office.account(FIRST);
    assert!(matches(
        &account.issuance_password_hash,
        &new.letters[0].issuance_password
    ));
    assert!(!matches(
        &account.issuance_password_hash,
        &old.letters[0].issuance_password
    ));
    assert!(!matches(
        &account.login_password_hash,
        &old.letters[0].login_password
    ));
    assert_ne!(old.letters[0].number, new.letters[0].number);
    assert!(matches!(
        office.print(&Order {
            target: office.out().join("third.pdf"),
            ..office.due()
        }),
        Err(PressError::Selection(SelectionError::NothingDue))
    ));
}

#[test]
fn a_limit_leaves_the_others_due() {
    let office = Office::new();
    let order = Order {
        selection: Selection::Due { most: Some(1) },
        ..office.due()
    };
    assert_eq!(office.print(&order).unwrap().left_over, 1);
    assert!(!office.account(FIRST).letter_due && office.account(SECOND).letter_due);
}

#[test]
fn an_existing_file_stays_unless_it_may_be_replaced() {
    let office = Office::new();
    fs::write(office.target(), "old").unwrap();
    let refused = office.print(&office.due()).unwrap_err();
    assert!(
        matches!(refused, PressError::Draft(DraftError::Exists(_))),
        "{refused}"
    );
    assert_eq!(fs::read(office.target()).unwrap(), b"old");
    assert!(office.account(FIRST).letter_due);
    office
        .print(&Order {
            replace: true,
            ..office.due()
        })
        .unwrap();
    assert_eq!(pages(&fs::read(office.target()).unwrap()), 2);
    assert_eq!(office.files(), ["letters.pdf"]);
}

#[test]
fn whoever_is_unknown_or_switched_off_gets_no_letter() {
    let office = Office::new();
    for (typed, expected) in [
        ("KJ9999999999", "KJ9999999999"),
        ("KJ27", "「KJ27」"),
        ("ZZ2700000001", "ZZ"),
    ] {
        let error = office.print(&office.again(typed)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let id = office.account(SECOND).id;
    office
        .store
        .transaction(|db| account::set_status(db, id, AccountStatus::Disabled, printed_at()))
        .unwrap();
    let error = office.print(&office.again(SECOND)).unwrap_err();
    assert!(
        matches!(&error, PressError::Selection(SelectionError::Disabled(id)) if id == SECOND),
        "{error}"
    );
    office.assert_untouched();
}

#[test]
fn who_cannot_be_printed_is_left_out_and_named() {
    let long = "長い名称の事業所".repeat(8);
    let address = "W".repeat(50);
    for (name, line, why) in [
        ("𠮷田デイサービス", "大阪府", "U+20BB7"),
        (long.as_str(), address.as_str(), "does not fit"),
    ] {
        let office = Office::new();
        office.move_to(SECOND, name, [line; 3]);
        let printed = office.print(&office.due()).unwrap();
        let named: Vec<&str> = printed
            .letters
            .iter()
            .map(|own| own.user_id.as_str())
            .collect();
        assert_eq!(named, [FIRST]);
        assert_eq!(printed.left_out.len(), 1);
        let bad = &printed.left_out[0];
        assert_eq!(bad.user_id, SECOND);
        assert!(bad.english.contains(why), "{bad:?}");
        assert_eq!(pages(&fs::read(office.target()).unwrap()), 1);
        assert!(!office.account(FIRST).letter_due);
        let left = office.account(SECOND);
        assert!(left.letter_due && left.issuance_password_hash.is_none());
    }
}

#[test]
fn nothing_is_written_when_nobody_can_be_printed() {
    let office = Office::new();
    office.register(FIRST, "𠮷田訪問介護");
    office.register(SECOND, "𠮷田デイサービス");
    let error = office.print(&office.due()).unwrap_err().to_string();
    for part in [FIRST, SECOND, "U+20BB7"] {
        assert!(error.contains(part), "{error}");
    }
    office.assert_untouched();
}

#[test]
fn a_pdf_that_cannot_be_written_changes_no_password() {
    let office = Office::new();
    // The same seed draws the same run: something stands where its draft will be.
    let rehearsal = Office::new();
    let run_id = rehearsal.print(&rehearsal.due()).unwrap().run_id;
    let draft = office.out().join(office.draft_name(&run_id));
    std::os::unix::fs::symlink("/nowhere", &draft).unwrap();
    let error = office.print(&office.due());
    fs::remove_file(&draft).unwrap();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("letters.pdf"), "{error}");
    office.assert_untouched();
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let office = Office::new();
    let order = Order {
        target: office.folder.path().join("nowhere/letters.pdf"),
        ..office.due()
    };
    let error = office.print(&order).unwrap_err().to_string();
    assert!(error.contains("nowhere"), "{error}");
    office.assert_untouched();
}

#[test]
fn without_a_root_there_is_nothing_to_print() {
    let office = Office::new();
    let store = Store::migrate(&office.config.database, &office.out()).unwrap();
    let act = office.act();
    let mut form = AccountForm::default();
    form.set(AccountField::UserId, FIRST);
    form.set(AccountField::Name, "名");
    form.set(AccountField::PostalCode, "540-0001");
    form.set(AccountField::Address1, "住所");
    import_accounts(
        &store,
        &act,
        "sato",
        &[form.check(&Classes::default()).unwrap()],
        false,
    )
    .unwrap();
    let press = Press {
        store: &store,
        ..office.press()
    };
    assert!(matches!(
        press.print("sato", &office.due()),
        Err(PressError::NoAuthority)
    ));
}
