//! The invariants of docs/issuance-cycle.md, asked of the database: after a crash, after a restore, at any time.
//!
//! Nothing is changed. I8, nothing is signed outside business hours, is not a matter of rows.
use super::verify_audit::{AuditVerdict, verify_audit};
use crate::store::invariant::{self as rows, Objects};
use crate::store::{Db, Store, StoreResult, told};

/// One thing that must never be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The invariant, `I1` to `I7`, or `audit`, `crl`.
    pub invariant: &'static str,
    /// What is wrong.
    pub finding: &'static str,
    /// With what: a request's name, a serial number, a Message-ID.
    pub object: String,
}

impl std::fmt::Display for Breach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.invariant, self.object, self.finding)
    }
}

/// An invariant, what is wrong with the rows that are found, and the query that finds them.
type Rule = (&'static str, &'static str, fn(&mut Db) -> Objects);

const RULES: &[Rule] = &[
    (
        "I1",
        "the request is issued and has no certificate",
        rows::issued_without_certificate,
    ),
    (
        "I1",
        "the certificate answers a request that is not issued",
        rows::certificate_of_open_request,
    ),
    (
        "I2",
        "the certificate has no intent that was recorded before",
        rows::certificate_without_intent,
    ),
    (
        "I2",
        "the intent says issued, and there is no certificate",
        rows::intent_without_certificate,
    ),
    (
        "I3",
        "the client certificate has no approval",
        rows::certificate_without_approval,
    ),
    (
        "I3",
        "no audit entry tells of the approval",
        rows::approval_without_entry,
    ),
    (
        "I4",
        "the certificate has no PKCS#12",
        rows::certificate_without_pkcs12,
    ),
    (
        "I4",
        "the certificate was revoked or its PKCS#12 deleted, and the file is there",
        rows::pkcs12_of_the_past,
    ),
    (
        "I4",
        "no audit entry tells of the certificate",
        rows::certificate_without_entry,
    ),
    (
        "I4",
        "the notice of a certificate is not in the outbox",
        rows::notice_not_owed,
    ),
    (
        "I5",
        "the request is over, and its sealed password is still there",
        rows::password_of_closed_request,
    ),
    (
        "I6",
        "the certificate was revoked and does not say so",
        rows::revoked_is_valid,
    ),
    (
        "I6",
        "no revocation list learns that the certificate is revoked or suspended",
        rows::revoked_without_event,
    ),
    (
        "I6",
        "no revocation list learns that the serial was abandoned",
        rows::abandoned_without_event,
    ),
    (
        "I6",
        "the serial was abandoned and has a certificate",
        rows::abandoned_with_certificate,
    ),
    (
        "I6",
        "the revocations of the generation have gaps",
        rows::gap_in_events,
    ),
    (
        "I7",
        "the certificate was recorded under a claim that was lost",
        rows::certificate_under_old_fence,
    ),
    (
        "I7",
        "the request's state and its lease do not fit",
        rows::lease_and_state_differ,
    ),
    (
        "crl",
        "the list has a number that was never drawn, or knows events that never were",
        rows::list_of_the_future,
    ),
    ("crl", "no audit entry tells of the list", told::list_untold),
    ("audit", "its detail cannot be read", told::unreadable),
    (
        "audit",
        "it tells of a certificate that is not in the database",
        told::certificate_gone,
    ),
    (
        "audit",
        "it names another subject or thumbprint than the certificate's row",
        told::certificate_differs,
    ),
    (
        "audit",
        "it tells of a revocation, suspension or release that no list learns of",
        told::revocation_gone,
    ),
    (
        "audit",
        "no entry tells of the revocation, suspension or release",
        told::revocation_untold,
    ),
    (
        "audit",
        "it tells of a revocation list that is not in the database",
        told::list_gone,
    ),
    (
        "audit",
        "it names another hash of the revocation list than its row",
        told::list_differs,
    ),
];

/// Everything that breaks an invariant; empty when all is well. A rule that is broken often is told a hundred times.
pub fn check_invariants(store: &Store) -> StoreResult<Vec<Breach>> {
    let mut breaches = Vec::new();
    for (invariant, finding, query) in RULES {
        let found = store.read(query)?;
        breaches.extend(found.into_iter().map(|object| Breach {
            invariant,
            finding,
            object,
        }));
    }
    if let AuditVerdict::Broken { sequence, finding } = verify_audit(store)? {
        breaches.push(Breach {
            invariant: "audit",
            finding,
            object: format!("entry {sequence}"),
        });
    }
    Ok(breaches)
}
