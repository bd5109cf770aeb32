//! Rows that nobody here wrote: whatever stands in them, the worker goes on, and nothing is signed for them.
use std::cell::Cell;

use ca_core::domain::certificate::MailState;
use ca_core::domain::request::{RequestId, RequestState};
use ca_core::flow::judge_approval::judge_approval;
use ca_core::flow::recover::recover;
use ca_core::queue::outbox::take;
use ca_core::queue::request::claim;
use ca_core::store::outbox;
use ca_core::store::request::Request;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::world::{World, at, on_both, worker};

/// Takes what is due and returns those whose approval holds.
fn signable(world: &World, seconds: i64) -> Vec<RequestId> {
    let claimed = claim(&world.store, "w1", at(seconds + 60), 100, at(seconds)).unwrap();
    let holds = |one: &ca_core::queue::request::Claimed| {
        let (request, account) = (&one.request, &one.account);
        judge_approval(
            &world.approval_key,
            request,
            account,
            &one.evidence,
            at(seconds),
        )
        .is_ok()
    };
    let good = claimed.into_iter().filter(holds);
    good.map(|one| one.request.id).collect()
}

fn approved(world: &World, digits: &str) -> Request {
    let operator = world
        .store
        .read(|db| ca_core::store::operator::find(db, "suzuki"));
    let operator = operator
        .unwrap()
        .unwrap_or_else(|| world.operator("suzuki"));
    let request = world.pending(digits);
    world.approve(&operator, &request, 30);
    request
}

/// What SQL can put into a text column, as literals; PostgreSQL takes no NUL and nothing but UTF-8.
fn literals(world: &World) -> Vec<String> {
    let mut all = vec![
        "''".to_owned(),
        "'x'".to_owned(),
        "' '".to_owned(),
        "'\u{202e}\u{2066}gnp'".to_owned(),
        "'\u{feff}\r\nBcc: evil@example.jp'".to_owned(),
        "'''; DROP TABLE request; --'".to_owned(),
        format!("'{}'", "あ".repeat(350_000)),
        format!("'{}'", "x".repeat(1_048_576)),
    ];
    if world.url.starts_with("sqlite:") {
        all.extend(
            [
                "CAST(x'410042' AS TEXT)",
                "CAST(x'ff80' AS TEXT)",
                "x'00ff'",
            ]
            .map(str::to_owned),
        );
    }
    all
}

on_both!(whatever_stands_in_a_row_harms_that_row_alone, world => {
    let texts = [
        ("request", "kind"), ("request", "profile"), ("request", "subject"), ("request", "seal_key_id"),
        ("account", "user_id"), ("account", "status"),
        ("approval", "digest"), ("approval", "mac"),
    ];
    let numbers = [
        ("request", "submitted_at"), ("request", "decided_at"), ("request", "promised_at"), ("request", "fence"),
        ("request", "attempts"), ("account", "created_at"), ("approval", "approved_at"),
    ];
    let literals = literals(&world);
    let of_texts = texts.iter().flat_map(|column| literals.iter().map(move |value| (*column, value.clone())));
    let extremes = ["9223372036854775807", "-9223372036854775808"];
    let of_numbers = numbers.iter().flat_map(|column| extremes.map(|value| (*column, value.to_owned())));
    let mut seconds = 100;
    let victim = approved(&world, "2700000001");
    let neighbour = approved(&world, "2700000002");
    let keep = "CREATE TABLE kept_request AS SELECT * FROM request; CREATE TABLE kept_account AS SELECT * FROM account;
        CREATE TABLE kept_approval AS SELECT * FROM approval";
    world.sql(keep);
    let account = victim.account_id;
    let id = &victim.id;
    for ((table, column), value) in of_texts.chain(of_numbers) {
        let shown: String = value.chars().take(20).collect();
        let row = match table {
            "request" => format!("id = '{id}'"),
            "account" => format!("id = {account}"),
            _ => format!("request_id = '{id}'"),
        };
        // PostgreSQL's unique index on user IDs takes no huge one.
        if let Err(refusal) = world.try_sql(&format!("UPDATE {table} SET {column} = {value} WHERE {row}")) {
            assert_eq!((table, column), ("account", "user_id"), "{refusal}");
            continue;
        }
        let good = signable(&world, seconds);
        assert!(good.contains(&neighbour.id), "{table}.{column} = {shown}: the neighbour waits");
        // What nobody approves by and nothing is made of may be anything.
        let is_covered = !["submitted_at", "promised_at", "decided_at", "created_at"].contains(&column);
        if is_covered {
            assert!(!good.contains(id), "{table}.{column} = {shown}: the approval holds");
        }
        let claims = world.count("request.park");
        recover(&world.store, &worker(seconds + 61), 1_000).unwrap();
        assert!(world.count("request.park") >= claims);
        put_back(&world);
        seconds += 200;
    }
    assert_eq!(signable(&world, seconds).len(), 2, "put back as it was, both are signed");
});

fn put_back(world: &World) {
    let columns = "kind, profile, subject, seal_key_id, submitted_at, decided_at, promised_at, fence, attempts";
    let of_request: Vec<String> = columns
        .split(", ")
        .map(|column| {
            format!("{column} = (SELECT k.{column} FROM kept_request k WHERE k.id = request.id)")
        })
        .collect();
    let of_account: Vec<String> = ["user_id", "status", "created_at"]
        .map(|column| {
            format!("{column} = (SELECT k.{column} FROM kept_account k WHERE k.id = account.id)")
        })
        .to_vec();
    world.sql(&format!(
        "UPDATE request SET state = 'approved', failure = NULL, lease_owner = NULL, lease_until = NULL, {};
         UPDATE account SET {};
         DELETE FROM approval; INSERT INTO approval SELECT * FROM kept_approval",
        of_request.join(", "),
        of_account.join(", ")
    ));
}

on_both!(a_row_that_cannot_be_read_is_parked_with_an_entry_in_the_audit, world => {
    let (damaged, large) = (approved(&world, "2700000001"), approved(&world, "2700000002"));
    let honest = approved(&world, "2700000003");
    world.sql(&format!("UPDATE request SET kind = 'evil' WHERE id = '{}'", damaged.id));
    world.sql(&format!("UPDATE request SET subject = '{}' WHERE id = '{}'", "x".repeat(1_048_576), large.id));
    assert_eq!(signable(&world, 40), std::slice::from_ref(&honest.id));
    assert_eq!(world.count("request.park"), 2);
    assert_eq!(world.request(&large.id).state, RequestState::Failed);
    // A worker that died with one in hand does not leave it there for ever either.
    world.sql(&format!("UPDATE request SET kind = 'evil' WHERE id = '{}'", honest.id));
    recover(&world.store, &worker(200), 3).unwrap();
    assert_eq!(world.count("request.park"), 3);
    world.sql("UPDATE request SET kind = 'first'");
    assert_eq!(world.request(&honest.id).state, RequestState::Failed);
});

on_both!(an_account_has_one_open_request_whoever_writes_it, world => {
    let open = approved(&world, "2700000001");
    let columns = "account_id, kind, profile, subject, submitted_at, seal_key_id, sealed_password, fence, attempts, updated_at";
    let copy = |id: &str, state: &str| {
        world.try_sql(&format!(
            "INSERT INTO request (id, state, {columns}) SELECT '{id}', '{state}', {columns} FROM request WHERE id = '{}'",
            open.id
        ))
    };
    for state in ["pending", "approved", "signing", "failed"] {
        assert!(copy("0192f5a0-0000-7000-8000-0000000000aa", state).is_err(), "{state}");
    }
    // Another spelling of the same name is not the same request.
    world.sql("UPDATE request SET state = 'issued'");
    copy(&open.id.as_str().to_uppercase(), "approved").unwrap();
    assert!(signable(&world, 40).is_empty());
    assert_eq!(world.count("request.park"), 1);
});

on_both!(a_mail_that_cannot_be_read_is_parked_and_the_others_leave, world => {
    for digits in ["2700000001", "2700000002", "2700000003", "2700000004", "2700000005"] {
        let request = approved(&world, digits);
        crate::signing::issue(&world, &request, 40);
    }
    let hostile = [
        "kind = 'evil'".to_owned(),
        format!("facts = '{}'", "x".repeat(1_048_576)),
        "attempts = 9223372036854775807".to_owned(),
        "created_at = 9223372036854775807".to_owned(),
    ];
    for (number, change) in hostile.iter().enumerate() {
        let nth = format!("(SELECT MIN(id) + {number} FROM outbox)");
        world.sql(&format!("UPDATE outbox SET {change} WHERE id = {nth}"));
    }
    let taken = take(&world.store, "w1", at(100), 10, at(50)).unwrap();
    assert_eq!(taken.len(), 1, "the fifth leaves");
    assert!(take(&world.store, "w1", at(300), 10, at(51)).unwrap().is_empty());
    world.sql("UPDATE outbox SET kind = 'certificate-ready', attempts = 0, created_at = 0");
    let parked = world.store.read(|db| outbox::list(db, MailState::Parked)).unwrap();
    assert_eq!(parked.len(), 4);
});

on_both!(a_flood_of_unreadable_requests_is_set_aside_before_the_next_honest_one, world => {
    let honest = approved(&world, "2700000001");
    world.sql("INSERT INTO account (user_id, name, postal_code, address, status, registered_by, created_at, updated_at)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        SELECT 'KJ' || (3000000000 + i), 'x', '530-0001', 'x', 'active', 'sato', 0, 0 FROM n");
    world.sql("INSERT INTO request (id, account_id, kind, profile, subject, state, submitted_at, seal_key_id, decided_at, updated_at)
        SELECT '0192f5a0-0000-7000-8000-' || (100000000000 + id), id, 'evil', 'client', 'x', 'approved', 0, 'k1', 0, 0
        FROM account WHERE user_id LIKE 'KJ3%'");
    assert_eq!(signable(&world, 40), std::slice::from_ref(&honest.id));
    assert_eq!(world.count("request.park"), 2_000);
});

/// SQLite alone: the same readers, and many rows in a short time.
#[test]
fn no_text_in_a_row_gets_a_request_signed_or_stops_the_queue() {
    let world = World::sqlite();
    let (victim, neighbour) = (
        approved(&world, "2700000001"),
        approved(&world, "2700000002"),
    );
    world.sql("CREATE TABLE kept_request AS SELECT * FROM request; CREATE TABLE kept_account AS SELECT * FROM account;
        CREATE TABLE kept_approval AS SELECT * FROM approval");
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    let mut runner = TestRunner::new(ProptestConfig::with_cases(cases.unwrap_or(64)));
    let column = prop::sample::select(vec![
        "request.kind",
        "request.profile",
        "request.subject",
        "request.seal_key_id",
        "request.sealed_password",
        "approval.digest",
        "approval.mac",
        "approval.approved_at",
        "account.user_id",
    ]);
    let seconds = Cell::new(100);
    let strategy = (
        column,
        prop::collection::vec(any::<u8>(), 0..60),
        any::<bool>(),
    );
    let done = runner.run(&strategy, |(column, bytes, as_text)| {
        let (table, column) = column.split_once('.').unwrap();
        let row = match table {
            "request" => format!("id = '{}'", victim.id),
            "account" => format!("id = {}", victim.account_id),
            _ => format!("request_id = '{}'", victim.id),
        };
        let value = format!("x'{}'", hex::encode(&bytes));
        let value = if as_text { format!("CAST({value} AS TEXT)") } else { value };
        world.try_sql(&format!("PRAGMA foreign_keys = OFF; UPDATE {table} SET {column} = {value} WHERE {row}")).unwrap();
        seconds.set(seconds.get() + 200);
        let good = signable(&world, seconds.get());
        prop_assert_eq!(good, std::slice::from_ref(&neighbour.id));
        recover(&world.store, &worker(seconds.get() + 61), 1_000_000).unwrap();
        put_back(&world);
        world.sql("UPDATE request SET sealed_password = (SELECT k.sealed_password FROM kept_request k WHERE k.id = request.id)");
        Ok(())
    });
    done.unwrap();
}
