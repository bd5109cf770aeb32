//! Who has a certificate and does not use it: fetched, but never seen in a browser or at the portal.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::account::Account;
use super::certificate::Certificate;
use super::column::millis;
use super::listed::{Listed, listed};
use super::schema::{account, certificate};
use super::{Db, StoreResult};
use crate::domain::account::AccountStatus;
use crate::domain::certificate::{CertificateStatus, Purpose};

/// One page of the valid certificates that were fetched before `before` and have opened the portal never, the
/// longest first, with their accounts.
pub fn list_unused(
    db: &mut Db,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
    offset: i64,
    limit: i64,
) -> StoreResult<Listed<(Certificate, Account)>> {
    let unused = || {
        certificate::table
            .inner_join(account::table)
            .filter(certificate::purpose.eq(Purpose::Client.as_str()))
            .filter(certificate::status.eq(CertificateStatus::Valid.as_str()))
            .filter(certificate::not_after.ge(millis(now)))
            .filter(certificate::first_downloaded_at.le(millis(before)))
            .filter(certificate::first_portal_login_at.is_null())
            .filter(account::status.eq(AccountStatus::Active.as_str()))
    };
    let total = unused().count().get_result(db)?;
    let longest = (certificate::first_downloaded_at, certificate::serial);
    let serials = unused().order(longest).offset(offset).limit(limit);
    let serials: Vec<String> = serials.select(certificate::serial).load(db)?;
    listed(db, "certificate", &serials, total, |db, serials| {
        let some = unused().filter(certificate::serial.eq_any(serials));
        let some = some.order(longest);
        let both = (Certificate::as_select(), Account::as_select());
        Ok(some.select(both).load(db)?)
    })
}
