//! `ca-cli audit check`: a busy site has no finding, and each kind of damage is found and named.

use inkan_tests::database::Engine;
use inkan_tests::journal_file::JournalFile;
use inkan_tests::program::Answer;
use inkan_tests::service::Service;
use std::path::PathBuf;

/// What a busy site has after some days: offices with certificates, one of them revoked, one suspended and released, a
/// second root, lists of both.
fn busy(engine: Engine) -> Service {
    let mut service = Service::set_up(engine);
    let site = service.start_site();
    let mut offices = service.offices(3);
    for office in &mut offices {
        office.apply_first();
    }
    let suzuki = service.operator("suzuki");
    suzuki.approve_all();
    service.work_once().ok();
    let serials = service.database.connect().lines(CLIENTS);
    let order = |verb: &str, serial: &str, more: &[&str]| {
        let command = ["certificate", verb, "--serial", serial];
        service.cli(&[&command[..], more].concat()).ok();
        service.work_once().ok();
    };
    order("revoke", &serials[0], &["--reason", "keyCompromise"]);
    order("hold", &serials[1], &[]);
    order("release", &serials[1], &[]);
    drop(site);
    service.cli(&["ca", "rollover"]).ok();
    service.cli(&["certificate", "issue-server"]).ok();
    service.cli(&["crl", "publish"]).ok();
    service.work_once().ok();
    service
}

const CLIENTS: &str =
    "SELECT serial AS line FROM certificate WHERE purpose = 'client' ORDER BY serial";

fn check(service: &Service) -> Answer {
    service.cli(&["audit", "check"])
}

fn journal(service: &Service) -> PathBuf {
    JournalFile::path(service)
}

fn assert_clean(service: &Service) {
    let answer = check(service).ok();
    assert!(answer.out.contains("Nothing was found"), "{}", answer.out);
}

#[test]
fn an_untouched_site_has_no_finding_on_sqlite() {
    let service = busy(Engine::Sqlite);
    assert_clean(&service);
    let said = service.cli(&["audit", "check", "--json"]).ok().out;
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let looked_at = &said["looked_at"];
    let mut sql = service.database.connect();
    assert_eq!(looked_at["certificates"], sql.count("certificate"));
    assert_eq!(
        looked_at["certificates_by_profile"],
        sql.count("certificate")
    );
    assert_eq!(
        looked_at["looked_for_in_journals"],
        sql.count("certificate")
    );
    assert_eq!(looked_at["lists"], sql.count("crl"));
    assert_eq!(looked_at["events"], sql.count("revocation"));
    assert_eq!(
        (&looked_at["journals"], &looked_at["roots"]),
        (&1.into(), &2.into())
    );
    // Another profile since: what holds for every profile is still looked at.
    service.configure("authority.client_organisation = \"別の組織\"");
    let said = service.cli(&["audit", "check", "--json"]).ok().out;
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let without = &said["looked_at"]["certificates_without_profile"];
    assert!(without.as_i64() >= Some(3), "the clients' at least: {said}");
}

#[test]
fn an_untouched_site_has_no_finding_on_postgres_as_staff() {
    let service = busy(Engine::Postgres);
    assert_clean(&service);
}

/// A damage in SQL for each engine, and words of what must be found then. It stays: what comes later is damaged
/// further.
fn damages(engine: Engine, serials: &[String]) -> Vec<(String, &'static str)> {
    let [first, second, third] = serials else {
        panic!("three certificates: {serials:?}")
    };
    let other_end = |column: &str| match engine {
        Engine::Sqlite => {
            format!("CAST(substr({column}, 1, length({column}) - 1) || x'5a' AS BLOB)")
        }
        Engine::Postgres => format!(
            "set_byte({column}, length({column}) - 1, get_byte({column}, length({column}) - 1) # 1)"
        ),
    };
    let (certificate, list) = (other_end("certificate_der"), other_end("der"));
    vec![
        (format!("UPDATE certificate SET subject = 'CN=nobody' WHERE serial = '{first}'"), "its row says another subject"),
        (format!("UPDATE certificate SET not_after = not_after + 1000 WHERE serial = '{first}'"), "its row says another validity"),
        (format!("UPDATE certificate SET spki_sha256 = 'ab' WHERE serial = '{first}'"), "its row says another key"),
        ("UPDATE authority SET subject = 'CN=nobody' WHERE generation = 2".into(), "root generation 2: its row says another subject"),
        ("UPDATE audit SET detail = '{}' WHERE act = 'operator.add'".into(), "no entry tells of the operator's certificate"),
        (format!("UPDATE intent SET tbs_sha256 = 'ab' WHERE serial = '{second}'"), "not what its intent said"),
        (
            format!(
                "UPDATE certificate SET certificate_der = (SELECT certificate_der FROM certificate WHERE serial = '{second}') \
                 WHERE serial = '{third}'"
            ),
            "its row says another serial number",
        ),
        (format!("UPDATE certificate SET certificate_der = {certificate} WHERE purpose = 'server'"), "did not sign it"),
        (
            format!(
                "UPDATE intent SET profile_sha256 = (SELECT MIN(profile_sha256) FROM intent WHERE purpose = 'server') \
                 WHERE serial = '{second}'; UPDATE certificate SET purpose = 'server' WHERE serial = '{second}'"
            ),
            "it breaks the lint (extended-key-usage",
        ),
        ("UPDATE certificate SET certificate_der = spki_sha256 WHERE purpose = 'operator'".replace("spki_sha256", match engine {
            Engine::Sqlite => "CAST(spki_sha256 AS BLOB)",
            Engine::Postgres => "convert_to(spki_sha256, 'UTF8')",
        }), "its bytes are no certificate"),
        (format!("UPDATE revocation SET reason = 'superseded' WHERE serial = '{first}'"), "another date or reason than the event"),
        (format!("UPDATE revocation SET serial = '{third}' WHERE serial = '{first}'"), "it is on the list, and no event says why"),
        (format!("UPDATE crl SET der = {list} WHERE der IS NOT NULL"), "its bytes have another hash than its row"),
        ("UPDATE crl SET covered = 999 WHERE number = 1".into(), "it knows less than the list before it"),
        ("UPDATE crl SET der = NULL".into(), "the newest list has no bytes"),
        ("UPDATE crl SET number = 77 WHERE number = 1; UPDATE authority SET crl_number = 77".into(), "no journal has the number of the list"),
        ("UPDATE authority SET crl_number = 1; DELETE FROM crl".into(), "never drew the list's number"),
        (
            format!(
                "DELETE FROM ocsp_answer; DELETE FROM certificate WHERE serial = '{third}'; \
                 UPDATE audit SET detail = '{{}}', act = 'nothing' WHERE detail LIKE '%{third}%'"
            ),
            "the database has not the certificate that it tells of",
        ),
        ("DELETE FROM intent WHERE state <> 'issued' OR serial NOT IN (SELECT serial FROM certificate)".into(), "no intent for the serial"),
    ]
}

fn assert_each_is_found(engine: Engine) {
    let service = busy(engine);
    let mut sql = service.database.connect();
    let serials = sql.lines(CLIENTS);
    let mut before = check(&service).ok().out;
    for (damage, words) in damages(engine, &serials) {
        assert!(
            !before.contains(words),
            "{words} before it was damaged: {before}"
        );
        sql.run(&damage);
        let answer = check(&service);
        assert!(
            answer.out.contains(words),
            "{damage}: {words} is not in {}",
            answer.out
        );
        answer.refused(&["as evidence"]);
        before = check(&service).out;
    }
    assert!(before.contains("audit entry"), "the chain: {before}");
}

#[test]
fn each_kind_of_damage_is_found_and_named_on_sqlite() {
    assert_each_is_found(Engine::Sqlite);
}

#[test]
fn each_kind_of_damage_is_found_and_named_on_postgres() {
    assert_each_is_found(Engine::Postgres);
}

/// The journal without the lines that hold `words`, chained anew by somebody who knows how.
fn without(service: &Service, words: &str) -> String {
    let mut journal = JournalFile::read(&journal(service));
    let before = journal.lines.len();
    journal.lines.retain(|line| !line.contains(words));
    assert!(journal.lines.len() < before, "{words}");
    journal.text()
}

#[test]
fn a_journal_that_was_changed_cut_or_rewritten_is_found() {
    let service = busy(Engine::Sqlite);
    let mut sql = service.database.connect();
    let serial = sql.lines(CLIENTS).remove(0);
    let file = journal(&service);
    let kept = std::fs::read_to_string(&file).expect("the journal");
    let found = |text: &str, words: &[&str]| {
        std::fs::write(&file, text).expect("written");
        let said = check(&service);
        for words in words {
            assert!(said.out.contains(words), "{words}: {}", said.out);
        }
        assert_eq!(said.status, Some(1));
        std::fs::write(&file, &kept).expect("put back");
        assert_clean(&service);
    };
    found(
        &kept.replacen("certificateHold", "superseded", 1),
        &["is damaged at line"],
    );
    let half: Vec<&str> = kept.lines().take(3).collect();
    found(
        &format!("{}\n", half.join("\n")),
        &["it ends before a line that the database knows"],
    );
    let issued = format!("\"issued\",\"serial\":\"{serial}\"");
    let forged = without(&service, &issued);
    found(&forged, &["its MAC is wrong", "is damaged at line"]);
    // Who has no key to judge MACs by still knows where the database saw the journal end.
    std::fs::write(&file, forged).expect("written");
    let said = service.cli(&["audit", "check", "--without-key"]).out;
    let words = "it is not the file that the database knows";
    assert!(said.contains(words), "{said}");
    assert!(said.contains("not looked at: the MACs"), "{said}");
    std::fs::remove_file(&file).expect("removed");
    let said = check(&service).out;
    assert!(said.contains("put every journal into one folder"), "{said}");
}

#[test]
fn what_no_journal_has_is_found_though_nobody_knows_where_the_journal_ended() {
    let service = busy(Engine::Sqlite);
    let mut sql = service.database.connect();
    let serials = sql.lines(CLIENTS);
    sql.run("DELETE FROM journal_mark");
    assert_clean(&service);
    let file = journal(&service);
    let kept = std::fs::read_to_string(&file).expect("the journal");
    // Somebody who has the key can write a journal anew; whoever looks without it sees what such a one leaves.
    for (line, words) in [
        (
            format!("\"issued\",\"serial\":\"{}\"", serials[1]),
            "no journal has the certificate",
        ),
        (
            "\"certificateHold\"".to_owned(),
            "no journal has the revocation",
        ),
        (
            "\"fact\":\"list\"".to_owned(),
            "no journal has the number of the list",
        ),
    ] {
        std::fs::write(&file, without(&service, &line)).expect("written");
        let said = service.cli(&["audit", "check", "--without-key"]);
        assert!(said.out.contains(words), "{words}: {}", said.out);
        said.refused(&["findings"]);
        let said = check(&service).out;
        assert!(said.contains("its MAC is wrong"), "{said}");
        std::fs::write(&file, &kept).expect("put back");
    }
}

#[test]
fn a_database_that_is_away_or_restored_and_not_reconciled_is_said_so() {
    let service = Service::set_up(Engine::Sqlite);
    let mut sql = service.database.connect();
    sql.run("INSERT INTO restoration (archive, archive_made_at, restored_by, restored_at) VALUES ('a', 0, 'sato', 0)");
    let said = check(&service);
    assert!(said.out.contains("ca-cli backup reconcile"), "{}", said.out);
    let mut command = service.command(&["audit", "check"]);
    let away = "sqlite:/nowhere/inkan.sqlite";
    let answer = inkan_tests::program::run(command.env("INKAN__DATABASE__URL", away));
    answer.refused(&["no database at"]);
}
