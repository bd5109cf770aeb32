//! Approvals: an operator's yes to exactly one request, with the digest of what was seen.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, millis};
use super::listed::readable;
use super::schema::approval;
use super::{Db, StoreResult};
use crate::domain::request::RequestId;

/// One approval.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = approval)]
pub struct Approval {
    /// The request it speaks for.
    #[diesel(deserialize_as = String)]
    pub request_id: RequestId,
    /// Who said yes.
    pub operator_id: i64,
    /// When.
    #[diesel(deserialize_as = At)]
    pub approved_at: DateTime<Utc>,
    /// Digest over what was seen ([`crate::domain::approval::digest`]).
    pub digest: String,
    /// Code over the digest, the operator and the time ([`crate::domain::approval::ApprovalKey`]); empty in approvals
    /// from before there was one.
    pub mac: String,
}

/// Records an approval, in the place of any that lay there.
pub fn replace(db: &mut Db, approval: &Approval) -> StoreResult<()> {
    delete(db, &approval.request_id)?;
    insert(db, approval)
}

/// Takes the approval of one request away: the request has ended, or is to be approved again.
pub fn delete(db: &mut Db, id: &RequestId) -> StoreResult<()> {
    diesel::delete(approval::table.find(id.as_str())).execute(db)?;
    Ok(())
}

/// Records an approval.
pub fn insert(db: &mut Db, approval: &Approval) -> StoreResult<()> {
    diesel::insert_into(approval::table)
        .values((
            approval::request_id.eq(approval.request_id.as_str()),
            approval::operator_id.eq(approval.operator_id),
            approval::approved_at.eq(millis(approval.approved_at)),
            approval::digest.eq(&approval.digest),
            approval::mac.eq(&approval.mac),
        ))
        .execute(db)?;
    Ok(())
}

/// The approval of one request.
pub fn find(db: &mut Db, id: &RequestId) -> StoreResult<Option<Approval>> {
    Ok(approval::table
        .find(id.as_str())
        .select(Approval::as_select())
        .first(db)
        .optional()?)
}

/// Those of the approvals of many requests whose rows can be read.
pub fn of_requests(db: &mut Db, ids: &[&RequestId]) -> StoreResult<Vec<Approval>> {
    let (approvals, damaged) = readable(db, ids, |db, ids| {
        let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        let query = approval::table.filter(approval::request_id.eq_any(ids));
        Ok(query.select(Approval::as_select()).load(db)?)
    })?;
    for (id, reason) in damaged {
        tracing::error!(request = %id, reason, "alarm: the row of an approval cannot be read");
    }
    Ok(approvals)
}
