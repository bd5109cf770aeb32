//! The certificate as it will be, and what is different from the one before.

use ca_core::domain::profile::{KeyAlgorithm, Profile, Validity};
use ca_core::domain::time::tokyo;
use ca_core::store::authority::Authority;
use ca_core::store::certificate::Certificate;
use ca_core::store::request::Request;
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use openssl::nid::Nid;
use openssl::x509::X509;

use super::history::short_digest;
use super::when;
use crate::page::Page;

/// One fact: its name, its value, a remark.
#[derive(Debug)]
pub(super) struct Fact {
    /// What it is.
    pub what: String,
    /// The value.
    pub value: String,
    /// Whether the value is to be read letter by letter.
    pub code: bool,
    /// A remark below it.
    pub note: Option<String>,
    /// Whether the remark asks for a person.
    pub alarming: bool,
}

impl Fact {
    /// A fact in words.
    pub fn new(what: String, value: impl Into<String>) -> Self {
        Self {
            what,
            value: value.into(),
            code: false,
            note: None,
            alarming: false,
        }
    }

    /// A fact to be read letter by letter.
    pub fn code(what: String, value: impl Into<String>) -> Self {
        Self {
            code: true,
            ..Self::new(what, value)
        }
    }

    /// The same with a remark that asks for a person.
    pub fn with_alarm(self, note: String) -> Self {
        Self {
            alarming: true,
            ..self.with_note(note)
        }
    }

    /// The same with a remark.
    pub fn with_note(self, note: String) -> Self {
        Self {
            note: Some(note),
            ..self
        }
    }
}

/// Something that the certificate before had otherwise.
#[derive(Debug)]
pub(super) struct Difference {
    /// What it is.
    pub what: String,
    /// As it was.
    pub last: String,
    /// As it will be.
    pub now: String,
}

/// What a request would become now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prospect<'a> {
    /// The request.
    pub request: &'a Request,
    /// The profile it will be issued by.
    pub profile: &'a Profile,
    /// The root that signs.
    pub authority: Option<&'a Authority>,
    /// The end that it follows, where renewals begin at the end of the old certificate.
    pub follows: Option<DateTime<Utc>>,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Prospect<'_> {
    /// What will be signed, as far as it is known before the key and the serial are drawn.
    pub fn facts(&self, page: &Page) -> Vec<Fact> {
        let profile = self.profile;
        let usages = profile
            .extended_key_usage()
            .iter()
            .map(|usage| usage.as_str());
        let usages: Vec<&str> = usages
            .chain(profile.key_usage().iter().map(|usage| usage.as_str()))
            .collect();
        let mut facts = vec![
            Fact::code(page.t("console-fact-subject"), &self.request.subject),
            self.validity(page),
            Fact::new(
                page.t("console-fact-key"),
                key_word(profile.key_algorithm()),
            ),
            Fact::code(page.t("console-fact-usage"), usages.join(", ")),
        ];
        if let Some(authority) = self.authority {
            facts.push(Fact::code(
                page.t("console-fact-issuer"),
                &authority.subject,
            ));
        }
        let hash = short_digest(&profile.sha256());
        let name = Fact::code(page.t("console-fact-profile"), &self.request.profile);
        facts.push(name.with_note(page.with("console-fact-profile-hash", [("hash", hash)])));
        facts
    }

    fn validity(&self, page: &Page) -> Fact {
        let months = [("months", self.profile.validity_months())];
        let fact = Fact::new(
            page.t("console-fact-validity"),
            page.with("console-fact-months", months),
        );
        let Some(authority) = self.authority.filter(|_| self.request.state.is_open()) else {
            return fact;
        };
        let issuer = Validity {
            not_before: authority.not_before,
            not_after: authority.not_after,
        };
        match self
            .profile
            .validity_following(self.follows, self.now, &issuer)
        {
            Ok(validity) if validity.not_before > self.now => {
                let from = page.moment(validity.not_before);
                let until = page.day(validity.not_after);
                fact.with_note(page.with("console-fact-from", [("from", from), ("until", until)]))
            }
            Ok(validity) => {
                let until = page.day(validity.not_after);
                fact.with_note(page.with("console-fact-until", [("until", until)]))
            }
            Err(error) => fact.with_note(error.to_string()),
        }
    }

    /// What the certificate before had otherwise.
    pub fn differences(&self, page: &Page, last: &Certificate) -> Vec<Difference> {
        let profile = self.profile;
        let months = |months: i32| page.with("console-months", [("months", months)]);
        let generation = |number: i64| page.with("console-generation", [("generation", number)]);
        let now_months = i32::try_from(profile.validity_months()).unwrap_or(i32::MAX);
        let key = key_word(profile.key_algorithm()).to_owned();
        let issuer = self.authority.map_or(last.generation, |own| own.generation);
        let pairs = [
            (
                page.t("console-fact-subject"),
                last.subject.clone(),
                self.request.subject.clone(),
            ),
            (
                page.t("console-fact-key"),
                key_of(&last.certificate_der).unwrap_or_else(|| key.clone()),
                key,
            ),
            (
                page.t("console-fact-validity"),
                months(months_of(last)),
                months(now_months),
            ),
            (
                page.t("console-fact-issuer"),
                generation(last.generation),
                generation(issuer),
            ),
        ];
        let differing = pairs.into_iter().filter(|(_, last, now)| last != now);
        differing
            .map(|(what, last, now)| Difference { what, last, now })
            .collect()
    }
}

/// A certificate that is there.
pub(super) fn issued_facts(page: &Page, certificate: &Certificate) -> Vec<Fact> {
    let from = page.moment(certificate.not_before);
    let until = page.moment(certificate.not_after);
    let downloads = match certificate.last_downloaded_at {
        Some(last) => page.with(
            "console-fact-downloaded",
            [
                ("count", certificate.download_count.to_string()),
                ("last", when::short(page, last)),
            ],
        ),
        None => page.t("console-fact-not-downloaded"),
    };
    let mut facts = vec![
        Fact::code(page.t("console-fact-subject"), &certificate.subject),
        Fact::new(page.t("console-fact-validity"), format!("{from} – {until}")),
        Fact::code(page.t("console-fact-serial"), certificate.serial.to_hex()),
        Fact::code(
            page.t("console-fact-thumbprint"),
            &certificate.sha1_thumbprint,
        ),
        Fact::new(page.t("console-fact-downloads"), downloads),
    ];
    if let Some(key) = key_of(&certificate.certificate_der) {
        facts.insert(2, Fact::new(page.t("console-fact-key"), key));
    }
    if let Some(at) = certificate.revoked_at {
        let at = page.moment(at);
        facts.push(Fact::new(page.t("console-fact-revoked"), at));
    }
    facts
}

/// A key's kind and size, the same word for a profile and for a certificate.
fn key_word(key: KeyAlgorithm) -> &'static str {
    match key {
        KeyAlgorithm::P256 => "ECDSA P-256",
        KeyAlgorithm::P384 => "ECDSA P-384",
        KeyAlgorithm::Rsa3072 => "RSA 3072",
        KeyAlgorithm::Rsa4096 => "RSA 4096",
    }
}

fn key_of(der: &[u8]) -> Option<String> {
    let key = X509::from_der(der).ok()?.public_key().ok()?;
    if let Ok(rsa) = key.rsa() {
        return Some(format!("RSA {}", rsa.size() * 8));
    }
    match key.ec_key().ok()?.group().curve_name()? {
        Nid::X9_62_PRIME256V1 => Some("ECDSA P-256".to_owned()),
        Nid::SECP384R1 => Some("ECDSA P-384".to_owned()),
        other => other.short_name().ok().map(|name| format!("ECDSA {name}")),
    }
}

/// Calendar months in Japan from the first to the last second.
fn months_of(certificate: &Certificate) -> i32 {
    let from = certificate.not_before.with_timezone(&tokyo());
    let until = (certificate.not_after + TimeDelta::seconds(1)).with_timezone(&tokyo());
    let number = |at: DateTime<chrono::FixedOffset>| {
        at.year() * 12 + i32::try_from(at.month0()).unwrap_or_default()
    };
    number(until) - number(from)
}
