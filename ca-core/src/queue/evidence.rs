//! What there is to judge approvals by: read for a whole batch before anything is done with it.
use std::collections::HashSet;

use crate::domain::request::RequestId;
use crate::store::approval::Approval;
use crate::store::certificate::Certificate;
use crate::store::operator::Operator;
use crate::store::{Db, StoreResult, approval, certificate, ended, operator};

/// The records that an approval stands or falls with. What cannot be read is not there.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The approval.
    pub approval: Option<Approval>,
    /// The operator that it names.
    pub operator: Option<Operator>,
    /// That operator's certificate, as recorded.
    pub certificate: Option<Certificate>,
    /// The request was issued, rejected or withdrawn at some time.
    pub ended: bool,
}

/// The evidence of many requests.
#[derive(Debug)]
pub struct Gathered {
    approvals: Vec<Approval>,
    operators: Vec<Operator>,
    certificates: Vec<Certificate>,
    ended: HashSet<String>,
}

/// Reads the evidence of these requests.
pub fn gather(db: &mut Db, ids: &[&RequestId]) -> StoreResult<Gathered> {
    let approvals = approval::of_requests(db, ids)?;
    let operators: HashSet<i64> = approvals.iter().map(|one| one.operator_id).collect();
    let operators = operator::load_many(db, &operators.into_iter().collect::<Vec<_>>())?;
    let serials: Vec<_> = operators
        .iter()
        .filter_map(|one| one.certificate_serial)
        .collect();
    Ok(Gathered {
        certificates: certificate::find_many(db, &serials)?,
        ended: ended::among(db, ids)?,
        approvals,
        operators,
    })
}

impl Gathered {
    /// What concerns this request.
    pub fn of(&self, id: &RequestId) -> Evidence {
        let approval = self.approvals.iter().find(|one| one.request_id == *id);
        let operator = approval.and_then(|approval| {
            self.operators
                .iter()
                .find(|one| one.id == approval.operator_id)
        });
        let serial = operator.and_then(|operator| operator.certificate_serial);
        let certificate = self
            .certificates
            .iter()
            .find(|one| Some(one.serial) == serial);
        Evidence {
            approval: approval.cloned(),
            operator: operator.cloned(),
            certificate: certificate.cloned(),
            ended: self.ended.contains(id.as_str()),
        }
    }
}
