//! The promises of docs/issuance-cycle.md, asked of every state that the machine can reach.
use ca_core::domain::request::RequestState;
use stateright::Property;

use super::ledger::{Fate, Serial, Verb};
use super::machine::{Event, Heard, Machine, Work, World};

pub const ONE_CERTIFICATE: &str =
    "I1 at most one usable certificate a request, exactly one once issued";
pub const INTENDED_FIRST: &str = "I2 every signature has an intent committed before";
pub const NOTHING_FORGOTTEN: &str = "I2 a serial that was drawn comes to an end";
pub const APPROVED_ONLY: &str = "I3 nothing is signed without an approval";
pub const PASSWORD_GONE: &str = "I5 no sealed password once a request is over";
pub const DEAD_STAYS_DEAD: &str = "I6 revoked or abandoned never becomes valid again";
pub const LEASE_LOST: &str = "I7 a worker that lost its lease changes nothing";
pub const CAN_END: &str = "an approved request can always still end issued";

type Judge = fn(&Machine, &World) -> bool;

/// Every promise that must hold in every state, and two states that must be reachable at all.
pub fn all() -> Vec<Property<Machine>> {
    let always: [(&'static str, Judge); 8] = [
        (ONE_CERTIFICATE, one_certificate),
        (INTENDED_FIRST, intended_first),
        (NOTHING_FORGOTTEN, nothing_forgotten),
        (APPROVED_ONLY, approved_only),
        (PASSWORD_GONE, password_gone),
        (DEAD_STAYS_DEAD, dead_stays_dead),
        (LEASE_LOST, |_, world| !world.trespassed),
        (CAN_END, can_end),
    ];
    let mut all: Vec<_> = always
        .into_iter()
        .map(|(name, judge)| Property::always(name, judge))
        .collect();
    all.push(Property::sometimes(
        "issued by the second worker after the first died",
        |_, world| {
            issued(world, 0)
                && world
                    .ledger
                    .fates
                    .values()
                    .any(|fate| *fate == Fate::Abandoned)
        },
    ));
    all.push(Property::sometimes(
        "issued though the answer was lost",
        |_, world| {
            issued(world, 0)
                && world
                    .workers
                    .iter()
                    .any(|work| matches!(work, Work::Unsure(_)))
        },
    ));
    all
}

fn issued(world: &World, request: usize) -> bool {
    world.ledger.rows[request].state == RequestState::Issued
}

fn one_certificate(_: &Machine, world: &World) -> bool {
    (0..world.ledger.rows.len()).all(|request| {
        let recorded = world.ledger.of(request);
        let certificates = recorded
            .filter(|(_, fate)| matches!(fate, Fate::Valid | Fate::Held | Fate::Revoked))
            .count();
        world.usable(request) <= 1 && certificates == usize::from(issued(world, request))
    })
}

fn intended_first(_: &Machine, world: &World) -> bool {
    let mut signed = world.signed.iter();
    signed.all(|serial| world.ledger.fates.contains_key(serial))
}

fn nothing_forgotten(_: &Machine, world: &World) -> bool {
    let mut fates = world.ledger.fates.iter();
    fates.all(|(serial, fate)| *fate != Fate::Intended || world.is_followed(*serial))
}

fn approved_only(_: &Machine, world: &World) -> bool {
    let mut signed = world.signed.iter();
    signed.all(|serial: &Serial| world.approved.contains(&serial.request))
}

fn password_gone(_: &Machine, world: &World) -> bool {
    let mut rows = world.ledger.rows.iter();
    rows.all(|row| row.sealed == row.state.is_open())
}

fn dead_stays_dead(_: &Machine, world: &World) -> bool {
    let mut dead = world.dead.iter();
    dead.all(|serial| {
        matches!(
            world.ledger.fates.get(serial),
            Some(Fate::Abandoned | Fate::Revoked)
        )
    })
}

/// From here, with no more trouble, every request that has an approval and waits can still become a certificate: both
/// workers die, their leases lapse, an operator retries what is parked, and one worker goes through the steps.
fn can_end(machine: &Machine, world: &World) -> bool {
    let waits = |request: &usize| {
        let row = &world.ledger.rows[*request];
        row.approved && row.state.is_open()
    };
    (0..machine.requests).filter(waits).all(|request| {
        let mut then = world.clone();
        then.now += machine.last + 2;
        for event in [
            Event::Die(0),
            Event::Die(1),
            Event::Recover,
            Event::People(Verb::Retry(request)),
        ] {
            machine.happen(&mut then, &event);
        }
        // The others stand before it in the queue at most once each.
        (0..machine.requests).any(|_| {
            machine.happen(&mut then, &Event::Claim(0));
            let refused = match then.workers[0] {
                Work::Claimed(claim) => !then.ledger.rows[claim.request].approved,
                _ => false,
            };
            if refused {
                machine.happen(&mut then, &Event::Refuse(0));
            }
            for event in [
                Event::Intend(0, Heard::Answer),
                Event::Sign(0),
                Event::Record(0, Heard::Answer),
            ] {
                machine.happen(&mut then, &event);
            }
            then.ledger.rows[request].state == RequestState::Issued
        })
    })
}
