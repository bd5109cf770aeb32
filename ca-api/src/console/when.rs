//! Instants as lists show them: short, in Tokyo, with the weekday in Japanese.

use ca_core::domain::time::{iso_datetime, japanese_datetime, tokyo};
use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone, Utc};

use crate::locale::Language;
use crate::page::Page;

/// 「11月25日（水）17:15」 or `2026-11-25 17:15 JST`. Lists look a few weeks back, so the year is left out where
/// the weekday stands.
pub(super) fn short(page: &Page, at: DateTime<Utc>) -> String {
    match page.texts.language {
        Language::Japanese => {
            let text = japanese_datetime(at);
            let parted = text.split_once('年').map(|(_, rest)| rest.to_owned());
            parted.unwrap_or(text)
        }
        Language::English => iso_datetime(at),
    }
}

/// How long ago: minutes below an hour, hours below two days, then days.
pub(super) fn ago(page: &Page, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let passed = now - at;
    if passed < TimeDelta::minutes(1) {
        return page.t("console-just-now");
    }
    if passed < TimeDelta::hours(1) {
        return page.with("console-minutes-ago", [("count", passed.num_minutes())]);
    }
    if passed < TimeDelta::hours(48) {
        return page.with("console-hours-ago", [("count", passed.num_hours())]);
    }
    page.with("console-days-ago", [("count", passed.num_days())])
}

/// When today began in Tokyo.
pub(super) fn midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    let day = now.with_timezone(&tokyo()).date_naive();
    let start = tokyo().from_local_datetime(&day.and_time(NaiveTime::MIN));
    // Tokyo has no summer time: every local instant exists once.
    start
        .single()
        .map_or(now, |start| start.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{morning, page};

    #[test]
    fn a_day_in_tokyo_begins_nine_hours_before_utc() {
        let start = midnight(morning());
        assert_eq!(iso_datetime(start), "2026-11-25 00:00 JST");
        assert_eq!(midnight(start), start);
        let before = start - TimeDelta::seconds(1);
        assert_eq!(midnight(before), start - TimeDelta::days(1));
    }

    #[test]
    fn lists_say_the_weekday_and_how_long_ago() {
        let page = page(Language::Japanese);
        assert_eq!(short(&page, morning()), "11月25日（水）10:00");
        let ago = |passed| ago(&page, morning(), morning() + passed);
        assert_eq!(ago(TimeDelta::seconds(59)), "たった今");
        assert_eq!(ago(TimeDelta::minutes(59)), "59分前");
        assert_eq!(ago(TimeDelta::hours(47)), "47時間前");
        assert_eq!(ago(TimeDelta::days(3)), "3日前");
    }
}
