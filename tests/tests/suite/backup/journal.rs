//! Somebody who can write the journals and has no key: whatever is changed, taken out, swapped or invented is found and
//! named, nothing of it comes back, and the honest journal restores whole.

use inkan_tests::database::{Engine, Sql};
use inkan_tests::journal_file::{JournalFile, without_mac};
use inkan_tests::service::Service;
use std::path::PathBuf;

use super::{back_up, lose_database, restore};

/// A service whose database went back to before two certificates and a revocation, and its honest journal.
struct Lost {
    service: Service,
    file: PathBuf,
    honest: JournalFile,
    /// Lines that the restored database knows.
    known: usize,
    serials: Vec<String>,
}

impl Lost {
    fn new(engine: Engine) -> Self {
        let mut service = Service::set_up(engine);
        let site = service.start_site();
        for office in &mut service.offices(2) {
            office.apply_first();
        }
        service.operator("suzuki").approve_all();
        let (archive, _) = back_up(&service, "archive.age", &[]);
        service.work_once().ok();
        let mut sql = service.database.connect();
        let serials = sql.lines(
            "SELECT c.serial AS line FROM certificate c JOIN account a ON a.id = c.account_id ORDER BY a.user_id",
        );
        let order = ["certificate", "revoke", "--reason", "keyCompromise"];
        let order = [&order[..], &["--serial", &serials[0]]].concat();
        service.cli(&order).ok();
        service.work_once().ok();
        drop((site, sql));
        let file = JournalFile::path(&service);
        let honest = JournalFile::read(&file);
        lose_database(&service);
        restore(&service, &archive).ok();
        let known = service
            .database
            .connect()
            .lines("SELECT CAST(sequence AS TEXT) AS line FROM journal_mark");
        Self {
            known: known[0].parse().expect("a number"),
            service,
            file,
            honest,
            serials,
        }
    }

    /// The journal is refused at this line, counted from 0, for this reason; nothing comes back.
    fn assert_refused(&self, what: &str, forged: &JournalFile, line: usize, why: &str) {
        std::fs::write(&self.file, forged.text()).expect("written");
        let answer = self.service.cli(&["backup", "reconcile"]);
        let place = format!("{} is damaged at line {}: ", self.file.display(), line + 1);
        assert!(
            answer.err.contains(&place),
            "{what}: {place}: {}",
            answer.err
        );
        assert!(answer.err.contains(why), "{what}: {why}: {}", answer.err);
        answer.refused(&["nothing is signed", "docs/backup.md"]);
        let mut sql = self.service.database.connect();
        let nothing = (
            sql.count("certificate WHERE purpose = 'client'"),
            sql.count("restoration WHERE reconciled_at IS NULL"),
            sql.count("audit WHERE act = 'backup.reconcile'"),
        );
        assert_eq!(nothing, (0, 1, 0), "{what}");
    }

    /// The honest journal with one line changed.
    fn changed(&self, line: usize, from: &str, to: &str) -> JournalFile {
        let mut forged = self.honest.clone();
        let text = &mut forged.lines[line];
        assert!(text.contains(from), "{from}: {text}");
        *text = text.replacen(from, to, 1);
        forged
    }

    fn issued(&self, number: usize) -> usize {
        let words = format!("\"issued\",\"serial\":\"{}\"", self.serials[number]);
        self.honest.place(&words)
    }

    fn revocation(&self) -> usize {
        self.honest.place("\"fact\":\"revocation\"")
    }

    /// The two lines of certificates with their requests swapped, and the first of them.
    fn with_requests_swapped(&self) -> (JournalFile, usize) {
        let [one, other] = [0, 1].map(|number| self.issued(number));
        let [first, second] = [one, other].map(|line| text_of(&self.honest.lines[line], "request"));
        let mut forged = self.changed(one, &first, &second);
        forged.lines[other] = forged.lines[other].replacen(&second, &first, 1);
        (forged, one.min(other))
    }

    fn assert_whole(&self) {
        let mut sql = self.service.database.connect();
        let mut status = |number: usize| status_of(&mut sql, &self.serials[number]);
        assert_eq!(status(0), "KJ2700000001 revoked keyCompromise");
        assert_eq!(status(1), "KJ2700000002 valid ");
        assert_eq!(sql.count("request WHERE state = 'issued'"), 2);
        self.service
            .assert_nothing_breaks("after the reconciliation");
        let said = self.service.cli(&["audit", "check"]).ok().out;
        assert!(said.contains("of these lines carry a MAC"), "{said}");
        self.service.work_once().ok();
    }
}

/// A word of a line.
fn text_of(line: &str, key: &str) -> String {
    let line: serde_json::Value = serde_json::from_str(&format!("{{{line}")).expect("JSON");
    line[key].as_str().expect("a word").to_owned()
}

fn status_of(sql: &mut Sql, serial: &str) -> String {
    sql.lines(&format!(
        "SELECT a.user_id || ' ' || c.status || ' ' || COALESCE(c.revocation_reason, '') AS line
         FROM certificate c JOIN account a ON a.id = c.account_id WHERE c.serial = '{serial}'"
    ))
    .remove(0)
}

const WRONG: &str = "its MAC is wrong";
const NONE: &str = "it carries no MAC";

fn changes(lost: &Lost) {
    let (issued, revocation) = (lost.issued(0), lost.revocation());
    let happened = text_of(&lost.honest.lines[revocation], "happened_at");
    let recorded = text_of(&lost.honest.lines[issued], "issued_at");
    let earlier = "2026-01-01T00:00:00Z";
    for (line, from, to) in [
        (issued, "CN=KJ2700000001", "CN=KJ2700000002"),
        (issued, recorded.as_str(), earlier),
        (issued, "\"purpose\":\"client\"", "\"purpose\":\"operator\""),
        (revocation, "keyCompromise", "superseded"),
        (revocation, &happened, earlier),
        (revocation, &lost.serials[0], &lost.serials[1]),
    ] {
        let forged = lost.changed(line, from, to);
        lost.assert_refused(from, &forged, line, WRONG);
    }
    let (forged, first) = lost.with_requests_swapped();
    lost.assert_refused("requests swapped", &forged, first, WRONG);
}

fn inventions(lost: &Lost, strangers: &JournalFile) {
    let revocation = lost.revocation();
    let mut forged = lost.honest.clone();
    forged.lines.remove(revocation);
    lost.assert_refused("a line taken out", &forged, revocation, WRONG);
    let mut forged = lost.honest.clone();
    forged.lines.swap(revocation, revocation + 1);
    lost.assert_refused("two lines swapped", &forged, revocation, WRONG);

    let invented = lost.honest.lines[revocation].replace(&lost.serials[0], &lost.serials[1]);
    let end = lost.honest.lines.len();
    let with = |line: String, why: &str| {
        let mut forged = lost.honest.clone();
        forged.lines.push(line);
        lost.assert_refused("a line invented", &forged, end, why);
    };
    with(invented.clone(), WRONG);
    with(without_mac(&invented), NONE);
    let theirs = strangers.place("\"fact\":\"issued\"");
    with(strangers.lines[theirs].clone(), WRONG);
    let stripped = lost.honest.clone().without_macs_from(lost.known);
    lost.assert_refused("MACs taken away", &stripped, lost.known, NONE);

    // A file of its own, beside the honest one.
    std::fs::write(&lost.file, lost.honest.text()).expect("written");
    let beside = lost.file.with_file_name("other.jsonl");
    let old = strangers.clone().without_macs_from(0);
    for (text, why) in [(strangers.text(), WRONG), (old.text(), NONE)] {
        std::fs::write(&beside, text).expect("written");
        let answer = lost.service.cli(&["backup", "reconcile"]);
        answer.refused(&["other.jsonl is damaged at line 1", why]);
    }
    std::fs::remove_file(beside).expect("removed");
}

fn attacks(engine: Engine) {
    let lost = Lost::new(engine);
    let stranger = Service::set_up(Engine::Sqlite);
    let strangers = JournalFile::read(&JournalFile::path(&stranger));
    changes(&lost);
    inventions(&lost, &strangers);
    std::fs::write(&lost.file, lost.honest.text()).expect("written");
    let said = lost.service.cli(&["backup", "reconcile"]).ok().out;
    assert!(!said.contains("Not verified"), "{said}");
    lost.assert_whole();
}

#[test]
fn what_somebody_without_the_key_wrote_is_named_and_the_honest_journal_restores_whole_on_sqlite() {
    attacks(Engine::Sqlite);
}

#[test]
fn what_somebody_without_the_key_wrote_is_named_and_the_honest_journal_restores_whole_on_postgres()
{
    attacks(Engine::Postgres);
}

/// An archive and a journal of the version before lines carried MACs: what a certificate says cannot be changed, what it
/// does not say is stated not to be verified.
fn an_old_journal(engine: Engine) {
    let lost = Lost::new(engine);
    let mut sql = lost.service.database.connect();
    let old = |file: JournalFile| file.without_macs_from(0);
    let text = old(lost.honest.clone()).text();
    let before = text.split_inclusive('\n').take(lost.known);
    let (mut position, mut hash) = (0, "");
    for line in before {
        (position, hash) = (position + line.len(), &line[9..73]);
    }
    sql.run(&format!(
        "UPDATE journal_mark SET is_keyed = FALSE, position = {position}, hash = '{hash}'"
    ));
    let issued = lost.issued(0);
    for (from, to, why) in [
        (
            "CN=KJ2700000001",
            "CN=KJ2700000002",
            "names another subject",
        ),
        (
            lost.serials[0].as_str(),
            &lost.serials[1],
            "another serial number",
        ),
        ("\"client\"", "\"server\"", "for another purpose"),
    ] {
        let forged = old(lost.changed(issued, from, to));
        lost.assert_refused(from, &forged, issued, why);
    }
    let (forged, first) = lost.with_requests_swapped();
    lost.assert_refused("requests swapped", &old(forged), first, "another account");

    let honest = old(lost.honest.clone());
    std::fs::write(&lost.file, honest.text()).expect("written");
    let facts = lost
        .service
        .cli(&["backup", "reconcile", "--json"])
        .ok()
        .out;
    let facts: serde_json::Value = serde_json::from_str(&facts).expect("JSON");
    let name = lost.file.file_stem().expect("a name").to_string_lossy();
    let unverified = honest.lines.len() - lost.known;
    assert_eq!(
        facts["lines_without_mac"][name.as_ref()],
        unverified,
        "{facts}"
    );
    let told = "audit WHERE act = 'backup.reconcile' AND detail LIKE '%lines_without_mac%'";
    assert_eq!(sql.count(told), 1);
    lost.assert_whole();
}

#[test]
fn an_old_journal_restores_and_says_what_is_not_verified_on_sqlite() {
    an_old_journal(Engine::Sqlite);
}

#[test]
fn an_old_journal_restores_and_says_what_is_not_verified_on_postgres() {
    an_old_journal(Engine::Postgres);
}
