//! What the journals say beyond the marks, as the flows take it. Certificates are checked against their root.
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use ca_core::domain::certificate::{CertificateStatus, IntentState, Purpose};
use ca_core::domain::request::RequestId;
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::thumbprint::Thumbprint;
use ca_core::domain::user_id::{Classes, UserId};
use ca_core::flow::compare_journal::{Journaled, JournaledCertificate};
use ca_core::store::authority::Authority;
use ca_core::store::certificate::Certificate;
use ca_core::store::intent::Intent;
use ca_core::store::journal_mark::Mark;
use ca_core::store::revocation::Revocation;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::reading::{beginning, files, lines_after};
use super::{Fact, JournalError, Line};
use crate::certificate::{Issuer, IssuerError};
use crate::signer::PublicKey;

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
    issuers: BTreeMap<i64, Issuer>,
    file: std::path::PathBuf,
}

/// Reads every journal in `folder` from its mark on, or from its beginning.
pub(super) fn read_all(
    folder: &Path,
    marks: &[Mark],
    roots: &[Authority],
    classes: &Classes,
) -> Result<Said, JournalError> {
    let mut said = Said::default();
    for root in roots {
        if let Ok(issuer) = Issuer::from_der(root.generation, &root.certificate_der) {
            said.issuers.insert(root.generation, issuer);
        }
    }
    for (journal, path) in files(folder)? {
        let mark = marks.iter().find(|mark| mark.journal == journal);
        let from = mark.cloned().unwrap_or_else(|| beginning(&journal));
        said.file.clone_from(&path);
        let mut failure = None;
        let end = lines_after(&path, &from, |line, before| {
            if let Err(error) = said.take(line, before, classes) {
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
    fn take(&mut self, line: Line, before: &Mark, classes: &Classes) -> Result<(), JournalError> {
        let file = self.file.clone();
        let finding = |finding| JournalError::Damaged {
            file,
            line: line.sequence,
            finding,
        };
        match line.fact.clone() {
            Fact::Root {
                generation,
                der,
                subject,
            } => {
                let root = self.take_root(generation, &der, subject, line.at);
                root.map_err(|_| finding("it holds something that is no root"))?;
            }
            Fact::Intended { serial, .. } => {
                self.before.entry(serial).or_insert_with(|| before.clone());
                self.journaled.intents.extend(intent_row(line.fact));
            }
            Fact::Issued {
                serial,
                purpose,
                generation,
                request,
                subject,
                der,
                issued_at,
            } => {
                let head = (serial, purpose, generation, request, subject, issued_at);
                let (row, tbs_sha256) = self.row(head, der).map_err(finding)?;
                let user_id = user_id(&row, classes);
                self.issued.insert(serial);
                self.journaled.certificates.push(JournaledCertificate {
                    row,
                    user_id,
                    tbs_sha256,
                });
            }
            Fact::Revocation { .. } => {
                let event = event_row(line.fact);
                self.journaled.revocations.extend(event);
            }
            Fact::List {
                generation, number, ..
            } => {
                let highest = self.journaled.lists.entry(generation).or_insert(number);
                *highest = number.max(*highest);
            }
        }
        Ok(())
    }

    fn take_root(
        &mut self,
        generation: i64,
        der: &[u8],
        subject: String,
        at: DateTime<Utc>,
    ) -> Result<(), IssuerError> {
        let issuer = Issuer::from_der(generation, der)?;
        let row = root_row(&issuer, subject, at);
        self.issuers.entry(generation).or_insert(issuer);
        self.journaled.roots.push(row);
        Ok(())
    }

    /// The row of a certificate, from its own bytes where they say it, and SHA-256 of what was signed. Its root has to
    /// have signed it.
    fn row(
        &self,
        (serial, purpose, generation, request_id, subject, issued_at): Head,
        der: Vec<u8>,
    ) -> Result<(Certificate, String), &'static str> {
        let unreadable = "it holds something that is no certificate";
        let (rest, parsed) = X509Certificate::from_der(&der).map_err(|_| unreadable)?;
        let issuer = self.issuers.get(&generation);
        let issuer = issuer.ok_or("no root is known of the generation that it names")?;
        let signature = &parsed.signature_value.data;
        let tbs = parsed.tbs_certificate.as_ref();
        if !rest.is_empty() || !issuer.public_key().verifies(tbs, signature) {
            return Err("its certificate was not signed by the root that it names");
        }
        if parsed.raw_serial() != serial.as_bytes() {
            return Err("its certificate has another serial number");
        }
        let key = PublicKey::from_spki(parsed.public_key().raw).map_err(|_| unreadable)?;
        let instant = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(unreadable);
        let validity = parsed.validity();
        let tbs_sha256 = hex::encode(Sha256::digest(tbs));
        let row = Certificate {
            serial,
            purpose,
            generation,
            request_id,
            account_id: None,
            subject,
            not_before: instant(validity.not_before.timestamp())?,
            not_after: instant(validity.not_after.timestamp())?,
            spki_sha256: key.spki_sha256(),
            sha1_thumbprint: Thumbprint::of_der(&der).sha1_hex(),
            certificate_der: der,
            pkcs12: None,
            issued_at,
            status: CertificateStatus::Valid,
            revoked_at: None,
            revocation_reason: None,
            download_count: 0,
            first_downloaded_at: None,
            last_downloaded_at: None,
            installed_at: None,
            first_portal_login_at: None,
        };
        Ok((row, tbs_sha256))
    }
}

/// What an issued certificate's line says besides its bytes.
type Head = (
    SerialNumber,
    Purpose,
    i64,
    Option<RequestId>,
    String,
    DateTime<Utc>,
);

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

/// A client's subject begins with its user ID.
fn user_id(row: &Certificate, classes: &Classes) -> Option<UserId> {
    let name = row.subject.strip_prefix("CN=")?.split(',').next()?;
    let parsed = (row.purpose == Purpose::Client).then(|| UserId::parse(name, classes));
    parsed?.ok().map(|parsed| parsed.user_id)
}
