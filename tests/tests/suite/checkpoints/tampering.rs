//! Six ways to rewrite the chain so that it is whole by itself; each is found, and the first bad entry named.

use super::Place;
use super::chain::{computed_anew, put, read};
use ca_core::domain::audit_act::AuditAct;
use ca_core::store::audit::AuditEntry;
use ca_worker::run::run_once;
use inkan_tests::database::Engine;

/// Three checkpoints with a dozen entries after each.
fn place(engine: Engine) -> Place {
    let mut place = Place::new(engine);
    assert_eq!(run_once(&place.worker).troubles, [""; 0]);
    for _ in 0..2 {
        place.entries(12);
        assert_eq!(place.later().troubles, [""; 0]);
    }
    place.entries(12);
    assert_eq!(place.seen().len(), 3, "{:?}", place.files());
    place
}

type Tampering = (&'static str, fn(&mut Vec<AuditEntry>, usize));

/// Each at the index of one entry.
const TAMPERINGS: [Tampering; 5] = [
    ("an entry edited", |all, at| {
        all[at].detail = "{\"x\":1}".into()
    }),
    ("an entry taken out", |all, at| drop(all.remove(at))),
    ("two entries changed places", |all, at| all.swap(at, at + 1)),
    ("an entry slipped in", |all, at| {
        let mut more = all[at].clone();
        more.object = "entry:more".into();
        all.insert(at, more);
    }),
    ("everything rewritten from an entry on", |all, at| {
        all.iter_mut()
            .skip(at)
            .for_each(|one| one.actor = "staff:nobody".into());
    }),
];

fn each_is_found(engine: Engine) {
    let place = place(engine);
    let mut sql = place.foundry.database.connect();
    let kept = read(&place.foundry.store);
    let seen = place.seen();
    // An entry that the second checkpoint vouches for and the first does not.
    let bad = seen[0] + 5;
    let at = usize::try_from(bad - 1).expect("an index");
    assert_eq!(kept[at].act, AuditAct::CalendarOverride.as_str());
    for (kind, tamper) in TAMPERINGS {
        let mut entries = kept.clone();
        tamper(&mut entries, at);
        put(&mut sql, &computed_anew(entries));
        let found = place.found();
        let (said, entry) = &found[0];
        assert_eq!(*entry, Some(seen[0] + 1), "{engine:?}, {kind}: {found:?}");
        let among = format!("lies among {} to {}", seen[0] + 1, seen[1]);
        assert!(said.contains(&among), "{engine:?}, {kind}: {found:?}");
        assert!(
            said.contains(&place.files()[1]),
            "{engine:?}, {kind}: {found:?}"
        );
        put(&mut sql, &kept);
        assert_eq!(place.found(), [], "{engine:?}: put back after {kind}");
    }
    put(&mut sql, &kept[..at]);
    let found = place.found();
    let (said, entry) = &found[0];
    assert_eq!(*entry, Some(bad), "{engine:?}, the end cut off: {found:?}");
    let words = format!("saw {} entries, the database has {}", seen[2], bad - 1);
    assert!(
        said.contains(&words) && said.contains(&place.files()[2]),
        "{found:?}"
    );
    put(&mut sql, &kept);
    assert_eq!(place.found(), []);
}

#[test]
fn each_of_six_rewritings_is_found_on_sqlite() {
    each_is_found(Engine::Sqlite);
}

#[test]
fn each_of_six_rewritings_is_found_on_postgres() {
    each_is_found(Engine::Postgres);
}

#[test]
fn the_worker_never_vouches_for_a_chain_that_was_rewritten() {
    let place = place(Engine::Sqlite);
    let mut sql = place.foundry.database.connect();
    let request = place.foundry.desk.approved(1);
    let kept = read(&place.foundry.store);
    let mut entries = kept.clone();
    entries[3].detail = "{\"x\":1}".into();
    put(&mut sql, &computed_anew(entries));
    let before = place.files();
    let report = place.later();
    let said = report.troubles.join("; ");
    assert!(said.contains("does not fit its last checkpoint"), "{said}");
    assert!(
        said.contains(&before[2]) && said.contains("ca-cli audit verify"),
        "{said}"
    );
    assert_eq!(place.files(), before, "no new checkpoint");
    assert_eq!(place.foundry.desk.state(&request).as_str(), "approved");
    assert_eq!(sql.count("request WHERE attempts > 0"), 0);
    let told = "worker_status WHERE state = 'trouble' AND detail LIKE '%checkpoint%'";
    assert_eq!(sql.count(told), 1, "operators see it");

    put(&mut sql, &kept[..10]);
    let said = place.later().troubles.join("; ");
    assert!(said.contains("entries at the end are missing"), "{said}");
    put(&mut sql, &kept);
    assert_eq!(place.later().troubles, [""; 0]);
    assert_eq!(place.foundry.desk.state(&request).as_str(), "issued");
    assert_eq!(place.files().len(), 4);
    assert_eq!(place.found(), []);
}
