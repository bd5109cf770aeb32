//! A snapshot of PostgreSQL ends with its work, however that ends: no later reader gets a connection that still sees it.
use std::panic::{AssertUnwindSafe, catch_unwind};

use ca_core::store::{Db, StoreError, account};

use crate::world::World;

fn accounts(world: &World) -> usize {
    world.store.read(account::list).unwrap().rows.len()
}

#[test]
fn no_later_reader_sees_the_database_as_it_was() {
    let world = World::postgres();
    let work = |how: &'static str| {
        move |_: &mut Db, name: &str| {
            assert!(!name.is_empty() && how != "panics", "in the middle");
            match how {
                "fails" => Err(StoreError::Missing("something".into())),
                _ => Ok(()),
            }
        }
    };
    for (number, how) in ["works", "fails", "panics"].into_iter().enumerate() {
        let ended = catch_unwind(AssertUnwindSafe(|| world.store.with_snapshot(work(how))));
        let as_meant = match how {
            "works" => matches!(ended, Ok(Ok(()))),
            "fails" => matches!(ended, Ok(Err(_))),
            _ => ended.is_err(),
        };
        assert!(as_meant, "{how}");
        world.import(&format!("270000000{number}"), "sato");
        for _ in 0..20 {
            assert_eq!(accounts(&world), number + 1, "after work that {how}");
        }
    }
}

#[test]
fn a_connection_whose_snapshot_could_not_be_closed_is_not_lent_again() {
    let world = World::postgres();
    let ended: Result<(), StoreError> = world.store.with_snapshot(|_, _| {
        world.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        Ok(())
    });
    assert!(ended.is_ok());
    world.import("2700000001", "sato");
    assert_eq!(accounts(&world), 1);
}
