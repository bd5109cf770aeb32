//! The journal's file: chained, torn, damaged, shared, full.
mod mac;

use std::fs;
use std::path::PathBuf;

use ca_core::domain::certificate::{IntentState, Purpose};
use ca_core::domain::random::OsRandom;
use ca_core::domain::serial::SerialNumber;
use ca_core::store::intent::Intent;
use chrono::DateTime;

use super::*;
use crate::fixture::{journal_key, morning};

struct Place {
    folder: tempfile::TempDir,
    key: JournalKey,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            key: journal_key(),
        }
    }

    fn open(&self) -> Result<Journal, JournalError> {
        Journal::open(self.folder.path(), self.key.clone())
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join(format!("{}.jsonl", machine()))
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// The lines, each held against the one before.
    fn lines(&self) -> Vec<Line> {
        let text = self.text();
        let mut previous = GENESIS.to_owned();
        let lines = text.lines().map(|text| {
            assert_eq!(
                line::check(text, &previous, true, Some(&self.key)),
                Ok(()),
                "{text}"
            );
            let line = line::read(text).unwrap();
            previous.clone_from(&line.hash);
            line
        });
        lines.collect()
    }
}

fn intent() -> Intent {
    Intent {
        serial: SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom),
        purpose: Purpose::Client,
        generation: 1,
        request_id: None,
        fence: 3,
        tbs_sha256: "ab".into(),
        profile_sha256: "cd".into(),
        state: IntentState::Intended,
        recorded_at: morning(),
        settled_at: None,
    }
}

#[test]
fn what_is_noted_is_there_in_order_chained_and_for_its_owner_alone() {
    use std::os::unix::fs::MetadataExt;
    let place = Place::new();
    let journal = place.open().unwrap();
    let (one, two) = (intent(), intent());
    let noted = journal
        .note_intents(morning(), &[one.clone(), two.clone()])
        .unwrap();
    assert!(noted.covers(one.serial) && noted.covers(two.serial));
    assert!(!noted.covers(intent().serial) && !noted.covers_list(1, 1));
    let list = journal.note_list(morning(), 1, 7, 40).unwrap();
    assert!(list.covers_list(1, 7) && !list.covers_list(1, 8) && !list.covers_list(2, 7));
    assert!(!list.covers(one.serial));
    let lines = place.lines();
    let sequences: Vec<u64> = lines.iter().map(|line| line.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
    assert_eq!(lines[0].fact, Fact::of_intent(&one));
    let Fact::List {
        number, covered, ..
    } = lines[2].fact
    else {
        panic!("{:?}", lines[2]);
    };
    assert_eq!((number, covered), (7, 40));
    assert_eq!(fs::metadata(place.file()).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn programs_of_one_machine_share_the_file_without_breaking_the_chain() {
    let place = Place::new();
    let journals = [place.open().unwrap(), place.open().unwrap()];
    std::thread::scope(|scope| {
        for journal in &journals {
            scope.spawn(|| {
                for _ in 0..20 {
                    let batch = [intent(), intent()];
                    journal.note_intents(morning(), &batch).unwrap();
                }
            });
        }
    });
    assert_eq!(place.lines().len(), 80);
}

#[test]
fn a_line_torn_by_a_crash_is_set_aside_wherever_it_was_torn() {
    let place = Place::new();
    let journal = place.open().unwrap();
    journal.note_intents(morning(), &[intent()]).unwrap();
    let first = place.text();
    journal.note_intents(morning(), &[intent()]).unwrap();
    let whole = place.text();
    drop(journal);
    for cut in [first.len() + 1, whole.len() - 40, whole.len() - 1] {
        fs::write(place.file(), &whole[..cut]).unwrap();
        let journal = place.open().unwrap();
        assert_eq!(place.text(), first, "cut at {cut}");
        let aside = fs::read_to_string(place.file().with_extension("jsonl.torn")).unwrap();
        assert!(aside.ends_with(&format!("{}\n", &whole[first.len()..cut])));
        journal.note_intents(morning(), &[intent()]).unwrap();
        assert_eq!(place.lines().len(), 2);
    }
    // A disk that wrote the end of the line and not its middle.
    fs::write(place.file(), format!("{first}\0\0\0\0\0\n")).unwrap();
    place.open().unwrap();
    assert_eq!(place.text(), first);
    fs::write(place.file(), &whole[..20]).unwrap();
    place.open().unwrap();
    assert_eq!(place.text(), "", "the very first line was torn");
}

#[test]
fn more_than_one_bad_line_at_the_end_is_damage() {
    let place = Place::new();
    let journal = place.open().unwrap();
    journal.note_intents(morning(), &[intent()]).unwrap();
    let text = place.text();
    fs::write(place.file(), format!("{text}garbage\nand more\n")).unwrap();
    let said = place.open().unwrap_err().to_string();
    assert!(
        said.contains("damaged") && said.contains("docs/backup.md"),
        "{said}"
    );
    assert_eq!(
        place.text(),
        format!("{text}garbage\nand more\n"),
        "kept as evidence"
    );
}

#[test]
fn a_long_line_is_found_again() {
    let place = Place::new();
    let journal = place.open().unwrap();
    let mut long = intent();
    long.tbs_sha256 = "e".repeat(100_000);
    journal.note_intents(morning(), &[long]).unwrap();
    place
        .open()
        .unwrap()
        .note_intents(morning(), &[intent()])
        .unwrap();
    assert_eq!(place.lines().len(), 2);
}

#[test]
fn a_journal_that_cannot_be_written_says_so_and_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("journal"), "a file").unwrap();
    let said = Journal::open(&folder.path().join("journal"), journal_key()).unwrap_err();
    let said = said.to_string();
    assert!(
        said.contains("nothing is signed") && said.contains("journal"),
        "{said}"
    );
}

/// The line of a certificate that answers `request`.
fn answer_to(request: &RequestId) -> Fact {
    Fact::Issued {
        serial: intent().serial,
        purpose: Purpose::Client,
        generation: 1,
        request: Some(request.clone()),
        subject: "CN=KJ2700000001".into(),
        der: vec![0x30, 0x00],
        issued_at: morning(),
    }
}

#[test]
fn what_was_answered_is_known_whoever_wrote_it_and_what_was_only_drawn_is_not() {
    let place = Place::new();
    let [before, others, own, drawn] = [0; 4].map(|_| RequestId::draw(morning(), &OsRandom));
    place
        .open()
        .unwrap()
        .note_issued(morning(), &[answer_to(&before)]);
    let (ours, theirs) = (place.open().unwrap(), place.open().unwrap());
    let mut abandoned = intent();
    abandoned.request_id = Some(drawn.clone());
    ours.note_intents(morning(), &[abandoned]).unwrap();
    ours.learn_what_was_answered().unwrap();
    assert!(ours.says_answered(&before) && !ours.says_answered(&others));
    theirs.note_issued(morning(), &[answer_to(&others)]);
    ours.learn_what_was_answered().unwrap();
    ours.note_issued(morning(), &[answer_to(&own)]);
    assert!(ours.says_answered(&others) && ours.says_answered(&own));
    assert!(!ours.says_answered(&drawn), "it is signed anew");
}

#[test]
fn a_line_that_was_changed_is_found_before_anything_is_learnt_of_it() {
    let place = Place::new();
    let request = RequestId::draw(morning(), &OsRandom);
    let journal = place.open().unwrap();
    journal.note_issued(morning(), &[answer_to(&request)]);
    journal.note_intents(morning(), &[intent()]).unwrap();
    let other = RequestId::draw(morning(), &OsRandom).to_string();
    let changed = place.text().replace(request.as_str(), &other);
    fs::write(place.file(), changed).unwrap();
    let said = place.open().unwrap().learn_what_was_answered();
    let said = said.unwrap_err().to_string();
    assert!(said.contains("damaged at line 1"), "{said}");
}

#[test]
fn issued_certificates_that_could_not_be_written_are_written_before_anything_else() {
    let place = Place::new();
    let journal = place.open().unwrap();
    journal.note_intents(morning(), &[intent()]).unwrap();
    let kept = place.text();
    // Two bad lines: whoever looks for the end refuses to go on, as on a disk that answers by errors.
    fs::write(place.file(), format!("{kept}bad\nbad\n")).unwrap();
    let request = RequestId::draw(morning(), &OsRandom);
    let fact = answer_to(&request);
    journal.note_issued(morning(), std::slice::from_ref(&fact));
    assert!(journal.says_answered(&request), "written or not");
    assert!(journal.note_intents(morning(), &[intent()]).is_err());
    assert!(journal.pay_what_is_owed().is_err());
    fs::write(place.file(), &kept).unwrap();
    journal.note_intents(morning(), &[intent()]).unwrap();
    let facts: Vec<Fact> = place.lines().into_iter().map(|line| line.fact).collect();
    assert_eq!((facts.len(), &facts[1]), (3, &fact));
}

#[test]
fn every_kind_of_fact_is_read_as_it_was_written() {
    use ca_core::domain::revocation::{RevocationEvent, RevocationReason};
    let (place, journal) = (Place::new(), crate::fixture::root().0);
    let serial = intent().serial;
    let request = Some(RequestId::draw(morning(), &OsRandom));
    let mut drawn = intent();
    drawn.request_id.clone_from(&request);
    let event = Revocation {
        generation: 2,
        sequence: 77,
        serial,
        event: RevocationEvent::Held,
        reason: RevocationReason::CertificateHold,
        at: morning(),
        ends_at: Some(morning()),
    };
    let facts = [
        Fact::Root {
            generation: 1,
            der: journal.certificate().to_vec(),
            subject: "CN=認証局".into(),
        },
        Fact::of_intent(&drawn),
        Fact::Issued {
            serial,
            purpose: Purpose::Operator,
            generation: 1,
            request,
            subject: "CN=suzuki".into(),
            der: vec![0x30, 0x00],
            issued_at: morning(),
        },
        Fact::of_event(&event),
        Fact::List {
            generation: 2,
            number: 9,
            covered: 77,
        },
    ];
    place.open().unwrap().note_issued(morning(), &facts);
    let read: Vec<Fact> = place.lines().into_iter().map(|line| line.fact).collect();
    assert_eq!(read, facts);
}
