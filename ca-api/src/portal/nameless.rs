//! Refusals of visitors without a certificate are written into the audit at a bounded rate: nobody had to prove
//! anything to cause one, and the audit is kept for ever.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// Entries a minute; more are only logged.
const MOST_A_MINUTE: u32 = 60;

/// Counts what was let through in the present minute.
#[derive(Debug, Default)]
pub struct Nameless(Mutex<(i64, u32)>);

impl Nameless {
    /// Whether one more may be written down at `now`.
    pub fn may_write(&self, now: DateTime<Utc>) -> bool {
        let minute = now.timestamp().div_euclid(60);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.0 != minute {
            *held = (minute, 0);
        }
        held.1 = held.1.saturating_add(1);
        held.1 <= MOST_A_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::morning;
    use chrono::TimeDelta;

    #[test]
    fn a_flood_is_cut_off_until_the_next_minute() {
        let nameless = Nameless::default();
        let written = (0..1000).filter(|_| nameless.may_write(morning())).count();
        assert_eq!(written, 60);
        assert!(nameless.may_write(morning() + TimeDelta::minutes(1)));
    }
}
