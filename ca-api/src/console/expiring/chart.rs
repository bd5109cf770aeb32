//! Twelve months as bars: how many certificates without a successor end in each.

use ca_core::domain::time::tokyo;
use chrono::{DateTime, Datelike, Months, Utc};

use crate::page::Page;

/// Months in the chart.
const MONTHS: u32 = 12;
/// The tallest bar, in units of the drawing.
const TALLEST: usize = 80;
/// From one bar to the next.
const STEP: usize = 40;

/// One month.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub label: String,
    pub count: usize,
    pub x: usize,
    pub y: usize,
    pub height: usize,
    /// Where the middle of the bar is, for its texts.
    pub middle: usize,
    /// Where the figure stands.
    pub figure: usize,
}

/// This month and the eleven after it.
pub(super) fn bars(page: &Page, ends: &[DateTime<Utc>], now: DateTime<Utc>) -> Vec<Bar> {
    let today = now.with_timezone(&tokyo()).date_naive();
    let first = today.with_day(1).unwrap_or(today);
    let months: Vec<_> = (0..MONTHS)
        .filter_map(|month| first.checked_add_months(Months::new(month)))
        .map(|month| (month.year(), month.month()))
        .collect();
    let counts: Vec<usize> = months
        .iter()
        .map(|month| {
            let own = |end: &&DateTime<Utc>| {
                let local = end.with_timezone(&tokyo());
                (local.year(), local.month()) == *month
            };
            ends.iter().filter(own).count()
        })
        .collect();
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let bar = |(place, ((_, month), count)): (usize, ((i32, u32), usize))| {
        let height = (count * TALLEST).div_ceil(most);
        Bar {
            label: page.with("expiring-month", [("month", month)]),
            count,
            x: place * STEP + 6,
            y: TALLEST + 16 - height,
            height,
            middle: place * STEP + STEP / 2,
            figure: TALLEST + 12 - height,
        }
    };
    months
        .into_iter()
        .zip(counts)
        .enumerate()
        .map(bar)
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;
    use crate::locale::Language;
    use crate::stage::{morning, page};

    #[test]
    fn months_are_months_in_tokyo() {
        let at = |month, day, hour| Utc.with_ymd_and_hms(2026, month, day, hour, 0, 0).unwrap();
        // 30 November 23:00 and 1 December 00:00 in Tokyo.
        let ends = [at(11, 30, 14), at(11, 30, 15), at(12, 1, 0)];
        let bars = bars(&page(Language::English), &ends, morning());
        let counts: Vec<usize> = bars.iter().map(|bar| bar.count).collect();
        assert_eq!(counts, [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(
            (bars[1].height, bars[0].height, bars[2].height),
            (80, 40, 0)
        );
    }
}
