//! What must never be found: rows that break an invariant of the issuance cycle. Each rule is one query, so that a
//! busy system can be looked at: no commit falls between its two halves.
use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;

use super::schema::{
    approval, audit, authority, certificate, crl, intent, outbox, request, revocation,
};
use super::{Db, StoreResult};
use crate::domain::audit_act::AuditAct;
use crate::domain::certificate::{CertificateStatus, IntentState, Purpose};
use crate::domain::request::RequestState;
use crate::domain::revocation::RevocationEvent;

/// A rule that is broken ten thousand times is told a hundred times.
const MOST: i64 = 100;
/// Audit entries looked at in one go.
const PAGE: i64 = 1_000;

/// The entry about a certificate that came back from a journal, after its database was lost.
const RESTORE: AuditAct = AuditAct::CertificateRestore;

/// The names of the rows that break a rule, at most a hundred.
pub type Objects = StoreResult<Vec<String>>;

/// Whether an entry says that this was done to the certificate at hand.
macro_rules! told_of {
    ($act:expr) => {{
        let object = "certificate:".into_sql::<diesel::sql_types::Text>();
        exists(
            audit::table
                .filter(audit::object.eq(object.concat(certificate::serial)))
                .filter(audit::act.eq($act.as_str())),
        )
    }};
}

/// Whether an entry says that the certificate at hand was brought forward from a journal. Its request, its approval
/// and its PKCS#12 were lost with the database, and the claim it was signed under with them.
macro_rules! brought_forward {
    () => {
        told_of!(RESTORE)
    };
}

/// Requests that are issued and have no certificate.
pub fn issued_without_certificate(db: &mut Db) -> Objects {
    let own = certificate::table.filter(certificate::request_id.eq(request::id.nullable()));
    let bad = request::table
        .filter(request::state.eq(RequestState::Issued.as_str()))
        .filter(not(exists(own)));
    Ok(bad.select(request::id).limit(MOST).load(db)?)
}

/// Certificates whose request is not issued.
pub fn certificate_of_open_request(db: &mut Db) -> Objects {
    let bad = certificate::table
        .inner_join(request::table)
        .filter(request::state.ne(RequestState::Issued.as_str()));
    Ok(bad.select(certificate::serial).limit(MOST).load(db)?)
}

/// Certificates without an intent of the same generation that says issued. One that was brought forward may have
/// been given up before it was known that it exists.
pub fn certificate_without_intent(db: &mut Db) -> Objects {
    let abandoned = intent::state.eq(IntentState::Abandoned.as_str());
    let own = intent::table
        .filter(intent::serial.eq(certificate::serial))
        .filter(intent::generation.eq(certificate::generation))
        .filter(
            intent::state
                .eq(IntentState::Issued.as_str())
                .or(abandoned.and(brought_forward!())),
        );
    let bad = certificate::table.filter(not(exists(own)));
    Ok(bad.select(certificate::serial).limit(MOST).load(db)?)
}

/// Intents that say issued and have no certificate.
pub fn intent_without_certificate(db: &mut Db) -> Objects {
    let own = certificate::table.filter(certificate::serial.eq(intent::serial));
    let bad = intent::table
        .filter(intent::state.eq(IntentState::Issued.as_str()))
        .filter(not(exists(own)));
    Ok(bad.select(intent::serial).limit(MOST).load(db)?)
}

/// Client certificates without an approved request that were not brought forward.
pub fn certificate_without_approval(db: &mut Db) -> Objects {
    let own = approval::table.filter(approval::request_id.nullable().eq(certificate::request_id));
    let bad = certificate::table
        .filter(certificate::purpose.eq(Purpose::Client.as_str()))
        .filter(not(exists(own)))
        .filter(not(brought_forward!()));
    Ok(bad.select(certificate::serial).limit(MOST).load(db)?)
}

/// Approvals that no audit entry tells of.
pub fn approval_without_entry(db: &mut Db) -> Objects {
    let object = "request:".into_sql::<diesel::sql_types::Text>();
    let own = audit::table
        .filter(audit::object.eq(object.concat(approval::request_id)))
        .filter(audit::act.eq(AuditAct::RequestApprove.as_str()));
    let bad = approval::table.filter(not(exists(own)));
    Ok(bad.select(approval::request_id).limit(MOST).load(db)?)
}

/// Client certificates that are not revoked, were not brought forward and have no PKCS#12, although no entry says that
/// it was deleted.
pub fn certificate_without_pkcs12(db: &mut Db) -> Objects {
    let bad = certificate::table
        .filter(certificate::purpose.eq(Purpose::Client.as_str()))
        .filter(certificate::status.ne(CertificateStatus::Revoked.as_str()))
        .filter(certificate::pkcs12.is_null())
        .filter(not(told_of!(AuditAct::CertificateDeletePkcs12)))
        .filter(not(brought_forward!()));
    Ok(bad.select(certificate::serial).limit(MOST).load(db)?)
}

/// Certificates that were revoked, or whose PKCS#12 an entry says was deleted, and that have one.
pub fn pkcs12_of_the_past(db: &mut Db) -> Objects {
    let revoked = certificate::status.eq(CertificateStatus::Revoked.as_str());
    let bad = certificate::table
        .filter(certificate::pkcs12.is_not_null())
        .filter(revoked.or(told_of!(AuditAct::CertificateDeletePkcs12)));
    Ok(bad.select(certificate::serial).limit(MOST).load(db)?)
}

/// Certificates that no audit entry tells of.
pub fn certificate_without_entry(db: &mut Db) -> Objects {
    let request = "request:".into_sql::<diesel::sql_types::Text>();
    let own = audit::table
        .filter(
            audit::object
                .nullable()
                .eq(request.nullable().concat(certificate::request_id)),
        )
        .filter(audit::act.eq(AuditAct::CertificateIssue.as_str()));
    let answer = certificate::table
        .filter(certificate::request_id.is_not_null())
        .filter(not(exists(own)));
    let mut bad: Vec<String> = answer.select(certificate::serial).limit(MOST).load(db)?;
    let serial = "certificate:".into_sql::<diesel::sql_types::Text>();
    let own = audit::table
        .filter(audit::object.eq(serial.concat(certificate::serial)))
        .filter(audit::act.eq(AuditAct::CertificateIssue.as_str()));
    // An operator's comes with the entry about the operator.
    let other = certificate::table
        .filter(certificate::request_id.is_null())
        .filter(certificate::purpose.ne(Purpose::Operator.as_str()))
        .filter(not(exists(own)));
    let other: Vec<String> = other.select(certificate::serial).limit(MOST).load(db)?;
    bad.extend(other);
    Ok(bad)
}

/// Message-IDs that an audit entry of an issued certificate names and the outbox does not have.
pub fn notice_not_owed(db: &mut Db) -> Objects {
    let (mut lost, mut last) = (Vec::new(), 0);
    loop {
        let entries = audit::table
            .filter(audit::act.eq(AuditAct::CertificateIssue.as_str()))
            .filter(audit::sequence.gt(last))
            .order(audit::sequence)
            .limit(PAGE);
        let entries: Vec<(i64, String)> =
            entries.select((audit::sequence, audit::detail)).load(db)?;
        let Some((sequence, _)) = entries.last() else {
            return Ok(lost);
        };
        last = *sequence;
        let owed: Vec<String> = entries
            .iter()
            .filter_map(|(_, detail)| message_id(detail))
            .collect();
        let there = outbox::table.filter(outbox::message_id.eq_any(&owed));
        let there: Vec<String> = there.select(outbox::message_id).load(db)?;
        let there: std::collections::HashSet<String> = there.into_iter().collect();
        lost.extend(owed.into_iter().filter(|owed| !there.contains(owed)));
    }
}

fn message_id(detail: &str) -> Option<String> {
    let detail: serde_json::Value = serde_json::from_str(detail).ok()?;
    Some(detail.get("mail")?.as_str()?.to_owned())
}

/// Requests that are over and still have a sealed password.
pub fn password_of_closed_request(db: &mut Db) -> Objects {
    let closed = RequestState::ALL.iter().filter(|state| !state.is_open());
    let closed: Vec<&str> = closed.map(|state| state.as_str()).collect();
    let bad = request::table
        .filter(request::state.eq_any(closed))
        .filter(request::sealed_password.is_not_null());
    Ok(bad.select(request::id).limit(MOST).load(db)?)
}

/// Certificates that were revoked once and do not say so.
pub fn revoked_is_valid(db: &mut Db) -> Objects {
    let own = revocation::table
        .filter(revocation::serial.eq(certificate::serial))
        .filter(revocation::event.eq(RevocationEvent::Revoked.as_str()));
    let bad = certificate::table
        .filter(certificate::status.ne(CertificateStatus::Revoked.as_str()))
        .filter(exists(own));
    Ok(bad.select(certificate::serial).limit(MOST).load(db)?)
}

/// Certificates that are revoked or suspended and that the revocation list does not learn of. A serial that was
/// given up stays on the list for good, too.
pub fn revoked_without_event(db: &mut Db) -> Objects {
    let mut bad = Vec::new();
    let (revoked, abandoned) = (RevocationEvent::Revoked, RevocationEvent::Abandoned);
    for (status, events) in [
        (CertificateStatus::Revoked, vec![revoked, abandoned]),
        (CertificateStatus::Held, vec![RevocationEvent::Held]),
    ] {
        let events: Vec<&str> = events.iter().map(|event| event.as_str()).collect();
        let own = revocation::table
            .filter(revocation::serial.eq(certificate::serial))
            .filter(revocation::event.eq_any(events));
        let silent = certificate::table
            .filter(certificate::status.eq(status.as_str()))
            .filter(not(exists(own)));
        let silent: Vec<String> = silent.select(certificate::serial).limit(MOST).load(db)?;
        bad.extend(silent);
    }
    Ok(bad)
}

/// Abandoned serials that the revocation list does not learn of.
pub fn abandoned_without_event(db: &mut Db) -> Objects {
    let own = revocation::table
        .filter(revocation::serial.eq(intent::serial))
        .filter(revocation::event.eq(RevocationEvent::Abandoned.as_str()));
    let bad = intent::table
        .filter(intent::state.eq(IntentState::Abandoned.as_str()))
        .filter(not(exists(own)));
    Ok(bad.select(intent::serial).limit(MOST).load(db)?)
}

/// Serials that were given up and have a certificate. One that was brought forward is revoked.
pub fn abandoned_with_certificate(db: &mut Db) -> Objects {
    let own = revocation::table
        .filter(revocation::serial.eq(certificate::serial))
        .filter(revocation::event.eq(RevocationEvent::Abandoned.as_str()));
    let revoked = certificate::status.eq(CertificateStatus::Revoked.as_str());
    let bad = certificate::table
        .filter(exists(own))
        .filter(not(revoked.and(brought_forward!())));
    Ok(bad.select(certificate::serial).limit(MOST).load(db)?)
}

/// Generations whose events have gaps.
pub fn gap_in_events(db: &mut Db) -> Objects {
    let counted = revocation::table
        .filter(revocation::generation.eq(authority::generation))
        .select(count_star())
        .single_value();
    let bad = authority::table.filter(authority::revocation_sequence.nullable().ne(counted));
    let bad: Vec<i64> = bad.select(authority::generation).limit(MOST).load(db)?;
    Ok(bad.iter().map(ToString::to_string).collect())
}

/// Certificates that were recorded by a worker that no longer held the request. The claims after an archive are lost
/// with the database, so a certificate that was brought forward is under a claim that nobody knows.
pub fn certificate_under_old_fence(db: &mut Db) -> Objects {
    let claim = request::table
        .filter(request::id.nullable().eq(certificate::request_id))
        .filter(request::fence.eq(intent::fence));
    let bad = certificate::table
        .inner_join(intent::table)
        .filter(certificate::request_id.is_not_null())
        .filter(not(exists(claim)))
        .filter(not(brought_forward!()));
    Ok(bad.select(certificate::serial).limit(MOST).load(db)?)
}

/// Requests that are being signed by nobody, or not being signed and held by somebody.
pub fn lease_and_state_differ(db: &mut Db) -> Objects {
    let signing = RequestState::Signing.as_str();
    let free = request::lease_owner
        .is_null()
        .or(request::lease_until.is_null());
    let held = request::lease_owner
        .is_not_null()
        .or(request::lease_until.is_not_null());
    let bad = request::table
        .filter((request::state.eq(signing).and(free)).or(request::state.ne(signing).and(held)));
    Ok(bad.select(request::id).limit(MOST).load(db)?)
}

/// Revocation lists with a number that was never drawn, or that know events which never were.
pub fn list_of_the_future(db: &mut Db) -> Objects {
    let drawn = authority::table
        .filter(authority::generation.eq(crl::generation))
        .filter(authority::crl_number.ge(crl::number))
        .filter(authority::revocation_sequence.ge(crl::covered));
    let bad = crl::table.filter(not(exists(drawn)));
    let bad: Vec<(i64, i64)> = bad
        .select((crl::generation, crl::number))
        .limit(MOST)
        .load(db)?;
    let name = |(generation, number)| format!("{generation}/{number}");
    Ok(bad.into_iter().map(name).collect())
}
