//! What people type into a search field, compared without what is written in different ways: width, case, half-width
//! katakana, spaces.

use unicode_normalization::UnicodeNormalization;

/// A text as it is compared: Unicode's compatibility forms (NFKC) made one, small letters, no spaces.
#[must_use]
pub fn folded(text: &str) -> String {
    let plain = text.nfkc().flat_map(char::to_lowercase);
    let plain: String = plain.filter(|c| !c.is_whitespace()).collect();
    plain.nfkc().collect()
}

/// Something to look for, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText {
    text: String,
    key: Option<String>,
}

impl SearchText {
    /// Reads what was typed; none when nothing is left of it.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let text = folded(typed);
        let key: String = text.chars().filter(|c| !matches!(c, '-' | ':')).collect();
        let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let key = is_key.then_some(key);
        (!text.is_empty()).then_some(Self { text, key })
    }

    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// As part of a user ID or a serial number, in small letters without hyphens and colons; none if it can be none.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Whether it is part of this user ID or of this name.
    #[must_use]
    pub fn finds(&self, user_id: &str, name: &str) -> bool {
        let in_id = self
            .key()
            .is_some_and(|key| user_id.to_lowercase().contains(key));
        in_id || folded(name).contains(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_katakana_and_spaces_make_no_difference() {
        let name = "ケアサポート　Ａｏｚｏｒａ";
        for typed in [
            "ｹｱｻﾎﾟｰﾄ",
            "ケアサポートＡＯＺＯＲＡ",
            "サポート aozora",
            " AOZORA\u{3000}",
        ] {
            let search = SearchText::parse(typed).unwrap();
            assert!(search.finds("KJ2700000001", name), "{typed}");
        }
        assert!(
            SearchText::parse("がんば")
                .unwrap()
                .finds("", "か\u{3099}んば㈱")
        );
        assert!(SearchText::parse("ガ").unwrap().finds("", "ｶﾞ"));
        assert!(
            !SearchText::parse("看護")
                .unwrap()
                .finds("KJ2700000001", "介護")
        );
        assert_eq!(SearchText::parse(" \u{3000}"), None);
    }

    #[test]
    fn a_user_id_is_found_in_every_form_that_people_type() {
        for typed in ["kj2700", "KJ 2700", "ＫＪ２７００", " KJ-2700 ", "2700"] {
            let search = SearchText::parse(typed).unwrap();
            assert!(search.finds("KJ2700000001", "青空"), "{typed}");
        }
        assert!(
            !SearchText::parse("-")
                .unwrap()
                .finds("KJ2700000001", "青空")
        );
    }
}
