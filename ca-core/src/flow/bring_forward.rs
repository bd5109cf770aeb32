//! After a restoration: what the journals know and the database lost comes back, in one transaction.
//!
//! Certificates come back without their PKCS#12, which was never in the journal; requests they answer are issued and
//! are not answered again. A serial whose certificate nobody recorded is abandoned: it may have been signed. What was
//! revoked is revoked again at the same instant, and the numbers of lists go on above the highest one.
//!
//! Whose a certificate is stands in the certificate. A line that names the request of somebody else is refused.
use std::collections::BTreeMap;

use super::abandon::abandon;
use super::compare_journal::{Journaled, JournaledCertificate, Lacking, lacking};
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::certificate::{CertificateStatus, IntentState};
use crate::domain::request::{RequestEvent, RequestId};
use crate::domain::revocation::{RevocationEvent, RevocationReason};
use crate::domain::serial::SerialNumber;
use crate::store::audit::Record;
use crate::store::certificate::Certificate;
use crate::store::intent::Intent;
use crate::store::journal_mark::Mark;
use crate::store::request::{Change, Request};
use crate::store::revocation::{NewRevocation, Revocation};
use crate::store::{
    Db, Store, StoreError, StoreResult, audit, authority, certificate, crl, intent, journal_mark,
    request, restoration, revocation, session,
};

/// What came back.
#[derive(Debug, Clone, Default)]
pub struct Brought {
    /// All of it.
    pub lacking: Lacking,
    /// Requests that are issued now.
    pub requests: Vec<RequestId>,
    /// Lines that carry no MAC, by journal: what they say that is in no certificate is not verified.
    pub without_mac: BTreeMap<String, u64>,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum BringForwardError {
    /// The database says no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The line of the journal names a request of another account than the one that its certificate names.
    #[error(
        "line {1} of the journal {0} names the request of another account than its certificate"
    )]
    OtherAccount(String, u64),
}

/// Works in what `said` holds and the database does not; from now on the journals are known up to `marks`.
pub fn bring_forward(
    store: &Store,
    act: &Act,
    said: &Journaled,
    marks: &[Mark],
) -> Result<Brought, BringForwardError> {
    store.transaction(|db| {
        let lacking = lacking(db, said)?;
        let mut records = Vec::new();
        for root in &lacking.roots {
            authority::insert(db, root)?;
            let object = format!("authority:{}", root.generation);
            records.push(Record::new(AuditAct::CaBringForward, object));
        }
        let mut requests = Vec::new();
        for one in &lacking.certificates {
            let (of_certificate, request) = bring_certificate(db, act, one, said)?;
            records.extend(of_certificate);
            requests.extend(request);
        }
        insert_intents(db, &lacking.intents)?;
        for event in &lacking.revocations {
            records.extend(bring_event(db, event)?);
        }
        // What a list had told of as given up stands by now, at its own instant.
        let drawn: Vec<SerialNumber> = lacking.intents.iter().map(|one| one.serial).collect();
        for some in drawn.chunks(1_000) {
            abandon(db, some, act.at)?;
        }
        for (generation, number) in &lacking.lists {
            crl::raise_number(db, *generation, *number)?;
        }
        for mark in marks {
            journal_mark::put(db, mark, act.at)?;
        }
        let restorations = restoration::settle(db, act.at)?;
        if restorations > 0 || !lacking.is_empty() {
            records.push(summary(&lacking, &said.without_mac));
        }
        audit::append(db, act, &records)?;
        Ok(Brought {
            lacking,
            requests,
            without_mac: said.without_mac.clone(),
        })
    })
}

fn summary(lacking: &Lacking, without_mac: &BTreeMap<String, u64>) -> Record {
    let serials = |all: Vec<SerialNumber>| -> Vec<String> {
        all.into_iter().map(SerialNumber::to_hex).collect()
    };
    let certificates = lacking.certificates.iter().map(|one| one.row.serial);
    let abandoned = lacking.intents.iter().map(|one| one.serial);
    let events = lacking.revocations.iter().map(|one| one.serial);
    Record::new(AuditAct::BackupReconcile, "journal").with(serde_json::json!({
        "certificates": serials(certificates.collect()),
        "abandoned": serials(abandoned.collect()),
        "revocations": serials(events.collect()),
        "crl_numbers": lacking.lists,
        "lines_without_mac": without_mac,
    }))
}

/// One certificate, with its intent; the request it answers, if that was still open.
///
/// A serial that was given up before anybody knew of its certificate stays given up, and the certificate is revoked.
fn bring_certificate(
    db: &mut Db,
    act: &Act,
    one: &JournaledCertificate,
    said: &Journaled,
) -> Result<([Record; 2], Option<RequestId>), BringForwardError> {
    let serial = one.row.serial;
    let known = intent::states(db, &[serial])?.remove(&serial);
    let (owner, asked) = owner_and_request(db, one)?;
    let answered = match &asked {
        Some(asked) => certificate::of_account(db, asked.account_id)?
            .iter()
            .any(|other| other.request_id.as_ref() == Some(&asked.id)),
        None => false,
    };
    let asked = asked.filter(|_| !answered && known != Some(IntentState::Abandoned));
    if known.is_none() {
        let drawn = said.intents.iter().find(|intent| intent.serial == serial);
        let mut drawn = drawn.cloned().unwrap_or_else(|| intent_of(one));
        drawn.request_id = asked.as_ref().map(|asked| asked.id.clone());
        intent::insert(db, &[drawn])?;
    }
    if known != Some(IntentState::Abandoned) {
        intent::settle(db, &[serial], act.at)?;
    }
    let mut row = one.row.clone();
    row.request_id = asked.as_ref().map(|asked| asked.id.clone());
    row.account_id = owner;
    certificate::insert(db, std::slice::from_ref(&row))?;
    if known == Some(IntentState::Abandoned) {
        let reason = RevocationReason::CessationOfOperation;
        let (from, to) = ([CertificateStatus::Valid], CertificateStatus::Revoked);
        certificate::set_status(db, &[serial], &from, to, Some(reason), act.at)?;
    }
    let mut issued = None;
    if let Some(asked) = asked.filter(|asked| asked.state.is_open()) {
        let change = Change {
            wipe_password: true,
            ..Change::default()
        };
        request::advance(db, &asked, RequestEvent::BringForward, &change, act.at)?;
        issued = Some(asked.id);
    }
    Ok((records_of(&row), issued))
}

/// The account that the certificate names, and the request that its line names, which has to be that account's.
fn owner_and_request(
    db: &mut Db,
    one: &JournaledCertificate,
) -> Result<(Option<i64>, Option<Request>), BringForwardError> {
    let owner = match &one.user_id {
        Some(user_id) => restoration::account_of(db, user_id)?,
        None => None,
    };
    let asked = match &one.row.request_id {
        Some(id) => request::lock(db, id)?,
        None => None,
    };
    let is_owners = |asked: &Request| Some(asked.account_id) == owner;
    if asked.as_ref().is_none_or(is_owners) {
        return Ok((owner, asked));
    }
    let journal = one.journal.clone();
    Err(BringForwardError::OtherAccount(journal, one.line))
}

/// What the lost entry said, and that it was lost: [`crate::store::invariant`] asks of this certificate no approval, no
/// PKCS#12 and no claim.
fn records_of(row: &Certificate) -> [Record; 2] {
    let object = match &row.request_id {
        Some(id) => format!("request:{id}"),
        None => format!("certificate:{}", row.serial),
    };
    let issued = Record::new(AuditAct::CertificateIssue, object).with(serde_json::json!({
        "serial": row.serial.to_hex(),
        "subject": row.subject,
        "sha1": row.sha1_thumbprint,
        "brought_forward": true,
    }));
    let restored = Record::new(
        AuditAct::CertificateRestore,
        format!("certificate:{}", row.serial),
    );
    let facts = serde_json::json!({ "issued_at": row.issued_at.to_rfc3339() });
    [issued, restored.with(facts)]
}

/// The intent of a certificate whose own line is older than the mark.
fn intent_of(one: &JournaledCertificate) -> Intent {
    let row = &one.row;
    Intent {
        serial: row.serial,
        purpose: row.purpose,
        generation: row.generation,
        request_id: None,
        fence: 0,
        tbs_sha256: one.tbs_sha256.clone(),
        profile_sha256: String::new(),
        state: IntentState::Intended,
        recorded_at: row.issued_at,
        settled_at: None,
    }
}

fn insert_intents(db: &mut Db, lost: &[Intent]) -> StoreResult<()> {
    for intent in lost {
        let request_id = match &intent.request_id {
            Some(id) => request::find(db, id)?.map(|request| request.id),
            None => None,
        };
        let row = Intent {
            request_id,
            ..intent.clone()
        };
        intent::insert(db, &[row])?;
    }
    Ok(())
}

/// One event, at the instant at which it happened. What is revoked meanwhile stays so (I6), and lists learn of the
/// revocation that they had told of before.
fn bring_event(db: &mut Db, event: &Revocation) -> StoreResult<Option<Record>> {
    use CertificateStatus::{Held, Revoked, Valid};
    let serials = [event.serial];
    let (from, to, verb): (&[_], _, _) = match event.event {
        RevocationEvent::Abandoned => {
            abandon(db, &serials, event.at)?;
            return Ok(None);
        }
        RevocationEvent::Revoked => (&[Valid, Held], Revoked, AuditAct::CertificateRevoke),
        RevocationEvent::Held => (&[Valid], Held, AuditAct::CertificateHold),
        RevocationEvent::Released => (&[Held], Valid, AuditAct::CertificateRelease),
    };
    let reason = Some(event.reason).filter(|_| to != Valid);
    let moved = certificate::set_status(db, &serials, from, to, reason, event.at)?;
    if moved.is_empty() && to != Revoked {
        return Ok(None);
    }
    if to != Valid {
        session::delete_of_certificates(db, &serials)?;
    }
    let again = NewRevocation {
        generation: event.generation,
        serial: event.serial,
        event: event.event,
        reason: event.reason,
        ends_at: event.ends_at,
    };
    revocation::append(db, &[again], event.at)?;
    let record = Record::new(verb, format!("certificate:{}", event.serial));
    let facts = serde_json::json!({
        "reason": event.reason.as_str(),
        "happened_at": event.at.to_rfc3339(),
        "brought_forward": true,
    });
    Ok(Some(record.with(facts)))
}
