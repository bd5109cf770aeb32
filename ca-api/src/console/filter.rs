//! What the queue shows, as it stands in the address: a list can be kept as a bookmark and sent to a colleague.

use ca_core::domain::request::{RequestKind, RequestState};
use ca_core::domain::search::SearchText;
use ca_core::store::request::RequestFilter;
use serde::Deserialize;

/// Most characters of a search.
const LONGEST_SEARCH: usize = 64;
/// The last page that is looked at; further requests are found by searching.
const LAST_PAGE: i64 = 10_000;

/// The query of the queue's address. What cannot be read is left out, so that an old bookmark still opens.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    state: String,
    class: String,
    kind: String,
    search: String,
    page: String,
    pick: String,
}

/// The same, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    /// Only this state.
    pub state: RequestState,
    /// Only this class's letters.
    pub class: Option<String>,
    /// Only this kind.
    pub kind: Option<RequestKind>,
    /// Only user IDs or names with this.
    pub search: Option<String>,
    /// Page, from 1.
    pub page: i64,
    /// Whether every box of the page is ticked.
    pub pick_all: bool,
}

impl From<Query> for Filter {
    fn from(query: Query) -> Self {
        let letters = query.class.len() == 2 && query.class.bytes().all(|b| b.is_ascii_uppercase());
        let page = query.page.parse().unwrap_or(1);
        Self {
            state: RequestState::try_from(query.state).unwrap_or(RequestState::Pending),
            class: letters.then_some(query.class),
            kind: RequestKind::try_from(query.kind).ok(),
            search: search(&query.search),
            page: i64::clamp(page, 1, LAST_PAGE),
            pick_all: query.pick == "all",
        }
    }
}

/// What to look for, as typed; none when nothing is left of it once it is folded.
pub(super) fn search(typed: &str) -> Option<String> {
    let typed: String = typed.trim().chars().take(LONGEST_SEARCH).collect();
    SearchText::parse(&typed).map(|_| typed)
}

impl Filter {
    /// As the store takes it.
    pub fn for_store(&self) -> RequestFilter {
        RequestFilter {
            state: Some(self.state),
            kind: self.kind,
            class: self.class.clone(),
            search: self.search.clone(),
            newest_first: !self.state.is_open(),
        }
    }

    /// Whether anything but the state narrows the list.
    pub fn is_narrowed(&self) -> bool {
        self.class.is_some() || self.kind.is_some() || self.search.is_some()
    }

    /// The same in another state, from its first page.
    pub fn in_state(&self, state: RequestState) -> Self {
        Self {
            state,
            page: 1,
            pick_all: false,
            ..self.clone()
        }
    }

    /// The same on another page.
    pub fn on_page(&self, page: i64) -> Self {
        Self {
            page,
            pick_all: false,
            ..self.clone()
        }
    }

    /// The same with every box ticked, or none.
    pub fn picking(&self, pick_all: bool) -> Self {
        Self {
            pick_all,
            ..self.clone()
        }
    }

    /// The address.
    pub fn url(&self) -> String {
        let mut url = format!("/console/requests?state={}", self.state);
        let mut add = |name: &str, value: &str| {
            url.push_str(&format!("&{name}={}", encoded(value)));
        };
        if let Some(class) = &self.class {
            add("class", class);
        }
        if let Some(kind) = self.kind {
            add("kind", kind.as_str());
        }
        if let Some(search) = &self.search {
            add("search", search);
        }
        if self.page > 1 {
            add("page", &self.page.to_string());
        }
        if self.pick_all {
            add("pick", "all");
        }
        url
    }
}

/// Percent-encoding of a value in a query (RFC 3986 §2.1): everything but the unreserved characters.
pub(super) fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Where a form's `back` leads: the queue as it was, never another site.
pub(super) fn own_way_back(back: &str) -> &str {
    let harmless = |b: u8| b.is_ascii_alphanumeric() || b"/?&=%-._~".contains(&b);
    let ours = back == "/console/requests" || back.starts_with("/console/requests?");
    if ours && back.bytes().all(harmless) {
        back
    } else {
        "/console/requests"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(query: &[(&str, &str)]) -> Filter {
        let of = |name: &str| {
            let found = query.iter().find(|(own, _)| *own == name);
            found
                .map(|(_, value)| (*value).to_owned())
                .unwrap_or_default()
        };
        Filter::from(Query {
            state: of("state"),
            class: of("class"),
            kind: of("kind"),
            search: of("search"),
            page: of("page"),
            pick: of("pick"),
        })
    }

    #[test]
    fn an_empty_or_broken_address_shows_what_waits() {
        let waiting = filter(&[]);
        assert_eq!(waiting.state, RequestState::Pending);
        assert_eq!(waiting.url(), "/console/requests?state=pending");
        let broken = [
            ("state", "x"),
            ("class", "'--"),
            ("kind", "x"),
            ("page", "-7"),
        ];
        assert_eq!(filter(&broken), waiting);
    }

    #[test]
    fn an_address_says_all_of_the_filter() {
        let full = filter(&[
            ("state", "failed"),
            ("class", "KJ"),
            ("kind", "renewal"),
            ("search", "さくら"),
            ("page", "3"),
            ("pick", "all"),
        ]);
        assert_eq!(
            full.url(),
            "/console/requests?state=failed&class=KJ&kind=renewal\
             &search=%E3%81%95%E3%81%8F%E3%82%89&page=3&pick=all"
        );
        assert_eq!(own_way_back(&full.url()), full.url());
        assert_eq!(full.in_state(RequestState::Pending).page, 1);
    }

    #[test]
    fn a_search_is_kept_as_typed() {
        assert_eq!(search(" ｻｸﾗ 会 ").as_deref(), Some("ｻｸﾗ 会"));
        assert_eq!(search(" \u{3000}"), None);
    }

    #[test]
    fn the_way_back_stays_in_the_queue() {
        for elsewhere in [
            "",
            "//evil.example",
            "/console/requestsevil",
            "https://evil.example",
            "/console/requests?a=b\r\nSet-Cookie: c",
            "/console/requests?\"><script>",
        ] {
            assert_eq!(
                own_way_back(elsewhere),
                "/console/requests",
                "{elsewhere:?}"
            );
        }
    }
}
