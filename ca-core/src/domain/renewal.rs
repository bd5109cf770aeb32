//! When a certificate may be renewed, of which end people are reminded, and what its files are called.
//!
//! Months are calendar months in Japan: whose certificate ends on 31 March is told on 28 or 29 February.
use chrono::{DateTime, Datelike, Months, TimeDelta, Utc};

use super::time::tokyo;
use super::user_id::UserId;

/// How long before its end a certificate may be renewed (J7).
const OPENS: Months = Months::new(1);

/// From how many days before its end an office without a mail address is sent a letter. Post takes days, so there is
/// one letter for each certificate and no later mark.
pub const LETTER_DAYS: u32 = 30;

/// From when on the next certificate may be asked for, one calendar month before `end`.
pub fn opens_at(end: DateTime<Utc>) -> DateTime<Utc> {
    let local = end.with_timezone(&tokyo()).checked_sub_months(OPENS);
    local.map_or(end, |local| local.with_timezone(&Utc))
}

/// The nearest mark that is due at `now` for something that ends at `end`: the smallest number of days that still
/// reaches to the end. None before the first mark, and none after the end.
///
/// Marks that a clock or a stopped worker jumped over are not made up for: one reminder is enough.
pub fn due_mark(marks: &[u32], end: DateTime<Utc>, now: DateTime<Utc>) -> Option<u32> {
    if now > end {
        return None;
    }
    let reaches = |days: &&u32| end - now <= TimeDelta::days(i64::from(**days));
    marks.iter().filter(reaches).min().copied()
}

/// Until when a PKCS#12 is kept: to the last second of its certificate, or for `kept` after the first login at the portal.
pub fn file_kept_until(
    end: DateTime<Utc>,
    first_login: Option<DateTime<Utc>>,
    kept: Option<TimeDelta>,
) -> DateTime<Utc> {
    let after_login = first_login.zip(kept).map(|(first, kept)| first + kept);
    after_login.map_or(end, |until| until.min(end))
}

/// The file that a PKCS#12 is saved as: `Cert<UserID>.p12` for the newest certificate of an account; an older one
/// that still holds bears the year in which it ends, so that both can lie in one folder.
pub fn file_name(user_id: &UserId, older_until: Option<DateTime<Utc>>) -> String {
    match older_until {
        None => format!("Cert{user_id}.p12"),
        Some(end) => format!("Cert{user_id}-{}.p12", end.with_timezone(&tokyo()).year()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    /// An instant in Tokyo.
    fn at(text: &str) -> DateTime<Utc> {
        let naive = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
        let local = tokyo().from_local_datetime(&naive).unwrap();
        local.with_timezone(&Utc)
    }

    #[test]
    fn renewal_opens_one_calendar_month_before_in_tokyo() {
        for (end, opens) in [
            ("2029-03-31 23:59:59", "2029-02-28 23:59:59"),
            ("2028-03-31 23:59:59", "2028-02-29 23:59:59"),
            ("2028-03-29 10:00:00", "2028-02-29 10:00:00"),
            ("2029-03-29 10:00:00", "2029-02-28 10:00:00"),
            ("2028-02-29 00:00:00", "2028-01-29 00:00:00"),
            ("2029-01-31 08:29:59", "2028-12-31 08:29:59"),
            ("2029-12-31 00:00:00", "2029-11-30 00:00:00"),
            // Still February in London.
            ("2029-03-01 00:30:00", "2029-02-01 00:30:00"),
            ("2029-03-31 08:00:00", "2029-02-28 08:00:00"),
        ] {
            assert_eq!(opens_at(at(end)), at(opens), "{end}");
        }
    }

    #[test]
    fn a_file_is_kept_to_the_end_or_for_some_days_after_the_first_login() {
        let (end, login) = (at("2028-03-31 23:59:59"), at("2026-12-01 09:00:00"));
        let days = TimeDelta::days;
        assert_eq!(file_kept_until(end, None, Some(days(30))), end);
        assert_eq!(file_kept_until(end, Some(login), None), end);
        assert_eq!(file_kept_until(end, Some(login), Some(days(900))), end);
        let soon = file_kept_until(end, Some(login), Some(days(30)));
        assert_eq!(soon, at("2026-12-31 09:00:00"));
    }

    #[test]
    fn the_nearest_mark_is_due_and_no_other() {
        let marks = [30, 14, 7, 1];
        let end = at("2028-03-14 09:59:59");
        let second = TimeDelta::seconds(1);
        for (days, before) in [(30, None), (14, Some(30)), (7, Some(14)), (1, Some(7))] {
            let begins = end - TimeDelta::days(days);
            let days = u32::try_from(days).unwrap();
            assert_eq!(due_mark(&marks, end, begins - second), before);
            assert_eq!(due_mark(&marks, end, begins), Some(days));
            assert_eq!(due_mark(&marks, end, begins + second), Some(days));
        }
        // 29 February lies between: days are days, not dates.
        assert_eq!(end - TimeDelta::days(14), at("2028-02-29 09:59:59"));
        assert_eq!(due_mark(&marks, end, end), Some(1));
        assert_eq!(due_mark(&marks, end, end + second), None);
        assert_eq!(due_mark(&[], end, end), None);
        assert_eq!(due_mark(&[7, 30], end, end - TimeDelta::days(8)), Some(30));
    }

    #[test]
    fn an_older_file_bears_its_year_in_tokyo() {
        let id = UserId::try_from("KJ2700000001".to_owned()).unwrap();
        assert_eq!(file_name(&id, None), "CertKJ2700000001.p12");
        let new_year = at("2027-01-01 00:00:00");
        assert_eq!(file_name(&id, Some(new_year)), "CertKJ2700000001-2027.p12");
        let eve = new_year - TimeDelta::seconds(1);
        assert_eq!(file_name(&id, Some(eve)), "CertKJ2700000001-2026.p12");
    }
}
