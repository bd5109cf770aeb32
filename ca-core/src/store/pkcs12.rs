//! PKCS#12 files that were kept long enough.
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::column::millis;
use super::connection::on_either;
use super::schema::certificate;
use super::{Db, StoreError, StoreResult};
use crate::domain::serial::SerialNumber;

/// Files of certificates whose last second is before the instant.
#[diesel::dsl::auto_type(no_type_alias)]
fn of_ended(now: i64, limit: i64) -> _ {
    let there = certificate::pkcs12.is_not_null();
    certificate::table
        .filter(there)
        .filter(certificate::not_after.lt(now))
        .order(certificate::not_after)
        .limit(limit)
        .select(certificate::serial)
}

/// Files of certificates that were first used at the portal at the instant or before.
#[diesel::dsl::auto_type(no_type_alias)]
fn of_used(since: i64, limit: i64) -> _ {
    let there = certificate::pkcs12.is_not_null();
    let used = certificate::first_portal_login_at.is_not_null();
    certificate::table
        .filter(there)
        .filter(used)
        .filter(certificate::first_portal_login_at.le(since))
        .order(certificate::first_portal_login_at)
        .limit(limit)
        .select(certificate::serial)
}

/// The certificates whose file is not kept any longer at `now`, `limit` at most: those that ended, and those whose
/// first login at the portal is `kept` ago.
///
/// # Errors
/// [`StoreError::Missing`] where a serial cannot be read.
pub fn due(
    db: &mut Db,
    now: DateTime<Utc>,
    kept: Option<TimeDelta>,
    limit: i64,
) -> StoreResult<Vec<SerialNumber>> {
    let mut found: Vec<String> = of_ended(millis(now), limit).load(db)?;
    if let Some(kept) = kept {
        let used: Vec<String> = of_used(millis(now - kept), limit).load(db)?;
        found.extend(used);
    }
    found.sort();
    found.dedup();
    read(found)
}

/// Deletes the files of these certificates; returns those that had one.
///
/// # Errors
/// [`StoreError::Missing`] where a serial cannot be read.
pub fn delete(db: &mut Db, serials: &[SerialNumber]) -> StoreResult<Vec<SerialNumber>> {
    let serials: Vec<String> = serials.iter().map(|serial| serial.to_hex()).collect();
    let there = certificate::table
        .filter(certificate::serial.eq_any(serials))
        .filter(certificate::pkcs12.is_not_null());
    let deleted: Vec<String> = on_either!(db, db => diesel::update(there)
        .set(certificate::pkcs12.eq(None::<Vec<u8>>))
        .returning(certificate::serial)
        .get_results(db))?;
    read(deleted)
}

fn read(serials: Vec<String>) -> StoreResult<Vec<SerialNumber>> {
    let read = |text: String| {
        SerialNumber::from_hex(&text).map_err(|error| StoreError::Missing(error.to_string()))
    };
    serials.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::plan::plan_of;

    #[test]
    fn what_is_due_is_found_by_an_index_among_all_certificates() {
        for (plan, index) in [
            (plan_of(&of_ended(0, 10)), "pkcs12_by_end"),
            (plan_of(&of_used(0, 10)), "pkcs12_by_first_login"),
        ] {
            assert_eq!(plan.len(), 1, "{plan:?}");
            assert!(plan[0].contains(index), "{plan:?}");
        }
    }
}
