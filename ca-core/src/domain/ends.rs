//! What of the service itself ends, and when those who run it are told.
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::renewal::due_mark;
use super::request::words;

/// Days before an end at which it is told, each once.
pub const MARKS: [u32; 5] = [90, 30, 14, 7, 1];
/// The mark of what has ended.
const OVER: u32 = 0;
/// How long before it an end is trouble, and does not only wait for somebody.
const NEAR: TimeDelta = TimeDelta::days(7);

/// What ends, and does not renew itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndingKind {
    /// The site's TLS certificate, as far as our own CA issued it.
    Server,
    /// The certificate that an operator logs in with.
    Operator,
    /// The newest root.
    Root,
    /// The years that the calendar of business days knows.
    Calendar,
}
words!(
    EndingKind,
    "kind of end",
    Server = "server",
    Operator = "operator",
    Root = "root",
    Calendar = "calendar",
);

/// Something that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// What kind of thing.
    pub kind: EndingKind,
    /// Which one: an operator's name, the number of a root's generation; else empty.
    pub name: String,
    /// Its last second.
    pub at: DateTime<Utc>,
}

impl End {
    /// The name under which it is remembered what was told. What is renewed has another.
    pub fn subject(&self) -> String {
        format!("end:{}:{}:{}", self.kind, self.name, self.at.timestamp())
    }

    /// The mark that is due at `now`: the nearest one that still reaches to the end, and 0 once it is over.
    pub fn mark(&self, now: DateTime<Utc>) -> Option<u32> {
        if self.is_over(now) {
            return Some(OVER);
        }
        due_mark(&MARKS, self.at, now)
    }

    /// Whether it has ended.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        now > self.at
    }

    /// Whether it is trouble: it ends within a week, or has ended.
    pub fn is_near(&self, now: DateTime<Utc>) -> bool {
        self.at - now <= NEAR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(at: DateTime<Utc>) -> End {
        End {
            kind: EndingKind::Server,
            name: String::new(),
            at,
        }
    }

    #[test]
    fn the_nearest_mark_is_due_and_what_is_over_has_one_of_its_own() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let second = TimeDelta::seconds(1);
        for (ahead, mark) in [
            (TimeDelta::days(90) + second, None),
            (TimeDelta::days(90), Some(90)),
            (TimeDelta::days(30) + second, Some(90)),
            (TimeDelta::days(30), Some(30)),
            (TimeDelta::days(14), Some(14)),
            (TimeDelta::days(7), Some(7)),
            (TimeDelta::days(1), Some(1)),
            (TimeDelta::zero(), Some(1)),
            (-second, Some(0)),
            (TimeDelta::days(-400), Some(0)),
        ] {
            assert_eq!(end(now + ahead).mark(now), mark, "{ahead}");
        }
    }

    #[test]
    fn an_end_is_trouble_from_a_week_before_on() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        assert!(!end(now + TimeDelta::days(7) + TimeDelta::seconds(1)).is_near(now));
        assert!(end(now + TimeDelta::days(7)).is_near(now));
        assert!(end(now - TimeDelta::days(7)).is_near(now));
    }

    #[test]
    fn what_is_renewed_is_told_anew() {
        let now = DateTime::UNIX_EPOCH;
        assert_ne!(end(now).subject(), end(now + TimeDelta::days(1)).subject());
    }
}
