//! What waits for somebody, though nothing is wrong.

use ca_core::domain::request::RequestState;

use super::overview::Found;
use super::trouble::later_ends;
use crate::page::Page;

/// One kind of thing that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    /// How many of what.
    pub what: String,
    /// Where to go for it, where the console has a page.
    pub url: Option<&'static str>,
}

/// Everything that waits, decisions first; empty when nobody has to do anything.
pub(super) fn all(page: &Page, found: &Found) -> Vec<Waiting> {
    let pending = found.count(RequestState::Pending);
    let one = |count: i64, what: fn(&Page, i64) -> String, url| {
        (count > 0).then(|| Waiting {
            what: what(page, count),
            url,
        })
    };
    let requests: fn(&Page, i64) -> String =
        |page, count| page.with("console-waiting-requests", [("count", count)]);
    let counted = [
        one(pending, requests, Some("/console/requests?state=pending")),
        one(
            found.reissues,
            |page, count| page.with("console-waiting-reissues", [("count", count)]),
            Some("/console/reissues"),
        ),
        one(
            found.addresses,
            |page, count| page.with("console-waiting-addresses", [("count", count)]),
            Some("/console/addresses"),
        ),
        one(
            found.expiring,
            |page, count| page.with("console-waiting-expiring", [("count", count)]),
            Some("/console/expiring"),
        ),
        one(
            found.delayed,
            |page, count| page.with("console-waiting-mails", [("count", count)]),
            None,
        ),
    ];
    let ends = later_ends(page, found).into_iter();
    let ends = ends.map(|what| Waiting { what, url: None });
    counted.into_iter().flatten().chain(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;
    use crate::stage::{morning, page};
    use ca_core::store::listed::Listed;

    fn none<T>() -> Listed<T> {
        Listed {
            rows: Vec::new(),
            unreadable: Vec::new(),
            total: 0,
        }
    }

    /// Each of the five kinds waits or does not.
    fn found(kinds: u32) -> Found {
        let count = |kind: u32| i64::from(kinds >> kind & 1) * 31;
        Found {
            counts: vec![(RequestState::Pending, count(0)), (RequestState::Issued, 5)],
            oldest: none(),
            signed_today: 5,
            reissues: count(1),
            addresses: count(2),
            expiring: count(3),
            delayed: count(4),
            parked: none(),
            workers: none(),
            orders: none(),
            ends: Vec::new(),
            now: morning(),
        }
    }

    #[test]
    fn every_combination_names_what_waits_and_nothing_else() {
        let words = [
            "31 requests",
            "31 applications",
            "31 changes",
            "31 certificates",
            "31 mails",
        ];
        let page = page(Language::English);
        for kinds in 0..32 {
            let named: Vec<String> = all(&page, &found(kinds))
                .into_iter()
                .map(|one| one.what)
                .collect();
            let expected = words.iter().enumerate();
            let expected: Vec<&str> = expected
                .filter(|(kind, _)| kinds >> kind & 1 == 1)
                .map(|(_, word)| *word)
                .collect();
            assert_eq!(named.len(), expected.len(), "{kinds:05b}: {named:?}");
            for (named, word) in named.iter().zip(expected) {
                assert!(named.starts_with(word), "{kinds:05b}: {named}");
            }
        }
    }
}
