//! Who writes the file and has no key; journals that were begun before lines carried MACs.
use ca_core::domain::revocation::{RevocationEvent, RevocationReason};

use super::*;
use crate::certificate::{Draft, Issuer, prepare, row};
use crate::fixture::{noted_and_signed, profiles, root};
use crate::journal::reading::{beginning, lines_after};
use crate::journal::said::{Said, read_all};
use crate::signer::KeyPair;
use ca_core::domain::profile::ProfileName;
use ca_core::store::journal_mark::Mark;

/// Lines as somebody writes them who knows the chain; MACs are what they were, or taken out.
fn chained(lines: &[String]) -> String {
    let (mut previous, mut all) = (GENESIS.to_owned(), String::new());
    for (line, number) in lines.iter().zip(1..) {
        let (before, after) = line.split_once("\"sequence\":").unwrap();
        let (_, after) = after.split_once(',').unwrap();
        let rest = format!("{before}\"sequence\":{number},{after}");
        previous = line::hash_of(&previous, &rest);
        all += &format!("{{\"hash\":\"{previous}\",{rest}\n");
    }
    all
}

fn without_mac(line: &str) -> String {
    line.split_once("\",").unwrap().1.to_owned()
}

impl Place {
    /// The lines without their hashes.
    fn rests(&self) -> Vec<String> {
        let text = self.text();
        let rests: Vec<String> = text
            .lines()
            .map(|line| line.split_once("\",").unwrap().1.to_owned())
            .collect();
        assert_eq!(chained(&rests), text);
        rests
    }

    /// What is said of the file when it holds these lines.
    fn judged(&self, lines: &[String]) -> Result<Mark, String> {
        fs::write(self.file(), chained(lines)).unwrap();
        let read = lines_after(&self.file(), &beginning("ca1"), Some(&self.key), |_, _| {});
        read.map_err(|error| error.to_string())
    }
}

fn event(reason: RevocationReason) -> Revocation {
    Revocation {
        generation: 1,
        sequence: 1,
        serial: intent().serial,
        event: RevocationEvent::Revoked,
        reason,
        at: morning(),
        ends_at: None,
    }
}

#[test]
fn a_mac_covers_its_line_and_every_line_before_it() {
    let place = Place::new();
    let journal = place.open().unwrap();
    let events = [RevocationReason::KeyCompromise; 3].map(event);
    journal.note_revocations(morning(), &events).unwrap();
    let honest = place.rests();
    assert_eq!(
        place
            .judged(&honest)
            .map(|end| (end.sequence, end.is_keyed)),
        Ok((3, true))
    );
    let (changed, dropped, swapped) = (
        &mut honest.clone(),
        &mut honest.clone(),
        &mut honest.clone(),
    );
    changed[1] = changed[1].replace("keyCompromise", "superseded");
    dropped.remove(1);
    swapped.swap(1, 2);
    for forged in [changed, dropped, swapped] {
        let said = place.judged(forged).unwrap_err();
        assert!(
            said.contains("damaged at line 2: its MAC is wrong"),
            "{said}"
        );
    }
    let other = Place::new();
    other
        .open()
        .unwrap()
        .note_revocations(morning(), &events)
        .unwrap();
    let theirs = other.rests();
    assert!(
        place
            .judged(&theirs)
            .unwrap_err()
            .contains("line 1: its MAC is wrong")
    );
    let followed = [&honest[..], &theirs[..1]].concat();
    assert!(
        place
            .judged(&followed)
            .unwrap_err()
            .contains("line 4: its MAC is wrong")
    );
}

#[test]
fn lines_from_before_the_mac_are_read_and_none_may_follow_one_that_carries_it() {
    let place = Place::new();
    let journal = place.open().unwrap();
    journal
        .note_intents(morning(), &[intent(), intent()])
        .unwrap();
    let mut lines: Vec<String> = place.rests().iter().map(|line| without_mac(line)).collect();
    assert_eq!(
        place.judged(&lines).map(|end| (end.sequence, end.is_keyed)),
        Ok((2, false))
    );
    place
        .open()
        .unwrap()
        .note_intents(morning(), &[intent()])
        .unwrap();
    lines = place.rests();
    assert_eq!(
        place.judged(&lines).map(|end| (end.sequence, end.is_keyed)),
        Ok((3, true))
    );
    // What the first MAC covers cannot be changed after it was written.
    let mut forged = lines.clone();
    forged[0] = forged[0].replace("\"fence\":3", "\"fence\":4");
    assert!(
        place
            .judged(&forged)
            .unwrap_err()
            .contains("line 3: its MAC is wrong")
    );
    lines.push(without_mac(&lines[2]));
    assert!(
        place
            .judged(&lines)
            .unwrap_err()
            .contains("line 4: it carries no MAC")
    );
}

#[test]
fn a_journal_that_appears_under_a_worker_that_runs_has_to_carry_macs() {
    let (place, other) = (Place::new(), Place::new());
    let journal = place.open().unwrap();
    journal.learn_what_was_answered().unwrap();
    let request = RequestId::draw(morning(), &OsRandom);
    other
        .open()
        .unwrap()
        .note_issued(morning(), &[answer_to(&request)]);
    let lines: Vec<String> = other.rests().iter().map(|line| without_mac(line)).collect();
    fs::write(place.folder.path().join("x.jsonl"), chained(&lines)).unwrap();
    let said = journal.learn_what_was_answered().unwrap_err().to_string();
    assert!(
        said.contains("x.jsonl is damaged at line 1: it carries no MAC"),
        "{said}"
    );
    assert!(!journal.says_answered(&request));
}

/// A client's certificate as its line says it, and its root.
fn issued_line() -> (Fact, Issuer, String) {
    let (issuer, signer) = root();
    let profiles = profiles();
    let profile = profiles.get(ProfileName::Client);
    let draft = Draft {
        profile,
        subject: profile.subject_of("KJ2700000001").unwrap(),
        alternative_names: &[],
        serial: SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom),
        validity: profile.validity(morning(), &issuer.validity()).unwrap(),
    };
    let pair = KeyPair::generate(profile.key_algorithm()).unwrap();
    let prepared = prepare(&draft, pair, &issuer).unwrap();
    let meant = prepared.tbs_sha256();
    let signed = noted_and_signed(prepared, &issuer, &signer).unwrap();
    let fact = issued(&row(&signed, Purpose::Client, 1, morning()));
    (fact, issuer, meant)
}

/// What a restoration takes of these facts, each written with a right MAC.
fn taken(issuer: &Issuer, facts: &[Fact]) -> Result<Said, String> {
    let place = Place::new();
    let root = Fact::Root {
        generation: 1,
        der: issuer.certificate().to_vec(),
        subject: crate::fixture::root_subject().to_string(),
    };
    place
        .open()
        .unwrap()
        .note_issued(morning(), &[&[root], facts].concat());
    let said = read_all(place.folder.path(), Some(&place.key), &[], &[]);
    said.map_err(|error| error.to_string())
}

#[test]
fn what_a_certificate_says_is_taken_from_it_and_a_line_that_belies_it_is_named() {
    let (honest, issuer, meant) = issued_line();
    let Fact::Issued { serial, .. } = honest else {
        panic!("{honest:?}");
    };
    let said = taken(&issuer, std::slice::from_ref(&honest)).unwrap();
    let [one] = &said.journaled.certificates[..] else {
        panic!("{said:?}");
    };
    let user_id = one.user_id.as_ref().map(ToString::to_string);
    assert_eq!(user_id.as_deref(), Some("KJ2700000001"));
    assert_eq!(
        (one.row.serial, one.line, &one.tbs_sha256),
        (serial, 2, &meant)
    );
    let belied = |change: fn(&mut Fact)| {
        let mut fact = honest.clone();
        change(&mut fact);
        taken(&issuer, &[fact]).unwrap_err()
    };
    let subject = belied(|fact| {
        if let Fact::Issued { subject, .. } = fact {
            *subject = subject.replace("0001", "0002");
        }
    });
    assert!(
        subject.contains("line 2: its certificate names another subject"),
        "{subject}"
    );
    let purpose = belied(|fact| {
        if let Fact::Issued { purpose, .. } = fact {
            *purpose = Purpose::Audit;
        }
    });
    assert!(purpose.contains("is for another purpose"), "{purpose}");
    let number = belied(|fact| {
        if let Fact::Issued { serial, .. } = fact {
            *serial = intent().serial;
        }
    });
    assert!(number.contains("another serial number"), "{number}");
    let root = belied(|fact| {
        if let Fact::Issued { generation, .. } = fact {
            *generation = 2;
        }
    });
    assert!(root.contains("no root is known"), "{root}");
    let mut drawn = Intent { serial, ..intent() };
    let other = taken(&issuer, &[Fact::of_intent(&drawn), honest.clone()]).unwrap_err();
    assert!(
        other.contains("line 3: its certificate is not what the line of its intent says"),
        "{other}"
    );
    drawn.tbs_sha256 = meant;
    assert!(taken(&issuer, &[Fact::of_intent(&drawn), honest]).is_ok());
}

#[test]
fn a_root_whose_line_names_another_subject_or_that_replaces_a_known_one_is_named() {
    let (own, other) = (root().0, root().0);
    let line = |issuer: &Issuer, subject: &str| Fact::Root {
        generation: 1,
        der: issuer.certificate().to_vec(),
        subject: subject.into(),
    };
    let said = taken(&own, &[line(&other, "CN=x")]).unwrap_err();
    assert!(
        said.contains("line 2: it holds another root of its generation"),
        "{said}"
    );
    let said = taken(&own, &[line(&own, "CN=x")]).unwrap_err();
    assert!(
        said.contains("line 2: its root names another subject"),
        "{said}"
    );
}

#[test]
fn a_journal_that_was_carried_as_text_or_cannot_be_read_accuses_nobody() {
    let place = Place::new();
    let journal = place.open().unwrap();
    let batch = [intent(), intent(), intent()];
    journal.note_intents(morning(), &batch).unwrap();
    let honest = place.text();
    let said = |text: &str, from: &Mark| {
        fs::write(place.file(), text).unwrap();
        let read = lines_after(&place.file(), from, Some(&place.key), |_, _| {});
        read.unwrap_err().to_string()
    };
    let carried = honest.replace('\n', "\r\n");
    let (last, _) = honest.trim_end().rsplit_once('\n').unwrap();
    let mark = Mark {
        sequence: 2,
        position: i64::try_from(last.len() + 1).unwrap(),
        ..beginning("ca1")
    };
    for from in [beginning("ca1"), mark] {
        let said = said(&carried, &from);
        assert!(said.contains("its line ends are CR LF"), "{said}");
        assert!(!said.contains("it was changed"), "{said}");
    }
    let half = honest.replacen("\"fact\"", "\"fa", 1);
    let said = said(&half, &beginning("ca1"));
    assert!(
        said.contains("damaged at line 1: it cannot be read"),
        "{said}"
    );
}
