//! One certificate as its owner sees it: whether it holds, until when, and its file.

use ca_core::domain::certificate::CertificateStatus;
use ca_core::domain::renewal::{file_kept_until, file_name, opens_at};
use ca_core::domain::user_id::UserId;
use ca_core::store::certificate::Certificate;
use chrono::{DateTime, TimeDelta, Utc};

use super::certificates::Held;
use super::progress::{RECEIVE, Step, steps};
use crate::page::Page;

/// One certificate as its owner sees it.
#[derive(Debug, Clone)]
pub(crate) struct CertificateCard {
    /// Colour of the state; the words say the same.
    pub(crate) tone: &'static str,
    pub(crate) state: String,
    pub(crate) ready: Option<String>,
    /// The way it came, while it waits to be fetched.
    pub(crate) steps: Vec<Step>,
    /// From when on it can be used, while it cannot yet.
    pub(crate) from: Option<String>,
    pub(crate) until_label: String,
    pub(crate) until: String,
    pub(crate) revoked: Option<String>,
    pub(crate) thumbprint: String,
    pub(crate) serial: String,
    pub(crate) downloaded: String,
    pub(crate) note: String,
    pub(crate) is_valid: bool,
    pub(crate) may_download: bool,
    /// When the file is deleted, where that is before the certificate's end.
    pub(crate) kept_until: Option<String>,
    /// The newest valid one: its button is the page's one action.
    pub(crate) is_first: bool,
}

/// Where a certificate stands for its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Valid,
    Expiring,
    NotYet,
    Expired,
    Revoked,
}

impl Standing {
    fn of(certificate: &Certificate, now: DateTime<Utc>) -> Self {
        match certificate {
            c if c.status == CertificateStatus::Revoked => Self::Revoked,
            c if c.not_after < now => Self::Expired,
            c if now < c.not_before => Self::NotYet,
            c if opens_at(c.not_after) <= now => Self::Expiring,
            _ => Self::Valid,
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Self::Valid => "done",
            Self::Expiring | Self::NotYet => "wait",
            Self::Expired => "quiet",
            Self::Revoked => "bad",
        }
    }

    fn name(self, page: &Page) -> String {
        match self {
            Self::Valid => page.t("my-valid"),
            Self::Expiring => page.t("my-expiring"),
            Self::NotYet => page.t("my-not-yet"),
            Self::Expired => page.t("my-expired"),
            Self::Revoked => page.t("my-revoked"),
        }
    }

    fn is_over(self) -> bool {
        matches!(self, Self::Expired | Self::Revoked)
    }
}

impl CertificateCard {
    /// The card of `certificate` at `now`.
    pub(crate) fn of(
        page: &Page,
        certificate: &Certificate,
        user_id: &UserId,
        newest_end: Option<DateTime<Utc>>,
        kept: Option<TimeDelta>,
        now: DateTime<Utc>,
    ) -> Self {
        let older = newest_end.filter(|end| *end > certificate.not_after);
        let file = file_name(user_id, older.map(|_| certificate.not_after));
        let standing = Standing::of(certificate, now);
        let is_valid = !standing.is_over();
        let is_fresh = is_valid && certificate.download_count == 0;
        let until_label = if standing == Standing::Expired {
            page.t("my-until-was")
        } else {
            page.t("my-until")
        };
        Self {
            tone: standing.tone(),
            state: standing.name(page),
            ready: is_fresh.then(|| page.t("my-ready")),
            steps: if is_fresh {
                steps(page, RECEIVE)
            } else {
                Vec::new()
            },
            from: (standing == Standing::NotYet).then(|| page.moment(certificate.not_before)),
            until_label,
            until: page.day(certificate.not_after),
            revoked: certificate.revoked_at.map(|at| page.day(at)),
            thumbprint: windows_form(&certificate.sha1_thumbprint),
            serial: certificate.serial.to_hex(),
            downloaded: downloads(page, certificate),
            note: page.with("my-download-note", [("file", file)]),
            is_valid,
            may_download: is_valid && certificate.pkcs12.is_some(),
            kept_until: kept_until(page, certificate, kept),
            is_first: false,
        }
    }
}

/// The certificates of an account, newest first, as those that hold and those that are over.
pub(crate) fn cards(
    page: &Page,
    held: &Held,
    user_id: &UserId,
    now: DateTime<Utc>,
) -> (Vec<CertificateCard>, Vec<CertificateCard>) {
    let certificates = &held.certificates;
    let valid = certificates.iter().filter(|own| own.will_hold(now));
    let newest = valid.map(|own| own.not_after).max();
    let all = certificates
        .iter()
        .map(|certificate| CertificateCard::of(page, certificate, user_id, newest, held.kept, now));
    let (mut current, past): (Vec<_>, Vec<_>) = all.partition(|card| card.is_valid);
    if let Some(first) = current.first_mut() {
        first.is_first = true;
    }
    (current, past)
}

/// Until when the file can be downloaded, where that is before the certificate's end.
fn kept_until(page: &Page, certificate: &Certificate, kept: Option<TimeDelta>) -> Option<String> {
    let first_login = certificate.first_portal_login_at;
    let until = file_kept_until(certificate.not_after, first_login, kept);
    let day = (until < certificate.not_after).then(|| page.day(until))?;
    Some(page.with("my-download-until", [("day", day)]))
}

fn downloads(page: &Page, certificate: &Certificate) -> String {
    match certificate.last_downloaded_at {
        Some(last) => {
            let times = certificate.download_count.to_string();
            page.with(
                "my-downloaded-times",
                [("times", times), ("last", page.moment(last))],
            )
        }
        None => page.t("my-downloaded-never"),
    }
}

/// Five groups of eight capitals, as Windows shows a thumbprint.
fn windows_form(sha1_hex: &str) -> String {
    let capitals: Vec<char> = sha1_hex.to_uppercase().chars().collect();
    let groups: Vec<String> = capitals
        .chunks(8)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}
