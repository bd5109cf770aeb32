//! An applicant fetches the PKCS#12 (J4), as often as needed while the certificate is valid.
use chrono::{DateTime, Utc};

use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::renewal::file_name;
use crate::domain::serial::SerialNumber;
use crate::domain::session::Stage;
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::session::Session;
use crate::store::{Store, StoreError, audit, certificate};

/// A file for the browser to save.
#[derive(Debug)]
pub struct Download {
    /// `Cert<UserID>.p12`; see [`file_name`].
    pub file_name: String,
    /// The PKCS#12, DER.
    pub bytes: Vec<u8>,
}

/// Why there is nothing to fetch.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The gate was not passed.
    #[error("the issuance password has to be entered first")]
    GateNotPassed,
    /// Not this account's, expired, revoked, or not there.
    #[error("this certificate cannot be downloaded: it is not valid any more, or is not yours")]
    NotAvailable,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Hands out the PKCS#12 of a certificate that holds, or is going to, and belongs to the session's account.
pub fn download_certificate(
    store: &Store,
    at: DateTime<Utc>,
    session: &Session,
    account: &Account,
    serial: SerialNumber,
) -> Result<Download, DownloadError> {
    if session.stage < Stage::GatePassed || session.account_id != Some(account.id) {
        return Err(DownloadError::GateNotPassed);
    }
    store.transaction(|db| {
        let found = certificate::find(db, serial)?
            .filter(|held| held.account_id == Some(account.id) && held.will_hold(at))
            .ok_or(DownloadError::NotAvailable)?;
        let bytes = found.pkcs12.clone().ok_or(DownloadError::NotAvailable)?;
        certificate::note_download(db, &found, at)?;
        let act = Act::new(Actor::Applicant(account.user_id.clone()), at);
        let record = Record::new(AuditAct::CertificateDownload, format!("certificate:{serial}"));
        let facts = serde_json::json!({ "user_id": account.user_id.as_str(), "time": found.download_count + 1 });
        audit::append(db, &act, &[record.with(facts)])?;
        let newest = certificate::last_end(db, account.id, at)?;
        let older = newest.is_some_and(|end| end > found.not_after).then_some(found.not_after);
        let file_name = file_name(&account.user_id, older);
        Ok(Download { file_name, bytes })
    })
}
