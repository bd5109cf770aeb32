//! A certificate that no applicant asked for (the site's, an operator's) is recorded: intent first
//! ([`super::record_intents`]), then this.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::certificate::Certificate;
use crate::store::{Store, StoreResult, audit, certificate, intent};

/// Records one certificate and settles its intent.
pub fn record_certificate(store: &Store, act: &Act, issued: &Certificate) -> StoreResult<()> {
    store.transaction(|db| {
        intent::settle(db, &[issued.serial], act.at)?;
        certificate::insert(db, std::slice::from_ref(issued))?;
        let record = Record::new(AuditAct::CertificateIssue, format!("certificate:{}", issued.serial));
        let facts = serde_json::json!({
            "purpose": issued.purpose.as_str(), "subject": issued.subject, "sha1": issued.sha1_thumbprint,
        });
        audit::append(db, act, &[record.with(facts)])
    })
}
