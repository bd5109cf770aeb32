//! Who has a certificate and does not use it: fetched, but never seen in a browser or at the portal.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::account::Account;
use super::certificate::Certificate;
use super::column::millis;
use super::schema::{account, certificate};
use super::{Db, StoreResult};
use crate::domain::account::AccountStatus;
use crate::domain::certificate::{CertificateStatus, Purpose};

/// One page of the valid certificates that were fetched before `before` and have opened the portal never, the
/// longest first, with their accounts, and how many there are.
pub fn list_unused(
    db: &mut Db,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
    offset: i64,
    limit: i64,
) -> StoreResult<(Vec<(Certificate, Account)>, i64)> {
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
    let rows = unused()
        .order((certificate::first_downloaded_at, certificate::serial))
        .offset(offset)
        .limit(limit)
        .select((Certificate::as_select(), Account::as_select()))
        .load(db)?;
    Ok((rows, total))
}
