//! Distinguished names of the authority and of accounts: what the configuration says, checked.
//!
//! A name keeps the order in which it was written. It holds one value for each type of attribute:
//! the encoder keeps only the last of two, and a name that silently loses a part is another name.
use std::collections::BTreeMap;
use std::fmt;

use super::text::{EnteredText, TextError};

/// The attributes a name may have (RFC 5280 §4.1.2.4 and appendix A.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeType {
    /// `C`: two capital letters, PrintableString.
    Country,
    /// `ST`: prefecture.
    StateOrProvince,
    /// `L`: city.
    Locality,
    /// `O`: organisation.
    Organization,
    /// `OU`: department.
    OrganizationalUnit,
    /// `CN`: the name proper; the user ID in a client certificate.
    CommonName,
}

impl AttributeType {
    /// Every type that can be configured.
    pub const ALL: [Self; 6] = [
        Self::Country,
        Self::StateOrProvince,
        Self::Locality,
        Self::Organization,
        Self::OrganizationalUnit,
        Self::CommonName,
    ];

    /// The key in the configuration and in the text form.
    pub fn key(self) -> &'static str {
        match self {
            Self::Country => "C",
            Self::StateOrProvince => "ST",
            Self::Locality => "L",
            Self::Organization => "O",
            Self::OrganizationalUnit => "OU",
            Self::CommonName => "CN",
        }
    }

    /// The most characters that RFC 5280 appendix A.1 allows (`ub-*`).
    pub fn longest(self) -> usize {
        match self {
            Self::Country => 2,
            Self::StateOrProvince | Self::Locality => 128,
            Self::Organization | Self::OrganizationalUnit | Self::CommonName => 64,
        }
    }

    /// The object identifier (X.520).
    pub fn oid(self) -> &'static [u64] {
        match self {
            Self::Country => &[2, 5, 4, 6],
            Self::StateOrProvince => &[2, 5, 4, 8],
            Self::Locality => &[2, 5, 4, 7],
            Self::Organization => &[2, 5, 4, 10],
            Self::OrganizationalUnit => &[2, 5, 4, 11],
            Self::CommonName => &[2, 5, 4, 3],
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// One attribute as a configuration writes it: `{ CN = "…" }`, one key in each pair of braces.
pub type RawAttribute = BTreeMap<String, String>;

/// One checked attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attribute {
    /// Its type.
    pub kind: AttributeType,
    /// Its value, composed (NFC) and without invisible characters.
    pub value: String,
}

/// A checked name of one to six attributes, in the order they were written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DistinguishedName(Vec<Attribute>);

/// Why a name is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DistinguishedNameError {
    /// There is no attribute at all.
    #[error("a subject needs at least one attribute; write for example [{{ CN = \"…\" }}]")]
    Empty,
    /// Braces with no key or with several.
    #[error(
        "each attribute of a subject stands in braces of its own: [{{ C = \"JP\" }}, {{ CN = \"…\" }}]"
    )]
    Shape,
    /// A key that is none of C, ST, L, O, OU, CN.
    #[error("`{0}` is no attribute of a subject; C, ST, L, O, OU and CN are")]
    UnknownAttribute(String),
    /// The same type twice.
    #[error("{0} stands twice in a subject; once is allowed")]
    Repeated(&'static str),
    /// A value that is empty, longer than RFC 5280 allows, or holds a character that cannot be seen.
    #[error("{kind} in a subject {source}")]
    Value {
        /// The attribute's key.
        kind: &'static str,
        /// What is wrong with the value.
        source: TextError,
    },
    /// A country that is not two capital letters.
    #[error("C in a subject is the country's two capital letters (ISO 3166), for example JP")]
    Country,
}

impl DistinguishedName {
    /// Checks a name as it was configured.
    pub fn parse(raw: &[RawAttribute]) -> Result<Self, DistinguishedNameError> {
        let mut attributes: Vec<Attribute> = Vec::with_capacity(raw.len());
        for braces in raw {
            let attribute = Attribute::parse(braces)?;
            if attributes
                .iter()
                .any(|earlier| earlier.kind == attribute.kind)
            {
                return Err(DistinguishedNameError::Repeated(attribute.kind.key()));
            }
            attributes.push(attribute);
        }
        if attributes.is_empty() {
            return Err(DistinguishedNameError::Empty);
        }
        Ok(Self(attributes))
    }

    /// The name of a later generation of the same authority: a common name that ends in a mark (`G1`) gets the mark
    /// of `generation`, counted from the mark that is written; without a mark the name stays as it is.
    #[must_use]
    pub fn of_generation(&self, generation: i64) -> Self {
        let mut next = self.clone();
        let names = next.0.iter_mut();
        for attribute in names.filter(|one| one.kind == AttributeType::CommonName) {
            if let Some((text, mark)) = generation_mark(&attribute.value) {
                let mark = mark.saturating_add(generation - 1);
                attribute.value = format!("{text}G{mark}");
            }
        }
        next
    }

    /// The attributes in order.
    pub fn attributes(&self) -> &[Attribute] {
        &self.0
    }

    /// The common name, where there is one.
    pub fn common_name(&self) -> Option<&str> {
        let found = self
            .0
            .iter()
            .find(|attribute| attribute.kind == AttributeType::CommonName);
        found.map(|attribute| attribute.value.as_str())
    }
}

impl Attribute {
    fn parse(braces: &RawAttribute) -> Result<Self, DistinguishedNameError> {
        let mut pairs = braces.iter();
        let (Some((key, value)), None) = (pairs.next(), pairs.next()) else {
            return Err(DistinguishedNameError::Shape);
        };
        let kind = AttributeType::from_key(key)
            .ok_or_else(|| DistinguishedNameError::UnknownAttribute(key.clone()))?;
        let value = EnteredText::parse(value, kind.longest()).map_err(|source| {
            DistinguishedNameError::Value {
                kind: kind.key(),
                source,
            }
        })?;
        let value = String::from(value);
        if kind == AttributeType::Country && !is_country(&value) {
            return Err(DistinguishedNameError::Country);
        }
        Ok(Self { kind, value })
    }
}

/// `認証局 G1` is `認証局 ` and 1. The mark is a word of its own.
fn generation_mark(name: &str) -> Option<(&str, i64)> {
    let (text, digits) = name.rsplit_once('G')?;
    let is_word = text.is_empty() || text.ends_with([' ', '\u{3000}']);
    let is_number = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let mark = digits.parse().ok()?;
    (is_word && is_number).then_some((text, mark))
}

fn is_country(value: &str) -> bool {
    value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// `CN=KJ2700000001, O=…`, with RFC 4514's escapes for the characters that part a name.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, attribute) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{}=", attribute.kind.key())?;
            for character in attribute.value.chars() {
                if matches!(
                    character,
                    ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' | '#'
                ) {
                    f.write_str("\\")?;
                }
                write!(f, "{character}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_generation_counts_its_mark_up() {
        let common_name = |name: &str, generation| {
            let raw = [[("CN".to_owned(), name.to_owned())].into()];
            let parsed = DistinguishedName::parse(&raw).unwrap();
            let next = parsed.of_generation(generation);
            next.common_name().unwrap().to_owned()
        };
        assert_eq!(common_name("認証局 G1", 1), "認証局 G1");
        assert_eq!(common_name("認証局 G1", 2), "認証局 G2");
        assert_eq!(common_name("認証局 G9", 3), "認証局 G11");
        assert_eq!(common_name("G3", 2), "G4");
        for without in ["認証局", "ORG1", "認証局 G", "認証局 G1a", "認証局 G12345"] {
            assert_eq!(common_name(without, 2), without);
        }
    }

    fn name(parts: &[(&str, &str)]) -> Result<DistinguishedName, DistinguishedNameError> {
        let braces =
            |(key, value): &(&str, &str)| BTreeMap::from([((*key).into(), (*value).into())]);
        DistinguishedName::parse(&parts.iter().map(braces).collect::<Vec<_>>())
    }

    #[test]
    fn keeps_the_order_it_was_written_in() {
        let client = name(&[("CN", "KJ2700000001"), ("O", "電子請求受付センター")]).unwrap();
        assert_eq!(
            client.to_string(),
            "CN=KJ2700000001, O=電子請求受付センター"
        );
        assert_eq!(client.common_name(), Some("KJ2700000001"));
        let root = name(&[("C", "JP"), ("O", "連合会"), ("CN", "認証局 G1")]).unwrap();
        assert_eq!(root.to_string(), "C=JP, O=連合会, CN=認証局 G1");
    }

    #[test]
    fn composes_what_was_typed_in_pieces() {
        assert_eq!(
            name(&[("CN", "か\u{3099}")]).unwrap().common_name(),
            Some("が")
        );
    }

    #[test]
    fn text_form_cannot_be_split_by_a_value() {
        let tricky = name(&[("CN", "A, O=B")]).unwrap();
        assert_eq!(tricky.to_string(), "CN=A\\, O\\=B");
    }

    #[test]
    fn refuses_what_would_be_lost_or_misread() {
        use DistinguishedNameError as E;
        for (parts, expected) in [
            (vec![], E::Empty),
            (vec![("CN", "a"), ("CN", "b")], E::Repeated("CN")),
            (vec![("DC", "a")], E::UnknownAttribute("DC".into())),
            (vec![("C", "jp")], E::Country),
            (vec![("C", "J")], E::Country),
            (vec![("C", "日本")], E::Country),
        ] {
            assert_eq!(name(&parts), Err(expected), "{parts:?}");
        }
        let two = BTreeMap::from([("C".into(), "JP".into()), ("CN".into(), "a".into())]);
        assert_eq!(DistinguishedName::parse(&[two]), Err(E::Shape));
        assert_eq!(DistinguishedName::parse(&[BTreeMap::new()]), Err(E::Shape));
    }

    #[test]
    fn refuses_values_that_deceive_or_do_not_fit() {
        let long = "あ".repeat(65);
        for (key, value, expected) in [
            ("CN", "", "CN in a subject is empty"),
            ("CN", long.as_str(), "has 65 characters; at most 64 fit"),
            ("CN", "a\0b", "the control character U+0000"),
            ("O", "a\u{202E}b", "the direction mark U+202E"),
            ("O", "a\u{200B}b", "the invisible character U+200B"),
            ("O", "a\u{E000}b", "the private-use character U+E000"),
        ] {
            let message = name(&[(key, value)]).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn sixty_four_japanese_characters_fit() {
        assert!(name(&[("O", &"あ".repeat(64))]).is_ok());
        assert!(name(&[("L", &"あ".repeat(128))]).is_ok());
    }
}
