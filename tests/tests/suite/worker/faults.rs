//! Every fault point with every kind of fault, on both databases: nothing is lost, nothing is done twice.

use ca_core::fault::{STEPS, tell};
use ca_worker::run::run_once;
use inkan_tests::database::Engine;
use inkan_tests::foundry::Foundry;
use inkan_tests::repository::{files, text};
use inkan_tests::script::Script;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The names of all points.
fn points() -> Vec<String> {
    let both = |step: &&str| [format!("{step}.before"), format!("{step}.after")];
    STEPS.iter().flat_map(both).collect()
}

/// What is done at a point, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The thread panics.
    Panic,
    /// An error comes back, after a commit as well: then its answer was lost.
    Error,
    /// The lease lapses, and another worker takes over, before it goes on.
    Stall,
}

fn every_point(engine: Engine, fault: Fault) {
    let foundry = Foundry::new(engine);
    let heir = Arc::new(foundry.worker());
    let mut script = Script::new(&foundry);
    for point in points() {
        script.day(&format!("{point}, {fault:?}, {engine:?}"), || match fault {
            Fault::Panic => tell::cfg(&point, "1*panic").expect("a point"),
            Fault::Error => tell::cfg(&point, "1*return(error)").expect("a point"),
            Fault::Stall => stall(&point, &foundry, &heir),
        });
        tell::remove(&point);
    }
}

fn stall(point: &str, foundry: &Foundry, heir: &Arc<ca_worker::worker::Worker>) {
    let (clock, heir) = (foundry.clock.clone(), heir.clone());
    let has_stalled = AtomicBool::new(false);
    // Between BEGIN and COMMIT the others wait for the row that is held.
    let alone = point == "commit.before";
    let stalls = move || {
        if !has_stalled.swap(true, Ordering::SeqCst) {
            clock.advance(chrono::Duration::seconds(301));
            if !alone {
                run_once(&heir);
            }
        }
    };
    tell::cfg_callback(point, stalls).expect("a point");
}

#[test]
fn a_panic_at_any_point_on_sqlite() {
    every_point(Engine::Sqlite, Fault::Panic);
}

#[test]
fn a_panic_at_any_point_on_postgres() {
    every_point(Engine::Postgres, Fault::Panic);
}

#[test]
fn an_error_at_any_point_on_sqlite() {
    every_point(Engine::Sqlite, Fault::Error);
}

#[test]
fn an_error_at_any_point_on_postgres() {
    every_point(Engine::Postgres, Fault::Error);
}

#[test]
fn a_stall_beyond_the_lease_at_any_point_on_sqlite() {
    every_point(Engine::Sqlite, Fault::Stall);
}

#[test]
fn a_stall_beyond_the_lease_at_any_point_on_postgres() {
    every_point(Engine::Postgres, Fault::Stall);
}

/// Commits of one day whose answer is lost, each in turn.
const COMMITS: usize = 30;

fn every_lost_answer(engine: Engine) {
    let foundry = Foundry::new(engine);
    let mut script = Script::new(&foundry);
    for commit in 0..COMMITS {
        let actions = format!("{commit}*off->1*return(error)->off");
        script.day(
            &format!("the answer of commit {commit} is lost, {engine:?}"),
            || {
                tell::cfg("commit.after", &actions).expect("a point");
            },
        );
        tell::remove("commit.after");
    }
}

#[test]
fn the_answer_of_any_commit_may_be_lost_on_sqlite() {
    every_lost_answer(Engine::Sqlite);
}

#[test]
fn the_answer_of_any_commit_may_be_lost_on_postgres() {
    every_lost_answer(Engine::Postgres);
}

#[test]
fn a_day_without_faults_passes_every_point() {
    let foundry = Foundry::new(Engine::Sqlite);
    let passed: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    Script::new(&foundry).day("no fault", || {
        for point in points() {
            let (name, passed) = (point.clone(), passed.clone());
            let note = move || {
                passed.lock().expect("a set").insert(name.clone());
            };
            tell::cfg_callback(point, note).expect("a point");
        }
    });
    let missed: Vec<String> = points()
        .into_iter()
        .filter(|point| !passed.lock().expect("a set").contains(point))
        .collect();
    assert!(
        missed.is_empty(),
        "these faults would never strike: {missed:?}"
    );
}

#[test]
fn the_source_names_every_step_of_the_list_and_no_other() {
    let mut named = BTreeSet::new();
    for folder in ["ca-core/src", "ca-worker/src"] {
        for path in files(folder, "rs") {
            let text = text(&path);
            for call in [
                ".step(\"",
                ".step(\n            \"",
                "fault::before(\"",
                "fault::after(\"",
            ] {
                let calls = text.split(call).skip(1);
                named.extend(calls.filter_map(|rest| Some(rest.split('"').next()?.to_owned())));
            }
        }
    }
    let listed: BTreeSet<String> = STEPS.iter().map(|step| (*step).to_owned()).collect();
    assert_eq!(named, listed);
}
