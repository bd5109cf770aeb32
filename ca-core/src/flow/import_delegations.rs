//! Delegations are entered, many from a file or one from the console (`add_delegation`): all of them, or none.
use std::fmt;

use chrono::NaiveDate;

use crate::domain::account::FieldChange;
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::delegation::{DelegationDetails, DelegationField, Period};
use crate::domain::delegation_csv::DelegationLine;
use crate::domain::user_id::UserId;
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::delegation::Delegation;
use crate::store::{Db, Store, StoreError, StoreResult, account, audit, delegation};

/// What was done, or would be done: `KJ… → HD…` of each.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct DelegationReport {
    /// Delegations that are new.
    pub added: Vec<String>,
    /// Delegations whose last day changed.
    pub changed: Vec<String>,
    /// Delegations that were there, just so.
    pub unchanged: Vec<String>,
    /// The last days that changed, in the order of `changed`.
    pub changes: Vec<DelegationChange>,
}

/// One delegation whose last day changes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DelegationChange {
    /// `KJ… → HD…`.
    pub delegation: String,
    /// From which last day to which; none is without end.
    #[serde(flatten)]
    pub change: FieldChange,
}

/// One line that the register does not bear out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationFault {
    /// The line's number.
    pub line: usize,
    /// The column.
    pub column: DelegationField,
    /// What is wrong.
    pub reason: Unfit,
}

/// Why a delegation cannot be entered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No account has this user ID.
    #[error("{0} is not registered; import the account first")]
    Unregistered(UserId),
    /// The office has an agent on some of these days.
    #[error("{office} has the agent {agent} from {first}{}; an office has one agent at a time", until(*last))]
    Overlaps {
        /// The office.
        office: UserId,
        /// The agent that it has.
        agent: UserId,
        /// From this day.
        first: NaiveDate,
        /// To this day.
        last: Option<NaiveDate>,
    },
}

impl Unfit {
    /// The reason in Japanese.
    pub fn japanese(&self) -> String {
        match self {
            Self::Unregistered(id) => {
                format!("{id}は登録されていません。先にアカウントを登録してください")
            }
            Self::Overlaps {
                office,
                agent,
                first,
                last,
            } => {
                let last = last.map(|last| last.to_string()).unwrap_or_default();
                format!(
                    "{office}には{first}から{last}まで代理人{agent}がいます。1つの事業所の代理人は同時に1者です"
                )
            }
        }
    }
}

fn until(last: Option<NaiveDate>) -> String {
    last.map_or_else(|| " on".to_owned(), |last| format!(" to {last}"))
}

impl DelegationFault {
    /// The fault in Japanese: `3行目「開始日」：…`.
    pub fn japanese(&self) -> String {
        let column = self.column.japanese();
        format!("{}行目「{column}」：{}", self.line, self.reason.japanese())
    }
}

impl fmt::Display for DelegationFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}: {}", self.line, self.column, self.reason)
    }
}

/// Why nothing was entered.
#[derive(Debug, thiserror::Error)]
pub enum ImportDelegationsError {
    /// Lines that the register does not bear out, in their order.
    #[error("{} lines cannot be entered", .0.len())]
    Faults(Vec<DelegationFault>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An import that is only rehearsed ends the transaction with this.
enum Outcome {
    Rehearsed(DelegationReport),
    Failed(ImportDelegationsError),
}

impl From<StoreError> for Outcome {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// What one line came to.
enum Entered {
    Added(i64),
    /// With its period from now on.
    Changed(i64, Period, FieldChange),
    Unchanged,
    Unfit(DelegationField, Unfit),
}

/// Enters delegations, one transaction. Safe to run again: the same office, agent and first day is the same
/// delegation, and another last day changes it, unless it was ended by hand; where no last day is given it stays. With `rehearse` everything is done
/// and taken back.
pub fn import_delegations(
    store: &Store,
    act: &Act,
    lines: &[DelegationLine],
    rehearse: bool,
) -> Result<DelegationReport, ImportDelegationsError> {
    let ended = store.transaction(|db| {
        let mut report = DelegationReport::default();
        let (mut records, mut faults) = (Vec::new(), Vec::new());
        for DelegationLine { line, details } in lines {
            let pair = format!("{} → {}", details.office, details.agent);
            match enter(db, act, details)? {
                Entered::Added(id) => {
                    records.push(record(AuditAct::DelegationAdd, id, details, details.period));
                    report.added.push(pair);
                }
                Entered::Changed(id, period, change) => {
                    records.push(record(AuditAct::DelegationChange, id, details, period));
                    let delegation = pair.clone();
                    report.changes.push(DelegationChange { delegation, change });
                    report.changed.push(pair);
                }
                Entered::Unchanged => report.unchanged.push(pair),
                Entered::Unfit(column, reason) => faults.push(DelegationFault {
                    line: *line,
                    column,
                    reason,
                }),
            }
        }
        if !faults.is_empty() {
            return Err(Outcome::Failed(ImportDelegationsError::Faults(faults)));
        }
        if rehearse {
            return Err(Outcome::Rehearsed(report));
        }
        audit::append(db, act, &records)?;
        Ok(report)
    });
    match ended {
        Ok(report) | Err(Outcome::Rehearsed(report)) => Ok(report),
        Err(Outcome::Failed(error)) => Err(error),
    }
}

fn enter(db: &mut Db, act: &Act, details: &DelegationDetails) -> StoreResult<Entered> {
    let unregistered =
        |column, id: &UserId| Ok(Entered::Unfit(column, Unfit::Unregistered(id.clone())));
    let Some(office) = account::find(db, &details.office)? else {
        return unregistered(DelegationField::Office, &details.office);
    };
    let Some(agent) = account::find(db, &details.agent)? else {
        return unregistered(DelegationField::Agent, &details.agent);
    };
    // Whoever enters a delegation of this office waits here for the one before.
    account::lock(db, office.id)?;
    let known = delegation::of_office(db, office.id)?;
    let same = known.iter().find(|own| {
        let begins = details.period.starts_at;
        own.agent_id == agent.id && own.starts_at == begins && own.ended_by.is_none()
    });
    let period = match same {
        Some(same) if !details.gives_last_day => same.period(),
        _ => details.period,
    };
    if same.is_some_and(|same| same.ends_at == period.ends_at) {
        return Ok(Entered::Unchanged);
    }
    let same_id = same.map(|same| same.id);
    let others = known.iter().filter(|own| Some(own.id) != same_id);
    if let Some(other) = { others }.find(|own| own.period().overlaps(&period)) {
        let reason = overlapping(db, &office, other)?;
        return Ok(Entered::Unfit(DelegationField::From, reason));
    }
    let Some(same) = same else {
        let by = act.actor.to_string();
        let id = delegation::insert(db, (office.id, agent.id), &period, &by, act.at)?;
        return Ok(Entered::Added(id));
    };
    delegation::set_end(db, same.id, period.ends_at)?;
    let change = last_day_change(&same.period(), &period);
    Ok(Entered::Changed(same.id, period, change))
}

fn last_day_change(old: &Period, new: &Period) -> FieldChange {
    let day = |period: &Period| period.last_day().map(|day| day.to_string());
    FieldChange {
        field: DelegationField::To.name(),
        old: day(old),
        new: day(new),
    }
}

fn overlapping(db: &mut Db, office: &Account, other: &Delegation) -> StoreResult<Unfit> {
    let agent = account::load(db, other.agent_id)?;
    Ok(Unfit::Overlaps {
        office: office.user_id.clone(),
        agent: agent.user_id,
        first: other.period().first_day(),
        last: other.period().last_day(),
    })
}

fn record(act: AuditAct, id: i64, details: &DelegationDetails, period: Period) -> Record {
    let Period { starts_at, ends_at } = period;
    Record::new(act, format!("delegation:{id}")).with(serde_json::json!({
        "office": details.office.as_str(),
        "agent": details.agent.as_str(),
        "starts_at": starts_at.timestamp_millis(),
        "ends_at": ends_at.map(|end| end.timestamp_millis()),
    }))
}
