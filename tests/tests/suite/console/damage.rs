//! Rows that a disk or somebody else damaged: every list names them and shows their neighbours.

use std::time::SystemTime;

use inkan_tests::database::{Engine, Sql};
use inkan_tests::service::Service;
use inkan_tests::site::Visitor;

/// No instant: the calendar does not reach it.
const NEVER: i64 = 9_000_000_000_000_000_000;
/// Names of two applications for new passwords.
const SOUND: &str = "01940000-0000-7000-8000-000000000001";
const BAD: &str = "01940000-0000-7000-8000-000000000002";
/// What follows the names, whichever list it is.
const WORDS: [&str; 2] = ["読み取れない記録があります", "audit verify"];

fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(now.expect("after 1970").as_millis()).expect("before the year 292 million")
}

/// Three offices, of which the first two have certificates that were fetched and end in ten days.
fn served(engine: Engine) -> (Service, inkan_tests::process::Process) {
    let mut service = Service::set_up(engine);
    let site = service.start_site();
    let mut offices = service.offices(3);
    for office in &mut offices {
        office.apply_first();
    }
    service.operator("suzuki").approve_all();
    service.work_once().ok();
    let (fetched, end) = (now() - 86_400_000, now() + 10 * 86_400_000);
    service.database.connect().run(&format!(
        "UPDATE certificate SET first_downloaded_at = {fetched}, not_after = {end}, not_before = 0 WHERE purpose = 'client'"
    ));
    (service, site)
}

/// Two rows in each table that only the console lists; the second one is damaged.
fn plant(sql: &mut Sql) {
    let now = now();
    let later = now + 86_400_000;
    for (id, account, asked) in [("sound-change", 1, now), ("bad-change", 2, NEVER)] {
        sql.run(&format!(
            "INSERT INTO address_change (id, account_id, new_address, new_code_hash, state, wrong_tries, requested_at, ends_at)
             VALUES ('{id}', {account}, '{id}@example.jp', 'h', 'waiting', 0, {asked}, {later})"
        ));
    }
    for (by, created) in [("staff:sound", now), ("staff:bad", NEVER)] {
        sql.run(&format!(
            "INSERT INTO delegation (office_id, agent_id, starts_at, created_by, created_at) VALUES (1, 3, {now}, '{by}', {created})"
        ));
    }
    for (title, readers) in [("sound notice", "everybody"), ("bad notice", "evil")] {
        sql.run(&format!(
            "INSERT INTO notice (title, body, readers, shown_from, published_by, published_at, mailed_through)
             VALUES ('{title}', 'text', '{readers}', {now}, 'suzuki', {now}, 0)"
        ));
    }
    for (id, lost) in [(SOUND, "both"), (BAD, "evil")] {
        sql.run(&format!(
            "INSERT INTO reissue (id, user_id, office_name, person, telephone, lost, source, state, submitted_at)
             VALUES ('{id}', 'KJ2700000001', 'office', 'person', '03-0000-0000', '{lost}', 's', 'waiting', {now})"
        ));
    }
    sql.run(&format!(
        "INSERT INTO outbox (kind, to_address, facts, message_id, state, attempts, next_try_at, created_at)
         VALUES ('evil', 'a@example.jp', '{{}}', 'bad-mail', 'parked', 1, {now}, {now});
         INSERT INTO worker_status (worker, seen_at, state, detail) VALUES ('bad-worker', {NEVER}, 'working', '');
         INSERT INTO calendar_override (opened_by, reason, opened_at, ends_at) VALUES ('staff:x', 'r', 0, {NEVER})"
    ));
}

fn names(desk: &Visitor, path: &str, damaged: &str, neighbour: &str) {
    let page = desk.open(path);
    page.shows(&[&WORDS[..], &[damaged, neighbour]].concat());
}

#[test]
fn every_list_names_the_row_that_cannot_be_read_and_shows_its_neighbours() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (service, _site) = served(engine);
        let mut sql = service.database.connect();
        plant(&mut sql);
        let serials = "SELECT serial AS line FROM certificate WHERE account_id = ";
        let mut serial = |account: &str| sql.lines(&format!("{serials}{account}")).remove(0);
        let (sound, damaged) = (serial("1"), serial("2"));
        sql.run(&format!(
            "UPDATE certificate SET issued_at = {NEVER} WHERE serial = '{damaged}'"
        ));
        let id = |sql: &mut Sql, table: &str, bad: &str| {
            let query = format!("SELECT CAST(id AS TEXT) AS line FROM {table} WHERE {bad}");
            format!("{table}:{}", sql.lines(&query).remove(0))
        };
        let notice = id(&mut sql, "notice", "title = 'bad notice'");
        let delegation = id(&mut sql, "delegation", "created_by = 'staff:bad'");
        let mail = id(&mut sql, "outbox", "message_id = 'bad-mail'");
        let order = id(&mut sql, "calendar_override", "opened_by = 'staff:x'");
        let certificate = format!("certificate:{damaged}");
        let desk = service.again("suzuki").signed_in();
        let reissue = format!("reissue:{BAD}");
        for (path, damaged, neighbour) in [
            ("certificates", certificate.as_str(), sound.as_str()),
            ("unused", &certificate, "KJ 2700 000 001"),
            (
                "addresses",
                "address_change:bad-change",
                "sound-change@example.jp",
            ),
            ("delegations", &delegation, "KJ 2700 000 003"),
            ("notices", &notice, "sound notice"),
            ("reissues", &reissue, "office"),
            ("", &mail, "概況"),
            ("", "worker_status:bad-worker", "概況"),
            ("", &order, "概況"),
        ] {
            let path = format!("/console/{path}");
            names(&desk, path.trim_end_matches('/'), damaged, neighbour);
        }
        let own = "SELECT id AS line FROM request WHERE account_id = 1";
        let request = sql.lines(own).remove(0);
        sql.run(&format!(
            "UPDATE audit SET at = {NEVER} WHERE object = 'request:{request}' AND act = 'request.approve'"
        ));
        names(
            &desk,
            &format!("/console/requests/{request}"),
            "audit:",
            "申請",
        );
        let other = own.replace("= 1", "= 2");
        let other = sql.lines(&other).remove(0);
        sql.run("UPDATE request SET kind = 'evil' WHERE account_id = 2");
        for path in [
            format!("requests/{other}"),
            format!("certificates/{damaged}"),
        ] {
            let page = desk.open(&format!("/console/{path}"));
            let text = page.text();
            assert!(
                text.contains("記録を読み取ることができません"),
                "{path}: {text}"
            );
            assert_eq!(page.status, 500);
        }
    }
}

#[test]
fn an_account_that_cannot_be_read_is_named_by_every_list_that_would_show_it() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (service, _site) = served(engine);
        let mut sql = service.database.connect();
        plant(&mut sql);
        let serials = "SELECT serial AS line FROM certificate WHERE account_id = 2";
        let certificate = format!("certificate:{}", sql.lines(serials).remove(0));
        sql.run("UPDATE account SET status = 'evil' WHERE id = 3");
        sql.run(&format!(
            "UPDATE account SET created_at = {NEVER} WHERE id = 2"
        ));
        let desk = service.again("suzuki").signed_in();
        for (path, damaged) in [
            ("accounts", "account:KJ2700000003"),
            ("accounts?search=KJ2700000001", "account:KJ2700000002"),
            ("expiring", certificate.as_str()),
            ("unused", &certificate),
            ("requests?state=issued", "request:"),
        ] {
            names(
                &desk,
                &format!("/console/{path}"),
                damaged,
                "KJ 2700 000 001",
            );
        }
        // The agent's row is gone to pieces, the delegation is not.
        names(
            &desk,
            "/console/delegations",
            "account:3",
            "KJ 2700 000 001",
        );
        let file = desk.open("/console/expiring.csv").html();
        assert!(
            file.contains(&certificate) && file.contains("KJ2700000001"),
            "{file}"
        );
        let english = desk.open("/language/en?back=/console/accounts");
        english.shows(&["Records that cannot be read", "account:KJ2700000003"]);
        let listed = service.cli(&["account", "list"]).ok();
        assert!(listed.out.contains("KJ2700000001"), "{listed:?}");
        assert!(listed.err.contains("account:KJ2700000002"), "{listed:?}");
    }
}
