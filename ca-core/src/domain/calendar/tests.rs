//! Tests of the business calendar: edges of hours, weeks and years, and the law behind the holidays.

use chrono::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::domain::time::tokyo;

fn built_in() -> BusinessCalendar {
    BusinessCalendar::from_toml(BUILT_IN).unwrap()
}

/// `2026-11-25 17:15:00` in Japan.
fn japan(text: &str) -> DateTime<Utc> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
    tokyo().from_local_datetime(&local).unwrap().to_utc()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn hours_weekends_holidays_and_new_year() {
    let calendar = built_in();
    for (at, open) in [
        ("2026-11-25 08:29:59", false),
        ("2026-11-25 08:30:00", true),
        ("2026-11-25 00:00:00", false),
        ("2026-11-27 17:14:59", true), // Friday
        ("2026-11-27 17:15:00", false),
        ("2026-11-28 12:00:00", false), // Saturday
        ("2026-11-29 12:00:00", false), // Sunday
        ("2026-11-23 12:00:00", false), // holiday on a Monday
        ("2026-09-22 12:00:00", false), // between two holidays
        ("2026-05-06 12:00:00", false), // substitute, Wednesday
        ("2026-12-28 12:00:00", true),
        ("2026-12-29 12:00:00", false),
        ("2026-12-31 23:59:59", false),
        ("2027-01-01 00:00:00", false),
        ("2028-01-03 12:00:00", false), // Monday
        ("2027-01-04 08:29:59", false),
        ("2027-01-04 08:30:00", true),
    ] {
        assert_eq!(calendar.is_open(japan(at)), Ok(open), "{at}");
    }
}

#[test]
fn the_next_opening_is_now_while_open() {
    let calendar = built_in();
    for (at, opening) in [
        ("2026-11-25 08:30:00", "2026-11-25 08:30:00"),
        ("2026-11-25 17:14:59", "2026-11-25 17:14:59"),
        ("2026-11-25 03:00:00", "2026-11-25 08:30:00"),
        ("2026-11-27 17:15:00", "2026-11-30 08:30:00"),
        ("2026-11-21 12:00:00", "2026-11-24 08:30:00"),
        ("2026-09-18 17:15:00", "2026-09-24 08:30:00"), // five days with the silver week
        ("2026-12-28 17:15:00", "2027-01-04 08:30:00"),
    ] {
        assert_eq!(calendar.next_opening(japan(at)), Ok(japan(opening)), "{at}");
    }
}

#[test]
fn the_closing_is_that_of_the_hours_one_is_in() {
    let calendar = built_in();
    let closing = Some(japan("2026-11-27 17:15:00"));
    assert_eq!(
        calendar.closing_of(japan("2026-11-27 17:14:59")),
        Ok(closing)
    );
    assert_eq!(calendar.closing_of(japan("2026-11-27 17:15:00")), Ok(None));
    assert_eq!(calendar.closing_of(japan("2026-11-28 09:00:00")), Ok(None));
}

#[test]
fn the_promise_is_the_close_of_the_second_business_day() {
    let calendar = built_in();
    for (submitted, promised) in [
        ("2026-11-25 00:00:00", "2026-11-26 17:15:00"), // before opening: today counts
        ("2026-11-25 10:00:00", "2026-11-26 17:15:00"),
        ("2026-11-26 17:14:59", "2026-11-27 17:15:00"),
        ("2026-11-26 17:15:00", "2026-11-30 17:15:00"),
        ("2026-11-27 17:14:59", "2026-11-30 17:15:00"), // Friday before closing: Monday
        ("2026-11-27 17:15:00", "2026-12-01 17:15:00"), // Friday at closing: Tuesday
        ("2026-11-28 12:00:00", "2026-12-01 17:15:00"),
        ("2026-11-20 17:15:00", "2026-11-25 17:15:00"), // the Monday is a holiday
        ("2026-12-28 17:14:59", "2027-01-04 17:15:00"),
        ("2026-12-28 17:15:00", "2027-01-05 17:15:00"),
        ("2027-01-02 12:00:00", "2027-01-05 17:15:00"),
    ] {
        assert_eq!(
            calendar.promised_by(japan(submitted)),
            Ok(japan(promised)),
            "{submitted}"
        );
    }
}

#[test]
fn a_year_that_is_not_covered_is_an_error_that_says_how_to_add_it() {
    let calendar = built_in();
    let missing = |year| CalendarError::YearNotCovered { year };
    assert_eq!(
        calendar.is_open(japan("2025-12-31 23:59:59")),
        Err(missing(2025))
    );
    assert_eq!(
        calendar.is_open(japan("2029-01-01 00:00:00")),
        Err(missing(2029))
    );
    // 1 January in Japan while it is still 31 December in UTC.
    assert_eq!(japan("2029-01-01 00:00:00").year(), 2028);
    assert_eq!(calendar.is_open(japan("2028-12-31 23:59:59")), Ok(false));
    assert_eq!(
        calendar.next_opening(japan("2028-12-28 17:15:00")),
        Err(missing(2029))
    );
    assert_eq!(
        calendar.promised_by(japan("2028-12-28 10:00:00")),
        Err(missing(2029))
    );
    assert!(missing(2029).to_string().contains("[holidays.2029]"));
    assert!(missing(2029).japanese().contains("2029年"));
    assert_eq!(calendar.years().collect::<Vec<_>>(), [2026, 2027, 2028]);
}

#[test]
fn a_closed_day_says_why() {
    let block = "\n[[closed]]\ndate = \"2026-08-14\"\nname = \"夏季休業\"\n";
    let calendar = BusinessCalendar::from_toml(&format!("{BUILT_IN}{block}")).unwrap();
    for (day, closure) in [
        ("2026-08-13", None),
        ("2026-08-14", Some(Closure::Own("夏季休業".to_owned()))),
        ("2026-08-15", Some(Closure::Weekday(Weekday::Sat))),
        ("2026-08-11", Some(Closure::Holiday("山の日".to_owned()))),
        ("2026-12-30", Some(Closure::YearEnd)),
        ("2026-01-01", Some(Closure::Holiday("元日".to_owned()))),
    ] {
        assert_eq!(calendar.closure(date(day)), Ok(closure), "{day}");
    }
}

#[test]
fn closed_for_ever_is_an_error() {
    let mut calendar = built_in();
    calendar.year_end = Some(YearEndClosure {
        from: (1, 1),
        until: (12, 31),
    });
    let at = japan("2026-06-01 12:00:00");
    let from = date("2026-06-02");
    assert_eq!(
        calendar.next_opening(at),
        Err(CalendarError::NeverOpens { from })
    );
}

#[test]
fn the_open_calendar_is_open_and_still_promises() {
    let calendar = BusinessCalendar::always_open();
    for at in ["2031-01-01 03:00:00", "2026-11-28 23:00:00"] {
        let at = japan(at);
        assert_eq!(calendar.is_open(at), Ok(true));
        assert_eq!(calendar.next_opening(at), Ok(at));
        assert!(calendar.closing_of(at).unwrap().unwrap() > at);
    }
    let promised = calendar.promised_by(japan("2026-11-28 12:00:00"));
    assert_eq!(promised, Ok(japan("2026-11-29 17:15:00")));
}

#[test]
fn the_ends_of_time_are_errors() {
    for at in [DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC] {
        assert!(built_in().is_open(at).is_err());
        assert!(built_in().promised_by(at).is_err());
        let _ = BusinessCalendar::always_open().promised_by(at);
    }
}

/// The Act on National Holidays, worked out anew: what the file says must follow from it.
mod act {
    use super::*;

    fn nth_monday(year: i32, month: u32, nth: u8) -> NaiveDate {
        NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Mon, nth).unwrap()
    }

    /// The Coast Guard's approximation for 1980 to 2099.
    fn equinox(year: i32, at_1980: f64) -> u32 {
        let years = f64::from(year - 1980);
        (at_1980 + 0.242_194 * years - (years / 4.0).floor()).floor() as u32
    }

    /// Articles 2 and 3 for years from 2022 on.
    pub(super) fn holidays(year: i32) -> BTreeMap<NaiveDate, String> {
        let day = |month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let named = [
            (day(1, 1), "元日"),
            (nth_monday(year, 1, 2), "成人の日"),
            (day(2, 11), "建国記念の日"),
            (day(2, 23), "天皇誕生日"),
            (day(3, equinox(year, 20.8431)), "春分の日"),
            (day(4, 29), "昭和の日"),
            (day(5, 3), "憲法記念日"),
            (day(5, 4), "みどりの日"),
            (day(5, 5), "こどもの日"),
            (nth_monday(year, 7, 3), "海の日"),
            (day(8, 11), "山の日"),
            (nth_monday(year, 9, 3), "敬老の日"),
            (day(9, equinox(year, 23.2488)), "秋分の日"),
            (nth_monday(year, 10, 2), "スポーツの日"),
            (day(11, 3), "文化の日"),
            (day(11, 23), "勤労感謝の日"),
        ];
        let named: BTreeMap<_, _> = named.map(|(day, name)| (day, name.to_owned())).into();
        let mut all = named.clone();
        for day in named.keys() {
            // Article 3 (2): a holiday on a Sunday moves to the next day that is none.
            if day.weekday() == Weekday::Sun {
                let next = day
                    .iter_days()
                    .find(|day| !named.contains_key(day))
                    .unwrap();
                all.insert(next, "振替休日".to_owned());
            }
            // Article 3 (3): a day between two holidays is a day off.
            let (between, after) = (*day + TimeDelta::days(1), *day + TimeDelta::days(2));
            if named.contains_key(&after) && !all.contains_key(&between) {
                all.insert(between, "国民の休日".to_owned());
            }
        }
        all
    }
}

#[test]
fn the_holidays_in_the_file_follow_from_the_act() {
    let calendar = built_in();
    for year in calendar.years() {
        let mut written = calendar.holidays.clone();
        written.retain(|day, _| day.year() == year);
        assert_eq!(written, act::holidays(year), "{year}");
    }
}

#[test]
fn the_act_as_worked_out_gives_the_official_past() {
    // From the Cabinet Office's list: substitutes, a day between, and both kinds of equinox.
    for (day, name) in [
        ("2022-09-23", "秋分の日"),
        ("2023-01-02", "振替休日"),
        ("2023-03-21", "春分の日"),
        ("2024-02-12", "振替休日"),
        ("2024-03-20", "春分の日"),
        ("2024-09-22", "秋分の日"),
        ("2024-09-23", "振替休日"),
        ("2025-05-06", "振替休日"),
        ("2025-11-24", "振替休日"),
        ("2032-09-21", "国民の休日"),
    ] {
        let day = date(day);
        assert_eq!(
            act::holidays(day.year()).get(&day).map(String::as_str),
            Some(name),
            "{day}"
        );
    }
    assert_eq!(act::holidays(2024).len(), 21);
    assert_eq!(act::holidays(2025).len(), 19);
}

#[test]
fn the_longest_closure_is_counted_over_weekends_holidays_and_the_turn_of_the_year() {
    // 29 December 2026 (Tuesday) to 3 January 2027 (Sunday); golden weeks are shorter.
    assert_eq!(built_in().longest_closure(), 6);
    assert_eq!(BusinessCalendar::always_open().longest_closure(), 0);
}

proptest! {
    /// Whatever the moment: the opening is not in the past, is open, and nothing before it is; the
    /// promise lies in the future at a closing time and never comes sooner for a later request.
    #[test]
    fn openings_and_promises_agree(seconds in 0..93_400_000_i64, later in 0..700_000_i64) {
        let calendar = built_in();
        let at = japan("2026-01-01 00:00:00") + TimeDelta::seconds(seconds);
        let opening = calendar.next_opening(at).unwrap();
        prop_assert!(opening >= at && calendar.is_open(opening).unwrap());
        prop_assert_eq!(opening == at, calendar.is_open(at).unwrap());
        let middle = at + (opening - at) / 2;
        prop_assert!(middle == opening || !calendar.is_open(middle).unwrap());
        let promised = calendar.promised_by(at).unwrap();
        prop_assert!(promised > at && !calendar.is_open(promised).unwrap());
        prop_assert!(calendar.is_open(promised - TimeDelta::seconds(1)).unwrap());
        let promised_later = calendar.promised_by(at + TimeDelta::seconds(later)).unwrap();
        prop_assert!(promised_later >= promised);
    }
}
