//! A renewal that begins where the old certificate ends, and the reminders before it.
use ca_core::config::RenewalStart;
use ca_core::domain::calendar::{BUILT_IN, BusinessCalendar};
use ca_core::domain::certificate::MailState;
use ca_core::domain::mail::MailKind;
use ca_core::domain::renewal::opens_at;
use ca_core::store::outbox;
use chrono::{DateTime, Datelike, TimeDelta, Utc};

use super::world::World;
use crate::run::run_once;

/// Issues a first certificate, waits until it may be renewed, renews it; old and new validity.
fn renewed(start: RenewalStart) -> [(DateTime<Utc>, DateTime<Utc>); 2] {
    let world = World::new();
    let mut worker = world.worker();
    worker.settings.renewal.start = start;
    // The built-in calendar ends before the certificate does.
    let calendar = format!("{BUILT_IN}\n[holidays.2029]\n\"01-01\" = \"元日\"\n");
    worker.calendar = BusinessCalendar::from_toml(&calendar).unwrap();
    let asked = world.approved(2_700_000_001);
    assert!(run_once(&worker).is_clean());
    let old_end = world.certificates(&asked)[0].not_after;
    let mut when = opens_at(old_end) + TimeDelta::days(3);
    // A working day at ten in Tokyo.
    when = when.date_naive().and_hms_opt(1, 0, 0).unwrap().and_utc();
    while when.weekday().num_days_from_monday() > 4 {
        when += TimeDelta::days(1);
    }
    world.clock.set(when);
    let next = world.renewal(asked.account.clone());
    let report = run_once(&worker);
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.batch.issued, std::slice::from_ref(&next.request.id));
    let mut lives: Vec<_> = world
        .certificates(&asked)
        .iter()
        .map(|one| (one.not_before, one.not_after))
        .collect();
    lives.sort_unstable();
    lives.try_into().unwrap()
}

#[test]
fn it_overlaps_or_follows_as_configured() {
    let [old, new] = renewed(RenewalStart::Overlap);
    assert!(new.0 < old.1 && old.1 < new.1, "{old:?} {new:?}");
    let [old, new] = renewed(RenewalStart::AtEndOfOld);
    assert_eq!(new.0, old.1 + TimeDelta::seconds(1));
    // Three calendar years from there, less one second.
    let third = new.0.with_year(new.0.year() + 3).unwrap();
    assert_eq!(new.1, third - TimeDelta::seconds(1));
}

#[test]
fn two_workers_remind_once_a_mark() {
    let world = World::new();
    let asked = world.approved(2_700_000_001);
    assert!(run_once(&world.worker()).is_clean());
    let end = world.certificates(&asked)[0].not_after;
    let sent = || {
        let mails = world.store.read(|db| outbox::list(db, MailState::Sent));
        let kind = MailKind::CertificateExpiring;
        mails.unwrap().iter().filter(|one| one.kind == kind).count()
    };
    let (one, other) = (world.worker(), world.worker());
    for (days, wanted) in [(31, 0), (30, 1), (29, 1), (14, 2), (13, 2), (7, 3), (1, 4)] {
        world.clock.set(end - TimeDelta::days(days));
        for worker in [&one, &other, &one] {
            run_once(worker);
        }
        assert_eq!(sent(), wanted, "{days} days before");
    }
    let letters = world.letters().join("\n");
    assert!(letters.contains("Subject"), "the mails left");
}
