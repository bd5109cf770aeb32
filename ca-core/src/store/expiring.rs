//! Client certificates that end soon and have no successor.
use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::account::Account;
use super::column::{At, millis};
use super::listed::{Listed, listed};
use super::schema::{account, certificate};
use super::{Db, StoreResult};
use crate::domain::account::AccountStatus;
use crate::domain::certificate::{CertificateStatus, Purpose};
use crate::domain::serial::SerialNumber;

/// A certificate that ends, without its bytes.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = certificate)]
pub struct Ending {
    /// Serial number.
    #[diesel(deserialize_as = String)]
    pub serial: SerialNumber,
    /// Last valid second.
    #[diesel(deserialize_as = At)]
    pub not_after: DateTime<Utc>,
}

/// From which to which last second; both inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub from: DateTime<Utc>,
    /// The last.
    pub until: DateTime<Utc>,
}

/// A second look at the same table.
mod successor {
    use super::certificate;
    diesel::alias!(certificate as newer: Newer);
}
use successor::newer;

/// The certificates of active accounts that end in the span and have no valid certificate that reaches further.
macro_rules! ending {
    ($span:expr) => {{
        let successor = newer
            .filter(
                newer
                    .field(certificate::account_id)
                    .eq(certificate::account_id),
            )
            .filter(
                newer
                    .field(certificate::purpose)
                    .eq(Purpose::Client.as_str()),
            )
            .filter(
                newer
                    .field(certificate::status)
                    .eq(CertificateStatus::Valid.as_str()),
            )
            .filter(
                newer
                    .field(certificate::not_after)
                    .gt(certificate::not_after),
            );
        certificate::table
            .inner_join(account::table)
            .filter(certificate::purpose.eq(Purpose::Client.as_str()))
            .filter(certificate::status.eq(CertificateStatus::Valid.as_str()))
            .filter(certificate::not_after.ge(millis($span.from)))
            .filter(certificate::not_after.le(millis($span.until)))
            .filter(account::status.eq(AccountStatus::Active.as_str()))
            .filter(not(exists(successor)))
    }};
}

/// One page, the nearest end first.
pub fn list(
    db: &mut Db,
    span: Span,
    offset: i64,
    limit: i64,
) -> StoreResult<Listed<(Ending, Account)>> {
    let total = count(db, span)?;
    let nearest = (certificate::not_after, certificate::serial);
    let serials = ending!(span).order(nearest).offset(offset).limit(limit);
    let serials: Vec<String> = serials.select(certificate::serial).load(db)?;
    listed(db, "certificate", &serials, total, |db, serials| {
        Ok(certificate::table
            .inner_join(account::table)
            .filter(certificate::serial.eq_any(serials))
            .order(nearest)
            .select((Ending::as_select(), Account::as_select()))
            .load(db)?)
    })
}

/// How many there are.
pub fn count(db: &mut Db, span: Span) -> StoreResult<i64> {
    Ok(ending!(span).count().get_result(db)?)
}

/// The ends alone, for a chart.
pub fn ends(db: &mut Db, span: Span) -> StoreResult<Vec<DateTime<Utc>>> {
    let ends: Vec<i64> = ending!(span).select(certificate::not_after).load(db)?;
    let read = ends.into_iter().filter_map(DateTime::from_timestamp_millis);
    Ok(read.collect())
}
