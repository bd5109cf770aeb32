//! Steps 3 and 10 of the issuance cycle: a worker takes a batch, gives it back, or lets it lapse.
//!
//! A claim is committed before anything is done with it, and counts as an attempt: a request that
//! kills its worker is stopped after a few of them. The fence number rises with every claim, so
//! that a worker which slept beyond its lease changes nothing afterwards.
use chrono::{DateTime, Utc};

use super::evidence::{Evidence, gather};
use super::quarantine::quarantine;
use crate::domain::actor::{Act, Actor};
use crate::domain::request::RequestId;
use crate::domain::serial::SerialNumber;
use crate::store::account::Account;
use crate::store::request::Request;
use crate::store::request_lease::{Taken, Unreadable};
use crate::store::{Db, Store, StoreResult, account, request_lease};

/// A request that this worker holds, with everything that it needs to know about it.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The request, its fence risen by this claim.
    pub request: Request,
    /// The account that asked.
    pub account: Account,
    /// The operator's approval, and what it stands or falls with; without one nothing is signed.
    pub evidence: Evidence,
}

/// A request that is held under a fence, and the serial that may have been signed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The request.
    pub request_id: RequestId,
    /// The fence of the claim.
    pub fence: i64,
    /// The serial of its intent, once recorded.
    pub serial: Option<SerialNumber>,
}

/// Step 3: takes up to `limit` approved requests for `owner` until `until`.
///
/// A request whose row, or whose account's row, cannot be understood is parked on the way; others are taken instead.
pub fn claim(
    store: &Store,
    owner: &str,
    until: DateTime<Utc>,
    limit: u32,
    at: DateTime<Utc>,
) -> StoreResult<Vec<Claimed>> {
    loop {
        let (claimed, set_aside) = store.step("claim", |db| {
            claim_readable(db, owner, until, i64::from(limit), at)
        })?;
        if !claimed.is_empty() || set_aside == 0 {
            return Ok(claimed);
        }
    }
}

/// One round: what could be taken, and how many were set aside.
fn claim_readable(
    db: &mut Db,
    owner: &str,
    until: DateTime<Utc>,
    limit: i64,
    at: DateTime<Utc>,
) -> StoreResult<(Vec<Claimed>, usize)> {
    let Taken {
        requests,
        mut unreadable,
    } = request_lease::claim(db, owner, until, limit, at)?;
    let names: Vec<&RequestId> = requests.iter().map(|request| &request.id).collect();
    let gathered = gather(db, &names)?;
    let ids: Vec<i64> = requests.iter().map(|request| request.account_id).collect();
    let accounts = account::load_many(db, &ids)?;
    let mut claimed = Vec::with_capacity(requests.len());
    for request in requests {
        match accounts.get(&request.account_id).cloned() {
            Some(account) => claimed.push(Claimed {
                evidence: gathered.of(&request.id),
                request,
                account,
            }),
            None => unreadable.push(Unreadable {
                id: request.id.to_string(),
                why: "the record of its account cannot be read".to_owned(),
            }),
        }
    }
    let act = Act::new(Actor::Worker(owner.to_owned()), at);
    quarantine(db, &act, &unreadable)?;
    Ok((claimed, unreadable.len()))
}
