//! Texts of the pages in two languages: Japanese first, English second (Fluent files, built in).

use std::fmt::{self, Display};
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// One file per area of the site: name, Japanese, English.
pub(crate) const FILES: &[(&str, &str, &str)] = &[
    (
        "audit",
        include_str!("../locale/ja/audit.ftl"),
        include_str!("../locale/en/audit.ftl"),
    ),
    (
        "layout",
        include_str!("../locale/ja/layout.ftl"),
        include_str!("../locale/en/layout.ftl"),
    ),
    (
        "applicant",
        include_str!("../locale/ja/applicant.ftl"),
        include_str!("../locale/en/applicant.ftl"),
    ),
    (
        "help",
        include_str!("../locale/ja/help.ftl"),
        include_str!("../locale/en/help.ftl"),
    ),
    (
        "picture",
        include_str!("../locale/ja/picture.ftl"),
        include_str!("../locale/en/picture.ftl"),
    ),
    (
        "portal",
        include_str!("../locale/ja/portal.ftl"),
        include_str!("../locale/en/portal.ftl"),
    ),
    (
        "access",
        include_str!("../locale/ja/access.ftl"),
        include_str!("../locale/en/access.ftl"),
    ),
    (
        "delegation",
        include_str!("../locale/ja/delegation.ftl"),
        include_str!("../locale/en/delegation.ftl"),
    ),
    (
        "reissue",
        include_str!("../locale/ja/reissue.ftl"),
        include_str!("../locale/en/reissue.ftl"),
    ),
    (
        "console",
        include_str!("../locale/ja/console.ftl"),
        include_str!("../locale/en/console.ftl"),
    ),
    (
        "certificate",
        include_str!("../locale/ja/certificate.ftl"),
        include_str!("../locale/en/certificate.ftl"),
    ),
    (
        "notice",
        include_str!("../locale/ja/notice.ftl"),
        include_str!("../locale/en/notice.ftl"),
    ),
];

/// The languages of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// What a visitor gets who chose nothing: the readers are Japanese offices.
    #[default]
    Japanese,
    /// Reached by the link in the page head.
    English,
}

impl Language {
    /// The BCP 47 tag, as in `<html lang>` and in the cookie.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }

    /// The language of a tag, or `None` for a tag that we do not speak.
    pub fn of_tag(tag: &str) -> Option<Self> {
        [Self::Japanese, Self::English]
            .into_iter()
            .find(|language| language.tag() == tag)
    }

    /// The other one, for the switch.
    pub fn other(self) -> Self {
        match self {
            Self::Japanese => Self::English,
            Self::English => Self::Japanese,
        }
    }
}

/// A text file that does not parse: a mistake of ours, found at start and by the tests.
#[derive(Debug, thiserror::Error)]
#[error(
    "the built-in text file locale/{language}/{file}.ftl is broken: {what}; rebuild the program"
)]
pub struct LocaleError {
    language: &'static str,
    file: &'static str,
    what: String,
}

type Bundle = FluentBundle<FluentResource>;

/// Both languages, parsed once at start.
pub struct Locale {
    japanese: Bundle,
    english: Bundle,
}

impl Locale {
    /// Parses the built-in files.
    pub fn load() -> Result<Self, LocaleError> {
        Ok(Self {
            japanese: bundle(Language::Japanese)?,
            english: bundle(Language::English)?,
        })
    }

    fn bundle(&self, language: Language) -> &Bundle {
        match language {
            Language::Japanese => &self.japanese,
            Language::English => &self.english,
        }
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Locale")
    }
}

/// The texts in one language: what a page holds.
#[derive(Debug, Clone)]
pub struct Texts {
    locale: Arc<Locale>,
    /// The language they are in.
    pub language: Language,
}

impl Texts {
    /// The texts of `locale` in `language`.
    pub fn new(locale: Arc<Locale>, language: Language) -> Self {
        Self { locale, language }
    }

    /// The text of `key`. A missing key shows itself; a test keeps that from being released.
    pub fn text(&self, key: &str) -> String {
        self.format(key, None)
    }

    /// The text of `key` with its variables filled in. Values are text as it is to be read: numbers and dates
    /// are written by us, not by the library, so that both languages keep their own form.
    pub fn with<'a, V: Display>(&self, key: &str, values: impl AsRef<[(&'a str, V)]>) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values.as_ref() {
            args.set((*name).to_owned(), FluentValue::from(value.to_string()));
        }
        self.format(key, Some(&args))
    }

    fn format(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let bundle = self.locale.bundle(self.language);
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(key, "text missing");
            return key.to_owned();
        };
        let mut errors = Vec::new();
        let text = bundle
            .format_pattern(pattern, args, &mut errors)
            .into_owned();
        if !errors.is_empty() {
            tracing::error!(key, ?errors, "text could not be filled in");
        }
        text
    }
}

fn bundle(language: Language) -> Result<Bundle, LocaleError> {
    let identifier: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![identifier]);
    // Without this, invisible marks (U+2068, U+2069) surround each value and travel into copied IDs.
    bundle.set_use_isolating(false);
    for (file, japanese, english) in FILES.iter().copied() {
        let source = match language {
            Language::Japanese => japanese,
            Language::English => english,
        };
        let broken = |what: String| LocaleError {
            language: language.tag(),
            file,
            what,
        };
        let resource = FluentResource::try_new(source.to_owned())
            .map_err(|(_, errors)| broken(format!("{errors:?}")))?;
        bundle
            .add_resource(resource)
            .map_err(|errors| broken(format!("{errors:?}")))?;
    }
    Ok(bundle)
}

#[cfg(test)]
mod tests;
