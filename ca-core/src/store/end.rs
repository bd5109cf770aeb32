//! The ends of certificates that people renew.
use chrono::{DateTime, Utc};
use diesel::dsl::max;
use diesel::prelude::*;

use super::schema::{certificate, operator};
use super::{Db, StoreResult};
use crate::domain::certificate::{CertificateStatus, OperatorStatus, Purpose};

/// The last second of the site's newest certificate that our CA issued; none where another CA's is used.
pub fn of_server(db: &mut Db) -> StoreResult<Option<DateTime<Utc>>> {
    let end: Option<i64> = certificate::table
        .filter(certificate::purpose.eq(Purpose::Server.as_str()))
        .filter(certificate::status.eq(CertificateStatus::Valid.as_str()))
        .select(max(certificate::not_after))
        .first(db)?;
    Ok(end.and_then(DateTime::from_timestamp_millis))
}

/// Active operators by name, with the last second of the valid certificate that each logs in with.
pub fn of_operators(db: &mut Db) -> StoreResult<Vec<(String, DateTime<Utc>)>> {
    let held = certificate::table
        .inner_join(
            operator::table.on(operator::certificate_serial.eq(certificate::serial.nullable())),
        )
        .filter(operator::status.eq(OperatorStatus::Active.as_str()))
        .filter(certificate::status.eq(CertificateStatus::Valid.as_str()))
        .order(operator::name);
    let rows: Vec<(String, i64)> = held
        .select((operator::name, certificate::not_after))
        .load(db)?;
    let read = |(name, end): (String, i64)| match DateTime::from_timestamp_millis(end) {
        Some(end) => Some((name, end)),
        None => {
            tracing::error!(
                operator = name,
                end,
                "alarm: the end of an operator's certificate cannot be read"
            );
            None
        }
    };
    Ok(rows.into_iter().filter_map(read).collect())
}
