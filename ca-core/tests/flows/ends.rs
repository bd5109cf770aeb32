//! What ends is told once at each mark, and what is renewed anew.
use ca_core::domain::certificate::MailState;
use ca_core::domain::ends::EndingKind;
use ca_core::domain::mail::MailKind;
use ca_core::flow::Postmark;
use ca_core::flow::tell_of_ends::tell_of_ends;
use ca_core::store::outbox;

use crate::world::{HOST, World, at, on_both, worker};

const DAY: i64 = 86_400;
const NOTHING: [u32; 0] = [];

/// Tells of a calendar that reaches to `end`; returns the marks that were told.
fn told(world: &World, now: i64, end: i64) -> Vec<u32> {
    let postmark = Postmark {
        random: &world.random,
        host: HOST,
    };
    let mail_to = ["one@example.jp".to_owned(), "two@example.jp".to_owned()];
    let told = tell_of_ends(
        &world.store,
        &worker(now),
        postmark,
        &mail_to,
        Some(at(end)),
    );
    let calendar = |(end, days): (ca_core::domain::ends::End, u32)| {
        (end.kind == EndingKind::Calendar).then_some(days)
    };
    told.unwrap().into_iter().filter_map(calendar).collect()
}

fn mails(world: &World) -> Vec<(String, bool)> {
    let waiting = world
        .store
        .read(|db| outbox::list(db, MailState::Waiting))
        .unwrap();
    let of_calendar = waiting.into_iter().filter_map(|mail| {
        let end = mail.facts().unwrap().end?;
        assert_eq!(mail.kind, MailKind::EndsSoon);
        (end.kind == EndingKind::Calendar).then_some((mail.to_address, end.is_over))
    });
    of_calendar.collect()
}

on_both!(each_mark_is_told_once_and_what_is_renewed_anew, world => {
    let end = 1_000 * DAY;
    assert_eq!(told(&world, end - 91 * DAY, end), NOTHING);
    assert_eq!(told(&world, end - 90 * DAY, end), [90]);
    assert_eq!(told(&world, end - 89 * DAY, end), NOTHING);
    // The worker stood still for weeks: one mail, for the nearest mark.
    assert_eq!(told(&world, end - 6 * DAY, end), [7]);
    assert_eq!(told(&world, end - 6 * DAY, end), NOTHING);
    // A clock that went back tells nothing again.
    assert_eq!(told(&world, end - 20 * DAY, end), NOTHING);
    assert_eq!(told(&world, end, end), [1]);
    assert_eq!(told(&world, end + 1, end), [0]);
    assert_eq!(told(&world, end + 400 * DAY, end), NOTHING);
    let to = |address: &str, is_over| (address.to_owned(), is_over);
    let said = mails(&world);
    assert_eq!(said.len(), 8, "two addresses at four marks");
    assert_eq!(said[..2], [to("one@example.jp", false), to("two@example.jp", false)]);
    assert_eq!(said[6..], [to("one@example.jp", true), to("two@example.jp", true)]);
    let renewed = end + 365 * DAY;
    assert_eq!(told(&world, renewed - 7 * DAY, renewed), [7]);
});
