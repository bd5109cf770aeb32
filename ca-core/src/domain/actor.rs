//! Who does something, and when: the head of every flow and of every audit entry.
use core::net::IpAddr;
use std::fmt;

use chrono::{DateTime, Utc};

use super::user_id::UserId;

/// The party that acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A logged-in applicant.
    Applicant(UserId),
    /// A logged-in operator, by name.
    Operator(String),
    /// Staff at the command line, by account name of the machine.
    Staff(String),
    /// A worker process, by its name in leases.
    Worker(String),
    /// Somebody before login.
    Anonymous,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applicant(id) => write!(f, "applicant:{id}"),
            Self::Operator(name) => write!(f, "operator:{name}"),
            Self::Staff(name) => write!(f, "staff:{name}"),
            Self::Worker(name) => write!(f, "worker:{name}"),
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}

/// One act: by whom and at what instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// The party that acts.
    pub actor: Actor,
    /// The instant, from the program's clock.
    pub at: DateTime<Utc>,
    /// The network address that a refused visitor came from, where it is to stand in the audit.
    pub source: Option<IpAddr>,
}

impl Act {
    /// An act of `actor` at `at`.
    pub fn new(actor: Actor, at: DateTime<Utc>) -> Self {
        Self {
            actor,
            at,
            source: None,
        }
    }

    /// The act of a visitor from that address. For refusals and locks only (docs/decisions/visitors-addresses.md).
    pub fn from_address(self, source: Option<IpAddr>) -> Self {
        let source = source.map(|address| address.to_canonical());
        Self { source, ..self }
    }
}
