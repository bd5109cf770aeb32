//! Delegations: which agent acts for which office, from when to when.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::account_search::one_of;
use super::column::{At, MaybeAt, maybe_millis, millis};
use super::listed::{Listed, listed};
use super::schema::delegation;
use super::{Db, StoreError, StoreResult};
use crate::domain::delegation::Period;

/// One delegation.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = delegation)]
pub struct Delegation {
    /// Row number, by which people name it.
    pub id: i64,
    /// Account of the office.
    pub office_id: i64,
    /// Account of the agent.
    pub agent_id: i64,
    /// The first instant at which it holds.
    #[diesel(deserialize_as = At)]
    pub starts_at: DateTime<Utc>,
    /// The first instant at which it does not hold any more; none is without end.
    #[diesel(deserialize_as = MaybeAt)]
    pub ends_at: Option<DateTime<Utc>>,
    /// Who entered it, as the audit names actors.
    pub created_by: String,
    /// When it was entered.
    #[diesel(deserialize_as = At)]
    pub created_at: DateTime<Utc>,
    /// Who ended it by hand.
    pub ended_by: Option<String>,
    /// When it was ended by hand.
    #[diesel(deserialize_as = MaybeAt)]
    pub ended_at: Option<DateTime<Utc>>,
}

impl Delegation {
    /// From when to when it holds.
    pub fn period(&self) -> Period {
        Period {
            starts_at: self.starts_at,
            ends_at: self.ends_at,
        }
    }
}

/// Enters a delegation; returns its number.
pub fn insert(
    db: &mut Db,
    (office_id, agent_id): (i64, i64),
    period: &Period,
    by: &str,
    at: DateTime<Utc>,
) -> StoreResult<i64> {
    Ok(diesel::insert_into(delegation::table)
        .values((
            delegation::office_id.eq(office_id),
            delegation::agent_id.eq(agent_id),
            delegation::starts_at.eq(millis(period.starts_at)),
            delegation::ends_at.eq(maybe_millis(period.ends_at)),
            delegation::created_by.eq(by),
            delegation::created_at.eq(millis(at)),
        ))
        .returning(delegation::id)
        .get_result(db)?)
}

/// Writes the end of a delegation anew.
pub fn set_end(db: &mut Db, id: i64, ends_at: Option<DateTime<Utc>>) -> StoreResult<()> {
    diesel::update(delegation::table.find(id))
        .set(delegation::ends_at.eq(maybe_millis(ends_at)))
        .execute(db)?;
    Ok(())
}

/// Ends a delegation by hand.
pub fn end(
    db: &mut Db,
    id: i64,
    ends_at: DateTime<Utc>,
    by: &str,
    at: DateTime<Utc>,
) -> StoreResult<()> {
    diesel::update(delegation::table.find(id))
        .set((
            delegation::ends_at.eq(millis(ends_at)),
            delegation::ended_by.eq(by),
            delegation::ended_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(())
}

/// The delegation numbered `id`.
pub fn find(db: &mut Db, id: i64) -> StoreResult<Option<Delegation>> {
    Ok(delegation::table
        .find(id)
        .select(Delegation::as_select())
        .first(db)
        .optional()?)
}

/// The delegation numbered `id`, held until the transaction ends.
pub fn lock(db: &mut Db, id: i64) -> StoreResult<Delegation> {
    if let Db::Postgres(db) = db {
        delegation::table
            .find(id)
            .select(delegation::id)
            .for_update()
            .first::<i64>(db)
            .optional()?;
    }
    find(db, id)?.ok_or_else(|| StoreError::Missing(format!("delegation {id}")))
}

/// Every delegation, the latest to begin first.
pub fn list(db: &mut Db) -> StoreResult<Vec<Delegation>> {
    Ok(delegation::table
        .order((delegation::starts_at.desc(), delegation::id.desc()))
        .select(Delegation::as_select())
        .load(db)?)
}

/// One page of the delegations, of these accounts or of all, the latest to begin first.
pub fn page(
    db: &mut Db,
    accounts: Option<&[i64]>,
    offset: i64,
    limit: i64,
) -> StoreResult<Listed<Delegation>> {
    let wanted = || {
        let all = delegation::table.into_boxed();
        match accounts {
            Some(ids) => {
                let office = one_of("delegation.office_id", ids);
                all.filter(office.or(one_of("delegation.agent_id", ids)))
            }
            None => all,
        }
    };
    let total = wanted().count().get_result(db)?;
    let latest = (delegation::starts_at.desc(), delegation::id.desc());
    let ids = wanted().order(latest).offset(offset).limit(limit);
    let ids: Vec<i64> = ids.select(delegation::id).load(db)?;
    listed(db, "delegation", &ids, total, |db, ids| {
        let some = delegation::table.filter(delegation::id.eq_any(ids));
        let some = some.order(latest).select(Delegation::as_select());
        Ok(some.load(db)?)
    })
}

/// Every delegation of an office, past ones too, in the order of their beginning.
pub fn of_office(db: &mut Db, office_id: i64) -> StoreResult<Vec<Delegation>> {
    Ok(delegation::table
        .filter(delegation::office_id.eq(office_id))
        .order((delegation::starts_at, delegation::id))
        .select(Delegation::as_select())
        .load(db)?)
}

/// The delegation of an office that holds at `now`.
pub fn of_office_at(
    db: &mut Db,
    office_id: i64,
    now: DateTime<Utc>,
) -> StoreResult<Option<Delegation>> {
    let own = of_office(db, office_id)?;
    Ok(own.into_iter().find(|held| held.period().holds_at(now)))
}

/// The delegations to an agent that hold at `now`.
pub fn to_agent_at(db: &mut Db, agent_id: i64, now: DateTime<Utc>) -> StoreResult<Vec<Delegation>> {
    let now = millis(now);
    Ok(delegation::table
        .filter(delegation::agent_id.eq(agent_id))
        .filter(delegation::starts_at.le(now))
        .filter(
            delegation::ends_at
                .is_null()
                .or(delegation::ends_at.gt(now)),
        )
        .order(delegation::id)
        .select(Delegation::as_select())
        .load(db)?)
}
