//! A request for a certificate: its name, its kinds, and the only way its state may move.
use std::fmt;

use chrono::{DateTime, Utc};

use super::random::{self, Random};

/// Names a request: a UUIDv7 (RFC 9562 §5.7), so that names sort by the time they were drawn.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(String);

/// A text that names no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a request's name: a UUID is expected")]
pub struct RequestIdError;

impl RequestId {
    /// Draws a name at the instant `at`.
    pub fn draw(at: DateTime<Utc>, random: &dyn Random) -> Self {
        Self(random::uuid_v7(at, random).to_string())
    }

    /// Reads a name from a URL or a form.
    pub fn parse(text: &str) -> Result<Self, RequestIdError> {
        let id = uuid::Uuid::try_parse(text).map_err(|_| RequestIdError)?;
        Ok(Self(id.to_string()))
    }

    /// The same in sixteen bytes, for those who keep many.
    pub fn number(&self) -> u128 {
        // Every way to a name goes through a UUID.
        uuid::Uuid::try_parse(&self.0).map_or(0, |id| id.as_u128())
    }

    /// The text form, lower case with hyphens.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RequestId {
    type Error = RequestIdError;

    /// Reads a name from a row: only in the form that [`RequestId::as_str`] gives, so that no two rows share a name.
    fn try_from(text: String) -> Result<Self, RequestIdError> {
        let id = Self::parse(&text)?;
        if id.0 == text {
            Ok(id)
        } else {
            Err(RequestIdError)
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A word that is none of those the database knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a known {1}")]
pub struct UnknownWord(pub String, pub &'static str);

/// Gives an enum its words in the database: `as_str`, `Display`, `TryFrom<String>`.
macro_rules! words {
    ($name:ident, $what:literal, $($variant:ident = $word:literal),+ $(,)?) => {
        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the database, in URLs and in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::domain::request::UnknownWord;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                match text.as_str() {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::domain::request::UnknownWord(text, $what)),
                }
            }
        }
    };
}
pub(crate) use words;

/// Why a certificate is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// The account never had a certificate.
    First,
    /// A valid certificate is about to expire, or has expired.
    Renewal,
    /// The earlier certificates were made invalid by a reissue of the passwords.
    Reissue,
}
words!(
    RequestKind,
    "kind of request",
    First = "first",
    Renewal = "renewal",
    Reissue = "reissue"
);

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestState {
    /// Waits for an operator.
    Pending,
    /// Waits for the signer.
    Approved,
    /// A worker holds its lease.
    Signing,
    /// The certificate can be downloaded.
    Issued,
    /// An operator said no.
    Rejected,
    /// The applicant took it back, or a reissue of the passwords made it void.
    Withdrawn,
    /// Failed by itself too often; an operator may retry.
    Failed,
}
words!(
    RequestState,
    "state of a request",
    Pending = "pending",
    Approved = "approved",
    Signing = "signing",
    Issued = "issued",
    Rejected = "rejected",
    Withdrawn = "withdrawn",
    Failed = "failed",
);

impl RequestState {
    /// Whether the account may not send another request meanwhile.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::Pending | Self::Approved | Self::Signing | Self::Failed
        )
    }
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestEvent {
    /// An operator says yes.
    Approve,
    /// An operator says no.
    Reject,
    /// The applicant takes it back before it is decided.
    Withdraw,
    /// A worker takes a lease.
    Claim,
    /// The worker gives it back, or its lease lapsed.
    GiveBack,
    /// The certificate is stored.
    Issue,
    /// It failed by itself once too often, or its account's certificates were revoked meanwhile.
    Park,
    /// An operator lets a failed one run again.
    Retry,
    /// An operator lets a failed one run again whose approval does not hold: somebody has to approve it anew.
    AskAgain,
    /// The passwords are reissued: whatever became of it so far is void.
    Void,
    /// The database was restored, and the journal says that it was issued before.
    BringForward,
}

impl RequestEvent {
    /// Every event.
    pub const ALL: &'static [Self] = &[
        Self::Approve,
        Self::Reject,
        Self::Withdraw,
        Self::Claim,
        Self::GiveBack,
        Self::Issue,
        Self::Park,
        Self::Retry,
        Self::AskAgain,
        Self::Void,
        Self::BringForward,
    ];
}

/// A move that the state machine does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request that is {state} cannot be moved by {event:?}")]
pub struct TransitionError {
    /// Where the request stands.
    pub state: RequestState,
    /// What was tried.
    pub event: RequestEvent,
}

/// The state after `event`; the only rule by which a request moves.
pub fn transition(
    state: RequestState,
    event: RequestEvent,
) -> Result<RequestState, TransitionError> {
    use RequestEvent as E;
    use RequestState as S;
    match (state, event) {
        (S::Pending, E::Approve) => Ok(S::Approved),
        (S::Pending, E::Reject) => Ok(S::Rejected),
        (S::Pending, E::Withdraw) => Ok(S::Withdrawn),
        (S::Approved, E::Claim) => Ok(S::Signing),
        (S::Approved, E::Park) => Ok(S::Failed),
        (S::Signing, E::GiveBack) => Ok(S::Approved),
        (S::Signing, E::Issue) => Ok(S::Issued),
        (S::Signing, E::Park) => Ok(S::Failed),
        (S::Failed, E::Retry) => Ok(S::Approved),
        (S::Failed, E::AskAgain) => Ok(S::Pending),
        (S::Failed, E::Reject) => Ok(S::Rejected),
        (S::Pending | S::Approved | S::Signing | S::Failed, E::Void) => Ok(S::Withdrawn),
        (S::Pending | S::Approved | S::Signing | S::Failed, E::BringForward) => Ok(S::Issued),
        _ => Err(TransitionError { state, event }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every (state, event) pair, walked: what is not written here is refused.
    #[test]
    fn every_pair_moves_as_the_design_says_or_not_at_all() {
        let allowed = [
            ("pending", RequestEvent::Approve, "approved"),
            ("pending", RequestEvent::Reject, "rejected"),
            ("pending", RequestEvent::Withdraw, "withdrawn"),
            ("approved", RequestEvent::Claim, "signing"),
            ("approved", RequestEvent::Park, "failed"),
            ("signing", RequestEvent::GiveBack, "approved"),
            ("signing", RequestEvent::Issue, "issued"),
            ("signing", RequestEvent::Park, "failed"),
            ("failed", RequestEvent::Retry, "approved"),
            ("failed", RequestEvent::AskAgain, "pending"),
            ("failed", RequestEvent::Reject, "rejected"),
            ("pending", RequestEvent::Void, "withdrawn"),
            ("approved", RequestEvent::Void, "withdrawn"),
            ("signing", RequestEvent::Void, "withdrawn"),
            ("failed", RequestEvent::Void, "withdrawn"),
            ("pending", RequestEvent::BringForward, "issued"),
            ("approved", RequestEvent::BringForward, "issued"),
            ("signing", RequestEvent::BringForward, "issued"),
            ("failed", RequestEvent::BringForward, "issued"),
        ];
        for &state in RequestState::ALL {
            for &event in RequestEvent::ALL {
                let expected = allowed
                    .iter()
                    .find(|(from, by, _)| *from == state.as_str() && *by == event)
                    .map(|(_, _, to)| RequestState::try_from((*to).to_owned()).unwrap());
                assert_eq!(transition(state, event).ok(), expected, "{state} {event:?}");
            }
        }
    }

    #[test]
    fn words_go_round() {
        for &state in RequestState::ALL {
            assert_eq!(RequestState::try_from(state.to_string()), Ok(state));
        }
        assert!(RequestKind::try_from("FIRST".to_owned()).is_err());
    }

    #[test]
    fn names_sort_by_time_and_refuse_other_texts() {
        use crate::domain::random::OsRandom;
        let early = RequestId::draw(DateTime::from_timestamp_millis(1_000).unwrap(), &OsRandom);
        let late = RequestId::draw(DateTime::from_timestamp_millis(2_000).unwrap(), &OsRandom);
        assert!(early < late && early.number() < late.number());
        assert_eq!(RequestId::parse(early.as_str()), Ok(early.clone()));
        // Another spelling in a row would be a second row of the same name.
        let spelt = early.as_str().to_uppercase();
        assert_eq!(RequestId::parse(&spelt), Ok(early.clone()));
        assert_eq!(RequestId::try_from(spelt), Err(RequestIdError));
        assert_eq!(RequestId::try_from(early.to_string()), Ok(early));
        assert_eq!(
            RequestId::parse("1; DROP TABLE request"),
            Err(RequestIdError)
        );
    }
}
