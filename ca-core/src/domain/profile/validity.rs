//! From when to when: calendar months in Japan, less one second.
use chrono::{DateTime, Duration, Months, SubsecRound, Utc};

use super::{Profile, ProfileName};
use crate::domain::time::{iso_datetime, tokyo};

/// The first and the last second of a certificate's life; both are inside it (RFC 5280 §4.1.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First valid second.
    pub not_before: DateTime<Utc>,
    /// Last valid second.
    pub not_after: DateTime<Utc>,
}

/// Why no validity can be given now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValidityError {
    /// The issuer ends first.
    #[error(
        "a {profile} certificate issued now would end at {end}, after the root ends at {issuer_end}; \
         introduce a new root, or shorten validity_months of profile {profile}"
    )]
    OutlivesIssuer {
        /// The profile.
        profile: ProfileName,
        /// The end that the profile asks for.
        end: String,
        /// The root's end.
        issuer_end: String,
    },
    /// The clock stands before the issuer begins.
    #[error(
        "the clock says {now}, before the root begins at {issuer_begin}; set the clock right, then start again"
    )]
    BeforeIssuer {
        /// The clock.
        now: String,
        /// The root's first second.
        issuer_begin: String,
    },
    /// The calendar ends (year 262,142).
    #[error("the clock says {0}, which is no date this can count from; set the clock right")]
    Calendar(DateTime<Utc>),
}

impl Validity {
    /// Whether `at` lies inside.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        (self.not_before..=self.not_after).contains(&at)
    }
}

impl Profile {
    /// The life of a certificate that `issuer` signs at `now`.
    ///
    /// It begins `backdate_minutes` earlier, but never before its issuer; it ends at the same wall
    /// time in Japan `validity_months` later, less one second, because the last second counts.
    /// A day that the month lacks becomes the month's last day.
    pub fn validity(
        &self,
        now: DateTime<Utc>,
        issuer: &Validity,
    ) -> Result<Validity, ValidityError> {
        if now < issuer.not_before {
            return Err(ValidityError::BeforeIssuer {
                now: iso_datetime(now),
                issuer_begin: iso_datetime(issuer.not_before),
            });
        }
        let mut own = self.own_validity(now, Some(issuer.not_before))?;
        if self.is_delegate() {
            // It works until the root's last day.
            own.not_after = own.not_after.min(issuer.not_after);
        }
        if own.not_after > issuer.not_after {
            return Err(ValidityError::OutlivesIssuer {
                profile: self.name,
                end: iso_datetime(own.not_after),
                issuer_end: iso_datetime(issuer.not_after),
            });
        }
        Ok(own)
    }

    /// The life of a certificate that follows one which ends at `previous`: it begins one second later, without
    /// being backdated, and its months are counted from there. Where that would outlive the issuer, or there is
    /// nothing left to follow, it begins `now`: an overlap is better than no certificate.
    pub fn validity_following(
        &self,
        previous: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        issuer: &Validity,
    ) -> Result<Validity, ValidityError> {
        let at_once = self.validity(now, issuer)?;
        let begin = previous.map(|end| end.trunc_subsecs(0) + Duration::seconds(1));
        let Some(begin) = begin.filter(|begin| *begin > now) else {
            return Ok(at_once);
        };
        let following = Validity {
            not_before: begin,
            not_after: self.end_of(begin, now)?,
        };
        if following.not_after > issuer.not_after {
            return Ok(at_once);
        }
        Ok(following)
    }

    /// The life of a self-signed certificate made at `now`.
    pub fn root_validity(&self, now: DateTime<Utc>) -> Result<Validity, ValidityError> {
        self.own_validity(now, None)
    }

    fn own_validity(
        &self,
        now: DateTime<Utc>,
        earliest: Option<DateTime<Utc>>,
    ) -> Result<Validity, ValidityError> {
        let backdated = now.trunc_subsecs(0) - Duration::minutes(i64::from(self.backdate_minutes));
        let not_before = earliest.map_or(backdated, |earliest| backdated.max(earliest));
        Ok(Validity {
            not_before,
            not_after: self.end_of(not_before, now)?,
        })
    }

    fn end_of(
        &self,
        begin: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, ValidityError> {
        let end = begin
            .with_timezone(&tokyo())
            .checked_add_months(Months::new(self.validity_months))
            .ok_or(ValidityError::Calendar(now))?;
        Ok(end.with_timezone(&Utc) - Duration::seconds(1))
    }
}
