//! Importing accounts, printing letters.
use ca_core::domain::account_csv::{self, CsvLimits};
use ca_core::domain::user_id::Classes;
use ca_core::flow::import_accounts::import_accounts;
use ca_core::flow::print_letters::{PrintError, PrintedLetter, print_letters};
use ca_core::store::account;
use ca_core::store::letter::{self, LetterRun};
use secrecy::ExposeSecret;

use crate::world::{at, details, on_both, staff};

on_both!(an_import_adds_changes_and_is_safe_to_run_again, world => {
    let lines = [details("2700000001", "ひまわり介護センター"), details("2700000002", "髙﨑デイサービス")];
    let import = |lines: &[_], rehearse| import_accounts(&world.store, &staff(1), "sato", lines, rehearse).unwrap();
    let rehearsed = import(&lines, true);
    assert_eq!(rehearsed.added.len(), 2);
    assert!(world.store.read(account::list).unwrap().rows.is_empty(), "a rehearsal leaves nothing");
    assert!(!world.acts().contains(&"account.register".to_owned()));
    assert_eq!(import(&lines, false), rehearsed);
    assert_eq!(import(&lines, false).unchanged.len(), 2);
    let changed = import(&[details("2700000002", "高崎デイサービス")], false);
    assert_eq!(changed.changed, ["KJ2700000002"]);
    let stored = world.account(&lines[1].user_id);
    assert_eq!((stored.name.as_str(), stored.registered_by.as_str()), ("高崎デイサービス", "sato"));
});

on_both!(a_letter_replaces_both_passwords_and_ends_the_sessions, world => {
    let first = world.office("2700000001");
    let open = world.log_in(&first.id, first.login.expose_secret(), 10).unwrap();
    let second = world.print(&first.id, 20).unwrap();
    assert!(world.log_in(&first.id, first.login.expose_secret(), 30).is_err());
    assert!(world.log_in(&second.id, second.login.expose_secret(), 31).is_ok());
    let session = world.store.read(|db| ca_core::store::session::find(db, &open.session.id_hash)).unwrap();
    assert!(session.is_none());
    assert!(!world.account(&first.id).letter_due);
});

on_both!(a_pdf_that_cannot_be_placed_leaves_the_old_passwords, world => {
    let office = world.office("2700000001");
    let account = world.account(&office.id);
    let run = LetterRun { id: "r2".into(), printed_by: "sato".into(), printed_at: at(20), letters: 1, pdf_sha256: "0".repeat(64) };
    let one = PrintedLetter {
        account_id: account.id, number: "n2".into(), replaces: account.issuance_password_hash, login_password_hash: "x".into(), issuance_password_hash: "y".into(),
    };
    let full = || Err::<(), _>(std::io::Error::other("no space left on device"));
    let failed = print_letters(&world.store, &staff(20), &run, &[one], full);
    assert!(matches!(failed, Err(PrintError::Publish(_))));
    assert!(world.log_in(&office.id, office.login.expose_secret(), 30).is_ok());
    assert!(world.store.read(|db| letter::find_run(db, "r2")).unwrap().is_none());
    assert_eq!(world.count("letter.run"), 1);
});

on_both!(of_two_letters_at_the_same_time_the_first_one_counts, world => {
    let office = world.office("2700000001");
    let run = LetterRun { id: "r2".into(), printed_by: "sato".into(), printed_at: at(20), letters: 1, pdf_sha256: "0".repeat(64) };
    let one = PrintedLetter {
        account_id: world.account(&office.id).id, number: "n2".into(), replaces: None, login_password_hash: "x".into(), issuance_password_hash: "y".into(),
    };
    let late = print_letters(&world.store, &staff(20), &run, &[one], || Ok::<(), std::io::Error>(()));
    assert!(matches!(late, Err(PrintError::PrintedMeanwhile(id)) if id == "KJ2700000001"));
    assert!(world.log_in(&office.id, office.login.expose_secret(), 30).is_ok());
});

on_both!(no_letter_while_a_request_is_open, world => {
    let request = world.pending("2700000001");
    let account = world.store.read(|db| account::load(db, request.account_id)).unwrap();
    assert!(matches!(world.print(&account.user_id, 30), Err(PrintError::OpenRequest(id)) if id == "KJ2700000001"));
});

on_both!(a_column_that_a_file_does_not_have_changes_nothing, world => {
    let import = |heading: &str, row: &str| {
        let text = format!("user_id,name,postal_code,address1{heading}\nKJ2700000001,青空,540-0001,大阪市{row}\n");
        let file = account_csv::read(text.as_bytes(), &Classes::default(), CsvLimits::default()).unwrap();
        let lines: Vec<_> = file.lines.into_iter().map(|line| line.details).collect();
        import_accounts(&world.store, &staff(1), "sato", &lines, false).unwrap()
    };
    let optional = ",address2,address3,recipient,mail_address,community_support";
    import(optional, ",中央区,３階,総務課,office@example.jp,yes");
    let full = world.store.read(account::list).unwrap().rows.remove(0).facts();
    assert_eq!(import("", "").unchanged, ["KJ2700000001"]);
    assert_eq!(import(",recipient", ",総務課").unchanged, ["KJ2700000001"]);
    let now = || world.store.read(account::list).unwrap().rows.remove(0).facts();
    assert_eq!(now(), full);
    let report = import(",address3,mail_address", ",,");
    let changed: Vec<_> = report.changes.iter().map(|own| (own.change.field, own.change.new.clone())).collect();
    assert_eq!(changed, [("address3", None), ("mail_address", None)]);
    assert_eq!(now().address_text(), "大阪市\n中央区");
    assert_eq!((now().recipient, now().mail_address), (Some("総務課".to_owned()), None));
});
