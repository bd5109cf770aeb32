//! Who may enter the protected site (J5): one decision over what is known, in one order.
//!
//! ```text
//! certificate ─▶ recorded ─▶ an applicant's ─▶ its root ─▶ its status ─▶ its dates ─▶ its account
//!                                                                                       │
//!      admitted ◀─ stage ◀─ password ◀─ lock ◀─────────── ID typed is that account's ◀──┘
//! ```
//! What stands before the password concerns the certificate's own account alone, so that no answer tells whether
//! another ID exists. The password of an ID is looked at only under a certificate of that ID.
use chrono::{DateTime, Utc};

use super::account::AccountStatus;
use super::certificate::{CertificateStatus, Purpose};
use super::request::words;
use super::session::Stage;
use super::user_id::UserId;

/// What the register says about the certificate of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The key of the connection is the one that was recorded with this serial.
    pub key_matches: bool,
    /// What it was issued for.
    pub purpose: Purpose,
    /// The generation that signed it is still trusted.
    pub generation_active: bool,
    /// Whether it holds, apart from its dates.
    pub status: CertificateStatus,
    /// First valid second.
    pub not_before: DateTime<Utc>,
    /// Last valid second.
    pub not_after: DateTime<Utc>,
    /// Whose it is; none for a certificate that is no applicant's.
    pub owner: Option<(UserId, AccountStatus)>,
}

/// What the connection showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// No certificate at all.
    Nothing,
    /// One whose serial number we never recorded.
    Unrecorded,
    /// One that we recorded.
    Recorded(CertificateFacts),
}

/// What became of the password that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordOutcome {
    /// It was not looked at: too many wrong ones before.
    Locked,
    /// Wrong, or there is none yet.
    Wrong,
    /// Right.
    Right {
        /// It came by letter, or its time is over.
        must_change: bool,
    },
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The browser offered no certificate.
    NoCertificate,
    /// Not recorded, recorded with another key, of a root that is no longer trusted, or not an applicant's.
    Unknown,
    /// Revoked for good.
    Revoked,
    /// Suspended by an operator.
    Held,
    /// Its time has not begun.
    NotYetValid,
    /// Its time is over.
    Expired,
    /// The account was switched off by staff.
    Disabled,
    /// The ID that was typed is not the certificate's.
    OtherAccount,
    /// Too many wrong passwords before.
    Locked,
    /// Wrong password.
    WrongPassword,
}
words!(
    Refusal,
    "refusal at the portal",
    NoCertificate = "no-certificate",
    Unknown = "unknown-certificate",
    Revoked = "revoked",
    Held = "held",
    NotYetValid = "not-yet-valid",
    Expired = "expired",
    Disabled = "disabled",
    OtherAccount = "other-account",
    Locked = "locked",
    WrongPassword = "wrong-password",
);

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Let in, as far as `stage`.
    Admitted {
        /// Everything, or the change of the password alone.
        stage: Stage,
    },
    /// Not let in.
    Refused(Refusal),
}

impl Shown {
    /// The account that this certificate opens the door for at `now`; asked at every request.
    pub fn owner(&self, now: DateTime<Utc>) -> Result<&UserId, Refusal> {
        let facts = match self {
            Self::Nothing => return Err(Refusal::NoCertificate),
            Self::Unrecorded => return Err(Refusal::Unknown),
            Self::Recorded(facts) => facts,
        };
        let Some((owner, account)) = &facts.owner else {
            return Err(Refusal::Unknown);
        };
        if !facts.key_matches || facts.purpose != Purpose::Client || !facts.generation_active {
            return Err(Refusal::Unknown);
        }
        match facts.status {
            CertificateStatus::Valid => {}
            CertificateStatus::Held => return Err(Refusal::Held),
            CertificateStatus::Revoked => return Err(Refusal::Revoked),
        }
        if now < facts.not_before {
            return Err(Refusal::NotYetValid);
        }
        // The last second is valid as a whole (RFC 5280 §4.1.2.5).
        if now.timestamp() > facts.not_after.timestamp() {
            return Err(Refusal::Expired);
        }
        match account {
            AccountStatus::Active => Ok(owner),
            AccountStatus::Disabled => Err(Refusal::Disabled),
        }
    }
}

/// Decides about one login at `now`. `try_password` is called only when nothing before it refuses.
pub fn admit<E>(
    shown: &Shown,
    typed: &UserId,
    now: DateTime<Utc>,
    try_password: impl FnOnce() -> Result<PasswordOutcome, E>,
) -> Result<Admission, E> {
    let refused = |refusal| Ok(Admission::Refused(refusal));
    match shown.owner(now) {
        Err(refusal) => return refused(refusal),
        Ok(owner) if owner != typed => return refused(Refusal::OtherAccount),
        Ok(_) => {}
    }
    match try_password()? {
        PasswordOutcome::Locked => refused(Refusal::Locked),
        PasswordOutcome::Wrong => refused(Refusal::WrongPassword),
        PasswordOutcome::Right { must_change: true } => Ok(Admission::Admitted {
            stage: Stage::ChangePassword,
        }),
        PasswordOutcome::Right { must_change: false } => Ok(Admission::Admitted {
            stage: Stage::LoggedIn,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn owner() -> UserId {
        UserId::try_from("KJ2700000001".to_owned()).unwrap()
    }

    fn good() -> CertificateFacts {
        CertificateFacts {
            key_matches: true,
            purpose: Purpose::Client,
            generation_active: true,
            status: CertificateStatus::Valid,
            not_before: at(0),
            not_after: at(100),
            owner: Some((owner(), AccountStatus::Active)),
        }
    }

    #[test]
    fn dates_are_sharp_and_the_last_second_counts_to_its_end() {
        let shown = Shown::Recorded(good());
        let almost = TimeDelta::milliseconds(999);
        assert_eq!(shown.owner(at(-1) + almost), Err(Refusal::NotYetValid));
        assert_eq!(shown.owner(at(0)), Ok(&owner()));
        assert_eq!(shown.owner(at(100) + almost), Ok(&owner()));
        assert_eq!(shown.owner(at(101)), Err(Refusal::Expired));
    }

    #[test]
    fn the_password_is_not_looked_at_before_everything_else_holds() {
        let other = UserId::try_from("KJ2700000002".to_owned()).unwrap();
        let decided = admit(&Shown::Recorded(good()), &other, at(1), || Err("looked at"));
        assert_eq!(decided, Ok(Admission::Refused(Refusal::OtherAccount)));
        let decided = admit(&Shown::Nothing, &owner(), at(1), || Err("looked at"));
        assert_eq!(decided, Ok(Admission::Refused(Refusal::NoCertificate)));
    }
}
