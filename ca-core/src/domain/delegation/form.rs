//! A delegation as people fill it in, and what is wrong with it field by field.

use std::fmt;

use chrono::NaiveDate;
use thiserror::Error;

use super::{DayError, Period, parse_day};
use crate::domain::text::{TextError, refused_character};
use crate::domain::user_id::{ClassKind, Classes, UserId, UserIdError};

/// One field of a delegation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DelegationField {
    /// User ID of the office.
    Office,
    /// User ID of the agent.
    Agent,
    /// First day.
    From,
    /// Last day; empty is without end.
    To,
}

impl DelegationField {
    /// Every field, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Office, Self::Agent, Self::From, Self::To];

    /// Its English name, in files and forms.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Agent => "agent",
            Self::From => "from",
            Self::To => "to",
        }
    }

    /// Its Japanese name.
    #[must_use]
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::Office => "事業所",
            Self::Agent => "代理人",
            Self::From => "開始日",
            Self::To => "終了日",
        }
    }

    /// Whether it must be filled in.
    #[must_use]
    pub const fn is_required(self) -> bool {
        !matches!(self, Self::To)
    }
}

impl fmt::Display for DelegationField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A delegation as filled in, nothing checked. A field that was never set is not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DelegationForm([Option<String>; DelegationField::ALL.len()]);

/// A delegation, every field checked; whether the accounts exist is the register's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DelegationDetails {
    /// The office.
    pub office: UserId,
    /// The agent.
    pub agent: UserId,
    /// From when to when; without end where no last day is given.
    pub period: Period,
    /// Whether the last day is given, be it as empty: where it is not, one that is known stays.
    pub gives_last_day: bool,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DelegationReason {
    /// Not a user ID.
    #[error(transparent)]
    UserId(#[from] UserIdError),
    /// An agent cannot delegate.
    #[error("{0} is an agent; an office stands here")]
    NotAnOffice(UserId),
    /// An office cannot be delegated to.
    #[error("{0} is no agent; the classes of agents are: {1}")]
    NotAnAgent(UserId, String),
    /// Not a day.
    #[error(transparent)]
    Day(#[from] DayError),
    /// A character that cannot be seen or printed.
    #[error(transparent)]
    Text(#[from] TextError),
}

impl DelegationReason {
    /// The reason in Japanese.
    #[must_use]
    pub fn japanese(&self) -> String {
        match self {
            Self::UserId(error) => error.japanese(),
            Self::NotAnOffice(id) => {
                format!("{id}は代理人です。事業所のユーザＩＤを入力してください")
            }
            Self::NotAnAgent(id, agents) => {
                format!("{id}は代理人ではありません（代理人の種別：{agents}）")
            }
            Self::Day(error) => error.japanese().to_owned(),
            Self::Text(error) => error.japanese(),
        }
    }
}

/// The faults of a form, by field.
pub type DelegationFaults = Vec<(DelegationField, DelegationReason)>;

impl DelegationForm {
    /// Fills in one field.
    pub fn set(&mut self, field: DelegationField, entered: impl Into<String>) {
        if let Some(place) = self.0.get_mut(field as usize) {
            *place = Some(entered.into());
        }
    }

    /// What was entered into one field.
    #[must_use]
    pub fn entered(&self, field: DelegationField) -> &str {
        self.given(field).unwrap_or_default()
    }

    fn given(&self, field: DelegationField) -> Option<&str> {
        self.0.get(field as usize)?.as_deref()
    }

    /// Checks every field.
    ///
    /// # Errors
    /// Every field that is wrong, in their order.
    pub fn check(&self, classes: &Classes) -> Result<DelegationDetails, DelegationFaults> {
        let mut faults = Vec::new();
        let office = self.party(DelegationField::Office, classes, &mut faults);
        let agent = self.party(DelegationField::Agent, classes, &mut faults);
        let first = self.day(DelegationField::From, &mut faults);
        let last = match self.entered(DelegationField::To).trim().is_empty() {
            true => None,
            false => self.day(DelegationField::To, &mut faults),
        };
        let period = first.and_then(|first| {
            let read = Period::of_days(first, last);
            let note = |error: DayError| faults.push((DelegationField::To, error.into()));
            read.map_err(note).ok()
        });
        match (office, agent, period) {
            (Some(office), Some(agent), Some(period)) if faults.is_empty() => {
                Ok(DelegationDetails {
                    office,
                    agent,
                    period,
                    gives_last_day: self.given(DelegationField::To).is_some(),
                })
            }
            _ => Err(faults),
        }
    }

    fn party(
        &self,
        field: DelegationField,
        classes: &Classes,
        faults: &mut DelegationFaults,
    ) -> Option<UserId> {
        let read = UserId::parse(self.entered(field), classes)
            .map_err(DelegationReason::from)
            .and_then(|read| of_kind(read.user_id, field, classes));
        read.map_err(|reason| faults.push((field, reason))).ok()
    }

    fn day(&self, field: DelegationField, faults: &mut DelegationFaults) -> Option<NaiveDate> {
        let entered = self.entered(field);
        let read = match refused_character(entered) {
            Some(error) => Err(error.into()),
            None => parse_day(entered).map_err(DelegationReason::from),
        };
        read.map_err(|error| faults.push((field, error))).ok()
    }
}

/// The user ID, if its class may stand in this field.
fn of_kind(
    user_id: UserId,
    field: DelegationField,
    classes: &Classes,
) -> Result<UserId, DelegationReason> {
    let kind = classes.class_of(&user_id)?.kind;
    match (field, kind) {
        (DelegationField::Office, ClassKind::Agent) => Err(DelegationReason::NotAnOffice(user_id)),
        (DelegationField::Agent, ClassKind::Applicant) => {
            let agents = classes
                .iter()
                .filter(|class| class.kind == ClassKind::Agent);
            let agents: Vec<&str> = agents.map(|class| class.letters.as_str()).collect();
            Err(DelegationReason::NotAnAgent(user_id, agents.join(", ")))
        }
        _ => Ok(user_id),
    }
}
