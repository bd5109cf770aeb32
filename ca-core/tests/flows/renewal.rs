//! Renewal: who is reminded and how often, what the list shows, when the next one can be asked for.
use ca_core::domain::certificate::MailState;
use ca_core::domain::mail::MailKind;
use ca_core::domain::renewal::opens_at;
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::Postmark;
use ca_core::flow::download_certificate::download_certificate;
use ca_core::flow::remind_of_ends::remind_of_ends;
use ca_core::flow::submit_request::{SubmitError, submit_request};
use ca_core::store::expiring::{self, Span};
use ca_core::store::{certificate as stored, outbox};
use chrono::{DateTime, TimeDelta, Utc};

use crate::world::{HOST, Office, World, at, certificate, intent, on_both, worker};

const MARKS: &[u32] = &[30, 14, 7, 1];

pub fn seconds(when: DateTime<Utc>) -> i64 {
    (when - at(0)).num_seconds()
}

fn remind(world: &World, when: DateTime<Utc>) -> usize {
    let postmark = Postmark {
        random: &world.random,
        host: HOST,
    };
    remind_of_ends(&world.store, &worker(seconds(when)), postmark, MARKS).unwrap()
}

/// An office with a certificate that ends at `end`.
pub fn holder(world: &World, digits: &str, end: DateTime<Utc>) -> (Office, SerialNumber) {
    let office = world.office(digits);
    let serial = give(world, &office, at(40), end);
    (office, serial)
}

/// One more certificate for the office.
pub fn give(
    world: &World,
    office: &Office,
    begin: DateTime<Utc>,
    end: DateTime<Utc>,
) -> SerialNumber {
    let account = world.account(&office.id);
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    let mut request = world.pending(&format!("99{:08}", seconds(end).rem_euclid(100_000_000)));
    request.account_id = account.id;
    let mut row = certificate(serial, &request, 40);
    (row.not_before, row.not_after, row.request_id) = (begin, end, None);
    let mut drawn = intent(serial, &request, 40);
    drawn.request_id = None;
    world
        .store
        .transaction(|db| {
            ca_core::store::intent::insert(db, &[drawn])?;
            stored::insert(db, &[row])
        })
        .unwrap();
    serial
}

fn mails(world: &World) -> usize {
    let waiting = world
        .store
        .read(|db| outbox::list(db, MailState::Waiting))
        .unwrap();
    waiting
        .iter()
        .filter(|mail| mail.kind == MailKind::CertificateExpiring)
        .count()
}

on_both!(each_mark_is_reminded_of_once, world => {
    let end = at(0) + TimeDelta::days(100);
    holder(&world, "2700000001", end);
    let second = TimeDelta::seconds(1);
    assert_eq!(remind(&world, end - TimeDelta::days(30) - second), 0);
    let mut sent = 0;
    for days in [30, 14, 7, 1] {
        let mark = end - TimeDelta::days(days);
        assert_eq!(remind(&world, mark - second), 0, "{days}");
        assert_eq!(remind(&world, mark), 1, "{days}");
        assert_eq!(remind(&world, mark), 0, "{days}");
        assert_eq!(remind(&world, mark + second), 0, "{days}");
        sent += 1;
        assert_eq!(mails(&world), sent);
    }
    assert_eq!(remind(&world, end), 0);
    assert_eq!(remind(&world, end + second), 0);
    assert_eq!(world.count("certificate.remind"), 4);
});

on_both!(a_clock_that_jumps_sends_no_burst, world => {
    let end = at(0) + TimeDelta::days(100);
    holder(&world, "2700000001", end);
    let left = |days| end - TimeDelta::days(days);
    assert_eq!(remind(&world, left(5)), 1, "only the nearest mark");
    assert_eq!(remind(&world, left(20)), 0, "the clock went back");
    assert_eq!(remind(&world, left(29)), 0);
    assert_eq!(remind(&world, left(1)), 1);
    assert_eq!(remind(&world, end + TimeDelta::days(400)), 0);
});

on_both!(four_workers_at_once_send_one, world => {
    let end = at(0) + TimeDelta::days(100);
    for n in 1..=5 {
        holder(&world, &format!("270000000{n}"), end + TimeDelta::seconds(n));
    }
    let when = end - TimeDelta::days(14);
    let sent: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(|| remind(&world, when))).collect();
        workers.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!((sent, mails(&world)), (5, 5));
});

on_both!(who_renewed_or_cannot_log_in_is_left_alone, world => {
    let end = at(0) + TimeDelta::days(100);
    let (renewed, _) = holder(&world, "2700000001", end);
    give(&world, &renewed, end - TimeDelta::days(20), end + TimeDelta::days(1_000));
    let (_, revoked) = holder(&world, "2700000002", end + TimeDelta::seconds(1));
    world.sql(&format!("UPDATE certificate SET status = 'revoked' WHERE serial = '{revoked}'"));
    let (disabled, _) = holder(&world, "2700000003", end + TimeDelta::seconds(2));
    world.sql(&format!("UPDATE account SET status = 'disabled' WHERE user_id = '{}'", disabled.id));
    let (silent, _) = holder(&world, "2700000004", end + TimeDelta::seconds(3));
    world.sql(&format!("UPDATE account SET mail_address = NULL WHERE user_id = '{}'", silent.id));
    let (followed, _) = holder(&world, "2700000005", end + TimeDelta::seconds(4));
    let gone = give(&world, &followed, end, end + TimeDelta::days(1_001));
    world.sql(&format!("UPDATE certificate SET status = 'revoked' WHERE serial = '{gone}'"));
    let when = end - TimeDelta::days(10);
    assert_eq!(remind(&world, when), 1, "the one whose successor was revoked");
    let span = Span { from: when, until: when + TimeDelta::days(30) };
    let listed = world.store.read(|db| expiring::list(db, span, 0, 10)).unwrap();
    let ids: Vec<_> = listed.rows.iter().map(|(_, account)| account.user_id.as_str()).collect();
    assert_eq!(ids, [silent.id.as_str(), followed.id.as_str()], "those without an address are for the operators");
    assert_eq!(world.store.read(|db| expiring::count(db, span)).unwrap(), 2);
    assert_eq!(world.store.read(|db| expiring::ends(db, span)).unwrap().len(), 2);
    let paged = world.store.read(|db| expiring::list(db, span, 1, 1)).unwrap();
    assert_eq!(paged.rows[0].1.user_id, followed.id);
});

on_both!(a_certificate_that_begins_later_counts_as_renewed, world => {
    let end = at(0) + TimeDelta::days(100);
    let (office, old) = holder(&world, "2700000001", end);
    let next_end = end + TimeDelta::days(1_096);
    let next = give(&world, &office, end + TimeDelta::seconds(1), next_end);
    let opens = opens_at(end);
    let session = world.enter(&office, seconds(opens));
    let again = submit_request(&world.store, opens, &session, &world.profile, None);
    assert!(matches!(again, Err(SubmitError::TooEarly { from }) if from == opens_at(next_end)));
    // Both files can be fetched before the new one begins, and told apart.
    let account = world.account(&office.id);
    let name = |serial| download_certificate(&world.store, opens, &session, &account, serial).unwrap().file_name;
    assert_eq!(name(next), "CertKJ2700000001.p12");
    assert_eq!(name(old), "CertKJ2700000001-2027.p12");
});
