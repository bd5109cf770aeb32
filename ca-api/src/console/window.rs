//! When the signer works: now and until when, or from when.

use ca_core::domain::calendar::{BusinessCalendar, CalendarError};
use ca_core::store::calendar_override::CalendarOverride;
use chrono::{DateTime, Utc};

use super::when;
use crate::page::Page;

/// The signer's hours as seen from an instant.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// Open at any hour.
    Always,
    /// Open, until then.
    Open(DateTime<Utc>),
    /// Closed, until then.
    Closed(DateTime<Utc>),
    /// Closed by the calendar, opened by order until then.
    Ordered(DateTime<Utc>),
    /// The calendar does not say.
    Unknown(CalendarError),
}

/// The window at `now`; an order to sign counts where the calendar says closed.
pub(super) fn of(
    calendar: &BusinessCalendar,
    order: Option<&CalendarOverride>,
    now: DateTime<Utc>,
) -> Window {
    let closing = match calendar.closing_of(now) {
        Ok(closing) => closing,
        Err(error) => return Window::Unknown(error),
    };
    match (closing, order) {
        (Some(closing), _) if closing == DateTime::<Utc>::MAX_UTC => Window::Always,
        (Some(closing), _) => Window::Open(closing),
        (None, Some(order)) => Window::Ordered(order.ends_at),
        (None, None) => match calendar.next_opening(now) {
            Ok(opening) => Window::Closed(opening),
            Err(error) => Window::Unknown(error),
        },
    }
}

impl Window {
    /// In a few words, for a tile.
    pub fn words(&self, page: &Page) -> String {
        match self {
            Self::Always | Self::Open(_) | Self::Ordered(_) => page.t("console-window-open"),
            Self::Closed(opening) => when::short(page, *opening),
            Self::Unknown(_) => page.t("console-window-unknown"),
        }
    }

    /// In a sentence.
    pub fn sentence(&self, page: &Page) -> String {
        match self {
            Self::Always => page.t("console-window-always"),
            Self::Open(closing) => {
                let until = when::short(page, *closing);
                page.with("console-window-until", [("until", until)])
            }
            Self::Closed(opening) => {
                let from = when::short(page, *opening);
                page.with("console-window-from", [("from", from)])
            }
            Self::Ordered(until) => {
                let until = when::short(page, *until);
                page.with("console-window-ordered", [("until", until)])
            }
            Self::Unknown(error) if page.is_japanese() => error.japanese(),
            Self::Unknown(error) => error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::stage::morning;
    use ca_core::domain::calendar::BUILT_IN;

    #[test]
    fn the_window_follows_the_calendar_and_the_order() {
        let calendar = BusinessCalendar::from_toml(BUILT_IN).unwrap();
        let closing = morning() + TimeDelta::minutes(7 * 60 + 15);
        assert_eq!(of(&calendar, None, morning()), Window::Open(closing));
        let night = morning() + TimeDelta::hours(12);
        let opening = morning() + TimeDelta::minutes(22 * 60 + 30);
        assert_eq!(of(&calendar, None, night), Window::Closed(opening));
        let order = CalendarOverride {
            id: 1,
            opened_by: "staff:sato".to_owned(),
            reason: "monthly closing".to_owned(),
            opened_at: morning(),
            ends_at: night + TimeDelta::hours(1),
        };
        let ordered = Window::Ordered(order.ends_at);
        assert_eq!(of(&calendar, Some(&order), night), ordered);
        let always = BusinessCalendar::always_open();
        assert_eq!(of(&always, None, night), Window::Always);
    }

    #[test]
    fn a_year_that_nobody_wrote_down_is_not_guessed() {
        let calendar = BusinessCalendar::from_toml(BUILT_IN).unwrap();
        let far = morning() + TimeDelta::days(3_650);
        assert!(matches!(of(&calendar, None, far), Window::Unknown(_)));
    }
}
