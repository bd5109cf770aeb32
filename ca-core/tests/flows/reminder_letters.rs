//! Reminders by post: who is due, that one certificate gets one letter, that paper and database move together.
use ca_core::flow::remind_by_letter::{Reminder, ReminderError, remind_by_letter, reminders_due};
use ca_core::store::letter::{self, LetterRun};
use chrono::{DateTime, TimeDelta, Utc};

use crate::renewal::{give, holder, seconds};
use crate::world::{Office, World, at, on_both, staff};

type Printed = Result<(), ReminderError<std::io::Error>>;

fn due(world: &World, when: DateTime<Utc>) -> Vec<Reminder> {
    let due = reminders_due(&world.store, when).unwrap();
    due.iter()
        .map(|one| Reminder {
            account_id: one.account.id,
            user_id: one.account.user_id.clone(),
            serial: one.ending.serial,
            number: format!("{}-{}", seconds(when), one.account.user_id),
        })
        .collect()
}

fn user_ids(world: &World, when: DateTime<Utc>) -> Vec<String> {
    let due = due(world, when);
    due.iter().map(|one| one.user_id.to_string()).collect()
}

fn print(
    world: &World,
    when: DateTime<Utc>,
    run: &str,
    reminders: &[Reminder],
    publish: impl FnOnce() -> std::io::Result<()>,
) -> Printed {
    let run = LetterRun {
        id: run.into(),
        printed_by: "sato".into(),
        printed_at: when,
        letters: i64::try_from(reminders.len()).unwrap(),
        pdf_sha256: "0".repeat(64),
    };
    remind_by_letter(
        &world.store,
        &staff(seconds(when)),
        &run,
        reminders,
        publish,
    )
}

fn without_mail(world: &World, office: &Office) {
    world.sql(&format!(
        "UPDATE account SET mail_address = NULL WHERE user_id = '{}'",
        office.id
    ));
}

/// An office that only post reaches, with a certificate that ends at `end`.
fn silent(world: &World, digits: &str, end: DateTime<Utc>) -> Office {
    let (office, _) = holder(world, digits, end);
    without_mail(world, &office);
    office
}

on_both!(one_certificate_gets_one_letter, world => {
    let end = at(0) + TimeDelta::days(100);
    let office = silent(&world, "2700000001", end);
    let mark = end - TimeDelta::days(30);
    assert!(due(&world, mark - TimeDelta::seconds(1)).is_empty());
    let runs_before = world.count("letter.run");
    let first = due(&world, mark);
    assert_eq!(first.len(), 1);
    print(&world, mark, "run-1", &first, || Ok(())).unwrap();
    for days in [30, 14, 7, 1, 0] {
        assert!(due(&world, end - TimeDelta::days(days)).is_empty(), "{days}");
    }
    let again = print(&world, mark, "run-2", &first, || Ok(()));
    assert!(matches!(again, Err(ReminderError::DueNoLonger(id)) if id == office.id));
    assert_eq!((world.count("letter.remind"), world.count("letter.run")), (1, runs_before + 1));
    let runs = ["run-1", "run-2"].map(|id| world.store.read(|db| letter::find_run(db, id)).unwrap().is_some());
    assert_eq!(runs, [true, false], "what was refused is not recorded");
    // The next certificate has a reminder of its own.
    let next_end = end + TimeDelta::days(1_000);
    give(&world, &office, at(0), next_end);
    assert_eq!(due(&world, next_end - TimeDelta::days(20)).len(), 1);
});

on_both!(nobody_else_is_reminded_by_letter, world => {
    let end = at(0) + TimeDelta::days(100);
    holder(&world, "2700000001", end);
    let disabled = silent(&world, "2700000002", end + TimeDelta::seconds(1));
    world.sql(&format!("UPDATE account SET status = 'disabled' WHERE user_id = '{}'", disabled.id));
    let renewed = silent(&world, "2700000003", end + TimeDelta::seconds(2));
    give(&world, &renewed, end, end + TimeDelta::days(1_000));
    // By user ID, though the other ends first.
    let later = silent(&world, "2700000004", end + TimeDelta::seconds(9));
    let sooner = silent(&world, "2700000005", end + TimeDelta::seconds(3));
    let when = end - TimeDelta::days(3);
    assert_eq!(user_ids(&world, when), [later.id.as_str(), sooner.id.as_str()]);
    assert!(user_ids(&world, end + TimeDelta::seconds(10)).is_empty(), "it has ended");
});

on_both!(a_reminder_that_cannot_be_written_stays_due, world => {
    let end = at(0) + TimeDelta::days(100);
    silent(&world, "2700000001", end);
    let when = end - TimeDelta::days(20);
    let full = || Err(std::io::Error::other("full"));
    let refused = print(&world, when, "run-1", &due(&world, when), full);
    assert!(matches!(refused, Err(ReminderError::Publish(_))));
    assert_eq!((due(&world, when).len(), world.count("letter.remind")), (1, 0));
});

on_both!(who_renews_while_the_reminder_is_laid_out_gets_none, world => {
    let end = at(0) + TimeDelta::days(100);
    let office = silent(&world, "2700000001", end);
    silent(&world, "2700000002", end + TimeDelta::seconds(1));
    let when = end - TimeDelta::days(20);
    let chosen = due(&world, when);
    give(&world, &office, end, end + TimeDelta::days(1_000));
    let refused = print(&world, when, "run-1", &chosen, || Ok(()));
    assert!(matches!(refused, Err(ReminderError::DueNoLonger(id)) if id == office.id));
    assert_eq!(due(&world, when).len(), 1, "the other one waits for the next run");
});

on_both!(an_office_whose_mails_bounce_is_reminded_by_letter, world => {
    let end = at(0) + TimeDelta::days(100);
    let mark = end - TimeDelta::days(30);
    let (office, _) = holder(&world, "2700000001", end);
    world.sql("UPDATE account SET mail_address = 'gone@example.jp'");
    assert!(due(&world, mark).is_empty());
    world.sql("UPDATE outbox SET state = 'parked', to_address = 'gone@example.jp'");
    let parked = world.store.read(ca_core::store::mail_trouble::parked).unwrap().total;
    if parked == 0 {
        world.sql(
            "INSERT INTO outbox (kind, to_address, facts, message_id, state, next_try_at, created_at) \
             VALUES ('certificate-ready', 'gone@example.jp', '{}', 'x@y', 'parked', 0, 0)",
        );
    }
    assert_eq!(user_ids(&world, mark), [office.id.to_string()]);
    world.sql("UPDATE account SET mail_address = 'right@example.jp'");
    assert!(due(&world, mark).is_empty());
});
