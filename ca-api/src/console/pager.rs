//! Pages of a list.

use crate::page::Page;

/// Rows on a page: what fits into one form and one glance down.
pub(super) const PAGE_ROWS: i64 = 50;

/// The links below a list.
#[derive(Debug)]
pub(super) struct Pager {
    /// Address of the page before.
    pub previous: Option<String>,
    /// Address of the page after.
    pub next: Option<String>,
    /// Which rows these are.
    pub span: String,
}

impl Pager {
    /// The links around page `current` (from 1) of a list of `total` rows.
    pub fn of(page: &Page, current: i64, total: i64, url: impl Fn(i64) -> String) -> Self {
        let first = (current - 1) * PAGE_ROWS + 1;
        let last = i64::min(current * PAGE_ROWS, total);
        let span = [("first", first.min(last)), ("last", last), ("total", total)];
        Self {
            previous: (current > 1).then(|| url(current - 1)),
            next: (last < total).then(|| url(current + 1)),
            span: page.with("console-span", span),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;
    use crate::stage::page;

    #[test]
    fn links_lead_no_further_than_the_list() {
        let page = page(Language::English);
        let pager = |current, total| {
            let pager = Pager::of(&page, current, total, |page| page.to_string());
            (pager.previous, pager.next, pager.span)
        };
        let two = Some("2".to_owned());
        let one = Some("1".to_owned());
        assert_eq!(pager(1, 50), (None, None, "1–50 of 50".to_owned()));
        assert_eq!(pager(1, 51), (None, two, "1–50 of 51".to_owned()));
        assert_eq!(pager(2, 51), (one, None, "51–51 of 51".to_owned()));
    }
}
