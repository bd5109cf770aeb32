//! The audit chain: whoever changes, drops, moves or adds an entry by SQL is found.

use inkan_tests::database::{Database, Engine};
use inkan_tests::service::{Service, csv, row};

/// A service with a chain of a dozen entries.
fn with_history(engine: Engine) -> Service {
    let mut service = Service::set_up(engine);
    for number in 1..=4 {
        service
            .import(&csv(&[row(&format!("KJ270000000{number}"))]))
            .ok();
    }
    service.letters();
    service.cli(&["account", "disable", "KJ2700000001"]).ok();
    assert!(service.database.connect().count("audit") >= 10);
    service
}

#[test]
fn an_untouched_chain_is_whole() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let service = with_history(engine);
        let said = service.cli(&["audit", "verify", "--json"]).ok().out;
        let verdict: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        assert_eq!(verdict["verified"], true);
        assert_eq!(
            verdict["entries"],
            service.database.connect().count("audit")
        );
    }
}

#[test]
fn every_kind_of_tampering_names_the_first_bad_entry() {
    let kinds = [
        ("another detail", "UPDATE audit SET detail = '{\"x\":1}' WHERE sequence = 3", 3),
        ("another actor", "UPDATE audit SET actor = 'staff:nobody' WHERE sequence = 4", 4),
        ("another time", "UPDATE audit SET at = at + 1 WHERE sequence = 5", 5),
        ("another object", "UPDATE audit SET object = 'account:HD2700000009' WHERE sequence = 6", 6),
        ("one entry gone", "DELETE FROM audit WHERE sequence = 5", 5),
        ("the first one gone", "DELETE FROM audit WHERE sequence = 1", 1),
        ("the end cut off", "DELETE FROM audit WHERE sequence > 7", 8),
        (
            "two entries changed places",
            "UPDATE audit SET sequence = -4 WHERE sequence = 4; UPDATE audit SET sequence = 4 WHERE sequence = 5;
             UPDATE audit SET sequence = 5 WHERE sequence = -4",
            4,
        ),
        ("a hash made up", "UPDATE audit SET hash = previous_hash WHERE sequence = 6", 6),
        (
            "an entry slipped in at the end",
            "INSERT INTO audit SELECT sequence + 1, at, actor, act, object, detail, hash, previous_hash FROM audit
             WHERE sequence = (SELECT MAX(sequence) FROM audit)",
            0,
        ),
    ];
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let service = with_history(engine);
        for (kind, sql, place) in kinds {
            let kept = keep(&service.database);
            service.database.connect().run(sql);
            eprintln!("{engine:?}: {kind}");
            let answer = service.cli(&["audit", "verify"]);
            let last = service
                .database
                .connect()
                .lines("SELECT CAST(MAX(sequence) AS TEXT) AS line FROM audit")
                .remove(0);
            let place = if place == 0 { last } else { place.to_string() };
            answer.refused(&[
                &format!("broken at entry {place}"),
                "keep this database as evidence",
            ]);
            restore(&service.database, kept);
            assert_eq!(
                service.cli(&["audit", "verify"]).status,
                Some(0),
                "{engine:?}: put back after {kind}"
            );
        }
    }
}

#[test]
fn an_export_holds_every_entry_and_never_overwrites() {
    let service = with_history(Engine::Sqlite);
    let file = service.folder().join("audit.jsonl").display().to_string();
    service.cli(&["audit", "export", "--out", &file]).ok();
    let text = std::fs::read_to_string(&file).expect("the export");
    let entries: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(
        i64::try_from(entries.len()),
        Ok(service.database.connect().count("audit"))
    );
    assert!(
        entries
            .windows(2)
            .all(|pair| pair[0]["hash"] == pair[1]["previous_hash"]),
        "chained in the export too"
    );
    service
        .cli(&["audit", "export", "--out", &file])
        .refused(&[&file]);
    assert_eq!(std::fs::read_to_string(&file).expect("still there"), text);
}

/// The table as it is, beside itself.
fn keep(database: &Database) -> &'static str {
    database
        .connect()
        .run("CREATE TABLE kept_audit AS SELECT * FROM audit");
    "kept_audit"
}

fn restore(database: &Database, kept: &str) {
    database.connect().run(&format!(
        "DELETE FROM audit; INSERT INTO audit SELECT * FROM {kept}; DROP TABLE {kept}"
    ));
}
