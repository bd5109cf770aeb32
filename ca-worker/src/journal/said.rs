//! What the journals say beyond the marks, as the flows take it. Certificates are checked against their root, and
//! lines against their certificates.
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use ca_core::domain::certificate::IntentState;
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::compare_journal::{Journaled, JournaledCertificate};
use ca_core::store::authority::Authority;
use ca_core::store::intent::Intent;
use ca_core::store::journal_mark::Mark;
use ca_core::store::revocation::Revocation;
use chrono::{DateTime, Utc};

use super::certified::Certified;
use super::reading::{beginning, files, lines_after};
use super::{Fact, JournalError, JournalKey, Line};
use crate::certificate::{Issuer, subject_in};

/// What all journals of a folder say.
#[derive(Debug, Default)]
pub struct Said {
    /// The facts.
    pub journaled: Journaled,
    /// Where each journal ends.
    pub ends: Vec<Mark>,
    /// The place before each intent.
    pub(super) before: BTreeMap<SerialNumber, Mark>,
    /// Serials whose certificate the journals know.
    pub(super) issued: HashSet<SerialNumber>,
    /// What each intent said was going to be signed, SHA-256 in hex.
    meant: HashMap<SerialNumber, String>,
    issuers: BTreeMap<i64, Issuer>,
    file: std::path::PathBuf,
}

/// Reads every journal in `folder` from its mark on, or from its beginning; MACs are judged by `key`.
pub(super) fn read_all(
    folder: &Path,
    key: Option<&JournalKey>,
    marks: &[Mark],
    roots: &[Authority],
) -> Result<Said, JournalError> {
    let mut said = Said::default();
    for root in roots {
        if let Ok(issuer) = Issuer::from_der(root.generation, &root.certificate_der) {
            said.issuers.insert(root.generation, issuer);
        }
    }
    // A journal that the database does not know was begun by a program whose lines carry MACs, if any do.
    let is_keyed = marks.iter().any(|mark| mark.is_keyed);
    for (journal, path) in files(folder)? {
        let mark = marks.iter().find(|mark| mark.journal == journal);
        let from = mark.cloned().unwrap_or_else(|| Mark {
            is_keyed,
            ..beginning(&journal)
        });
        said.file.clone_from(&path);
        let mut failure = None;
        let end = lines_after(&path, &from, key, |line, before| {
            if let Err(error) = said.take(line, before) {
                failure = failure.take().or(Some(error));
            }
        })?;
        if let Some(failure) = failure {
            return Err(failure);
        }
        said.ends.push(end);
    }
    let revocations = &mut said.journaled.revocations;
    revocations.sort_by_key(|event| (event.generation, event.sequence));
    Ok(said)
}

impl Said {
    fn take(&mut self, line: Line, before: &Mark) -> Result<(), JournalError> {
        if !line.is_keyed {
            let journal = before.journal.clone();
            *self.journaled.without_mac.entry(journal).or_default() += 1;
        }
        let (sequence, file) = (line.sequence, self.file.clone());
        let taken = self.take_fact(line, before);
        taken.map_err(|finding| JournalError::Damaged {
            file,
            line: sequence,
            finding,
        })
    }

    fn take_fact(&mut self, line: Line, before: &Mark) -> Result<(), &'static str> {
        if let Some(certified) = Certified::of(&line.fact) {
            return self.take_certificate(certified?, &line, before);
        }
        match &line.fact {
            Fact::Root {
                generation,
                der,
                subject,
            } => self.take_root(*generation, der, subject, line.at)?,
            Fact::Intended {
                serial, tbs_sha256, ..
            } => {
                self.before.entry(*serial).or_insert_with(|| before.clone());
                self.meant.insert(*serial, tbs_sha256.clone());
                self.journaled.intents.extend(intent_row(line.fact));
            }
            Fact::Revocation { .. } => {
                let event = event_row(line.fact);
                self.journaled.revocations.extend(event);
            }
            Fact::List {
                generation, number, ..
            } => {
                let highest = self.journaled.lists.entry(*generation).or_insert(*number);
                *highest = (*highest).max(*number);
            }
            Fact::Issued { .. } => {}
        }
        Ok(())
    }

    /// A certificate that its line does not belie; its root has to have signed it, and its intent to have meant it.
    fn take_certificate(
        &mut self,
        certified: Certified,
        line: &Line,
        before: &Mark,
    ) -> Result<(), &'static str> {
        let serial = certified.row.serial;
        let issuer = self.issuers.get(&certified.row.generation);
        let issuer = issuer.ok_or("no root is known of the generation that it names")?;
        if !certified.is_signed_by(issuer) {
            return Err("its certificate was not signed by the root that it names");
        }
        let meant = self.meant.get(&serial);
        if meant.is_some_and(|meant| *meant != certified.tbs_sha256) {
            return Err(
                "its certificate is not what the line of its intent says was going to be signed",
            );
        }
        self.issued.insert(serial);
        self.journaled.certificates.push(JournaledCertificate {
            row: certified.row,
            user_id: certified.user_id,
            tbs_sha256: certified.tbs_sha256,
            journal: before.journal.clone(),
            line: line.sequence,
        });
        Ok(())
    }

    fn take_root(
        &mut self,
        generation: i64,
        der: &[u8],
        subject: &str,
        at: DateTime<Utc>,
    ) -> Result<(), &'static str> {
        let issuer = Issuer::from_der(generation, der);
        let issuer = issuer.map_err(|_| "it holds something that is no root")?;
        let known = self.issuers.get(&generation);
        if known.is_some_and(|known| known.certificate() != der) {
            return Err("it holds another root of its generation than the one that is known");
        }
        if subject_in(der).as_deref() != Some(subject) {
            return Err("its root names another subject");
        }
        let row = root_row(&issuer, subject.to_owned(), at);
        self.issuers.entry(generation).or_insert(issuer);
        self.journaled.roots.push(row);
        Ok(())
    }
}

fn root_row(issuer: &Issuer, subject: String, at: DateTime<Utc>) -> Authority {
    Authority {
        generation: issuer.generation(),
        certificate_der: issuer.certificate().to_vec(),
        subject,
        not_before: issuer.validity().not_before,
        not_after: issuer.validity().not_after,
        crl_number: 0,
        status: "active".into(),
        created_at: at,
    }
}

fn intent_row(fact: Fact) -> Option<Intent> {
    let Fact::Intended {
        serial,
        purpose,
        generation,
        request,
        fence,
        tbs_sha256,
        profile_sha256,
        recorded_at,
    } = fact
    else {
        return None;
    };
    Some(Intent {
        serial,
        purpose,
        generation,
        request_id: request,
        fence,
        tbs_sha256,
        profile_sha256,
        state: IntentState::Intended,
        recorded_at,
        settled_at: None,
    })
}

fn event_row(fact: Fact) -> Option<Revocation> {
    let Fact::Revocation {
        generation,
        sequence,
        serial,
        event,
        reason,
        happened_at,
        ends_at,
    } = fact
    else {
        return None;
    };
    Some(Revocation {
        generation,
        sequence,
        serial,
        event,
        reason,
        at: happened_at,
        ends_at,
    })
}
