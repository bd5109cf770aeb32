//! Steps 3 and 10 of the issuance cycle: a worker takes a batch, gives it back, or lets it lapse.
//!
//! A claim is committed before anything is done with it, and counts as an attempt: a request that
//! kills its worker is stopped after a few of them. The fence number rises with every claim, so
//! that a worker which slept beyond its lease changes nothing afterwards.
use chrono::{DateTime, Utc};

use crate::domain::request::RequestId;
use crate::domain::serial::SerialNumber;
use crate::store::account::Account;
use crate::store::approval::Approval;
use crate::store::request::Request;
use crate::store::{Store, StoreResult, account, approval, request_lease};

/// A request that this worker holds, with everything that it needs to know about it.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The request, its fence risen by this claim.
    pub request: Request,
    /// The account that asked.
    pub account: Account,
    /// The operator's approval, if there is one; without one nothing is signed.
    pub approval: Option<Approval>,
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
pub fn claim(
    store: &Store,
    owner: &str,
    until: DateTime<Utc>,
    limit: u32,
    at: DateTime<Utc>,
) -> StoreResult<Vec<Claimed>> {
    store.step("claim", |db| {
        let requests = request_lease::claim(db, owner, until, i64::from(limit), at)?;
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<&RequestId> = requests.iter().map(|request| &request.id).collect();
        let mut approvals = approval::of_requests(db, &names)?;
        let ids: Vec<i64> = requests.iter().map(|request| request.account_id).collect();
        let accounts = account::load_many(db, &ids)?;
        let mut claimed = Vec::with_capacity(requests.len());
        for request in requests {
            let found = approvals
                .iter()
                .position(|approval| approval.request_id == request.id);
            let approval = found.map(|place| approvals.swap_remove(place));
            // The foreign key promises the account.
            if let Some(account) = accounts.get(&request.account_id).cloned() {
                claimed.push(Claimed {
                    request,
                    account,
                    approval,
                });
            }
        }
        Ok(claimed)
    })
}
