//! Business hours for tests that are not about them.

use chrono::Datelike;

/// A calendar that is open around the clock: what these tests are about is not business hours. Every
/// year has to have a holiday; it is half a year away. It begins before the machine's clock and before one that is
/// `clock` days from it.
pub fn always_open(clock: i64) -> String {
    let today = chrono::Utc::now();
    let first = (today + chrono::Duration::days(clock)).year() - 1;
    let far = (today + chrono::Duration::days(182)).format("%m-%d");
    let years = first..today.year() + 5;
    let years: String = years
        .map(|year| format!("[holidays.{year}]\n\"{far}\" = \"休日\"\n"))
        .collect();
    format!(
        "weekdays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\n\
         opening = \"00:00\"\nclosing = \"24:00\"\n{years}"
    )
}
