//! The text of a notice: plain paragraphs, in which addresses of our own site become links.
use super::LONGEST_BODY;
use crate::domain::text::{EnteredLines, TextError};

/// Paragraphs of lines; between paragraphs stands an empty line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeBody(String);

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text that means itself.
    Text(String),
    /// An address of our own site.
    Link(String),
}

impl NoticeBody {
    /// Reads what was typed: line ends of any kind, empty lines at both ends dropped, several made one.
    ///
    /// # Errors
    /// When nothing is there, when it is too long, and at the first character that no field may hold.
    pub fn parse(entered: &str) -> Result<Self, TextError> {
        EnteredLines::parse(entered, LONGEST_BODY).map(|lines| Self(lines.into()))
    }

    /// A text that was checked when it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text, lines ended by LF.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Paragraphs, lines, pieces. An address is a link if it is one of `sites` or below it; any other stays text,
    /// so that a notice leads nobody away.
    #[must_use]
    pub fn paragraphs(&self, sites: &[&str]) -> Vec<Vec<Vec<Piece>>> {
        let lines = |paragraph: &str| paragraph.lines().map(|line| pieces(line, sites)).collect();
        self.0.split("\n\n").map(lines).collect()
    }
}

fn pieces(line: &str, sites: &[&str]) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some((start, length)) = first_link(rest, sites) {
        let (text, tail) = rest.split_at(start);
        let (link, tail) = tail.split_at(length);
        if !text.is_empty() {
            found.push(Piece::Text(text.to_owned()));
        }
        found.push(Piece::Link(link.to_owned()));
        rest = tail;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest.to_owned()));
    }
    found
}

/// Where the first address of any of our sites stands, and how long it is.
fn first_link(text: &str, sites: &[&str]) -> Option<(usize, usize)> {
    let links = sites
        .iter()
        .filter_map(|site| next_link(text, site.trim_end_matches('/')));
    links.min_by_key(|(start, _)| *start)
}

/// Where the next address of `site` stands, and how long it is.
fn next_link(text: &str, site: &str) -> Option<(usize, usize)> {
    if site.is_empty() {
        return None;
    }
    text.match_indices(site).find_map(|(start, _)| {
        let after = text.get(start + site.len()..)?;
        let in_path = |c: char| c.is_ascii_alphanumeric() || "/-._~%?&=#".contains(c);
        let length = after.find(|c| !in_path(c)).unwrap_or(after.len());
        let path = after.get(..length)?.trim_end_matches(['.', '?', '&', '-']);
        // `https://site.example` must not be found in `https://site.example.evil`.
        let goes_on = after.get(length..)?.starts_with([':', '@']);
        let ours = path.starts_with('/') || (path.is_empty() && !goes_on);
        ours.then_some((start, site.len() + path.len()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SITE: &str = "https://ca.example.jp:8443/";

    fn links(text: &str) -> Vec<String> {
        let body = NoticeBody::parse(text).unwrap();
        let pieces = body.paragraphs(&[SITE]).into_iter().flatten().flatten();
        let link = |piece| match piece {
            Piece::Link(link) => Some(link),
            Piece::Text(_) => None,
        };
        pieces.filter_map(link).collect()
    }

    #[test]
    fn paragraphs_are_kept_and_empty_lines_tidied() {
        let body =
            NoticeBody::parse("\r\n\r\n一行目\r\n　二行目  \r\n\r\n \r\n次の段落\n").unwrap();
        assert_eq!(body.as_str(), "一行目\n　二行目\n\n次の段落");
        assert_eq!(body.paragraphs(&[SITE]).len(), 2);
    }

    #[test]
    fn what_no_field_may_hold_is_refused() {
        assert_eq!(NoticeBody::parse(" \n\u{3000}\n"), Err(TextError::Empty));
        for bad in ["a\u{0}b", "a\u{202E}b", "a\u{1B}b", "a\u{200B}b"] {
            assert!(NoticeBody::parse(bad).is_err(), "{bad:?}");
        }
        let long = "あ".repeat(LONGEST_BODY);
        assert_eq!(NoticeBody::parse(&long).unwrap().as_str(), long);
        assert!(NoticeBody::parse(&format!("{long}あ")).is_err());
    }

    #[test]
    fn our_own_addresses_are_links_and_no_others() {
        let own = "https://ca.example.jp:8443";
        assert_eq!(
            links(&format!("案内（{own}/help/root）をご覧ください。")),
            [format!("{own}/help/root")]
        );
        assert_eq!(
            links(&format!("{own}. {own}/")),
            [own.to_owned(), format!("{own}/")]
        );
        for foreign in [
            "https://evil.example/",
            "https://ca.example.jp:8443.evil.example/",
            "https://ca.example.jp:84430/",
            "https://ca.example.jp:8443@evil.example/",
            "javascript:alert(1)",
            "http://ca.example.jp:8443/",
        ] {
            assert_eq!(links(foreign), Vec::<String>::new(), "{foreign}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_in_pieces(text in "[a-z/. :あ]{1,60}") {
            if let Ok(body) = NoticeBody::parse(&text) {
                let joined: String = body.paragraphs(&["a:"]).into_iter().flatten().flatten().map(|piece| match piece {
                    Piece::Text(text) | Piece::Link(text) => text,
                }).collect();
                prop_assert_eq!(joined, body.as_str());
            }
        }
    }
}
