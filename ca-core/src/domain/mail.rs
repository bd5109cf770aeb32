//! What the outbox says about a mail before it is written: its kind and its facts, no secret.
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::ends::EndingKind;
use super::random::{self, Random};
use super::request::words;

/// The occasions on which somebody gets a mail; one mail, one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// The certificate can be downloaded.
    CertificateReady,
    /// An operator rejected the request; the reason is in the facts.
    RequestRejected,
    /// The user ID was locked after wrong passwords.
    LoginLocked,
    /// A reissue of the passwords was accepted: the old ones are void, a letter comes.
    ReissueAccepted,
    /// The certificate ends soon and there is no newer one.
    CertificateExpiring,
    /// A notice waits in the portal; its title is in the facts.
    NoticePublished,
    /// To a new mail address: the code that proves it.
    AddressProof,
    /// To the old mail address: a change was asked for, and the code that agrees to it.
    AddressChangeAsked,
    /// To both: the mail address was changed.
    AddressChanged,
    /// A certificate of the account was revoked; the reason's name is in the facts.
    CertificateRevoked,
    /// A certificate of the account was suspended.
    CertificateHeld,
    /// A certificate of the account was suspended and holds again.
    CertificateReleased,
    /// To an auditor: a signed checkpoint of the audit, to be kept.
    AuditCheckpoint,
    /// To those who run the service: something of it ends soon, or has ended.
    EndsSoon,
}
words!(
    MailKind,
    "kind of mail",
    CertificateReady = "certificate-ready",
    RequestRejected = "request-rejected",
    LoginLocked = "login-locked",
    ReissueAccepted = "reissue-accepted",
    CertificateExpiring = "certificate-expiring",
    NoticePublished = "notice-published",
    AddressProof = "address-proof",
    AddressChangeAsked = "address-change-asked",
    AddressChanged = "address-changed",
    CertificateRevoked = "certificate-revoked",
    CertificateHeld = "certificate-held",
    CertificateReleased = "certificate-released",
    AuditCheckpoint = "audit-checkpoint",
    EndsSoon = "ends-soon",
);

impl MailKind {
    /// Whether it goes to an account; otherwise to somebody whom the configuration names.
    pub const fn is_to_account(self) -> bool {
        !matches!(self, Self::AuditCheckpoint | Self::EndsSoon)
    }

    /// Whether its text holds a code; a mail that was parked or dropped has it no longer.
    pub const fn has_code(self) -> bool {
        matches!(self, Self::AddressProof | Self::AddressChangeAsked)
    }

    /// Whether it goes to the address that the account has when it is sent; the others prove or report an address.
    pub const fn follows_address(self) -> bool {
        let about_address = self.has_code() || matches!(self, Self::AddressChanged);
        self.is_to_account() && !about_address
    }

    /// Whether an account may switch this kind off.
    ///
    /// What answers an own request, or tells of a danger to the account, is always sent.
    pub const fn may_be_declined(self) -> bool {
        match self {
            Self::NoticePublished => true,
            Self::CertificateReady
            | Self::RequestRejected
            | Self::LoginLocked
            | Self::ReissueAccepted
            | Self::CertificateRevoked
            | Self::CertificateHeld
            | Self::CertificateReleased
            | Self::CertificateExpiring
            | Self::AddressProof
            | Self::AddressChangeAsked
            | Self::AddressChanged
            | Self::AuditCheckpoint
            | Self::EndsSoon => false,
        }
    }
}

/// The facts that a mail's text may use. Everything here may be read by anybody on the way.
///
/// A code is one half of a proof: without a session of the same account it opens nothing, it ends within a day,
/// and it goes from the row once the mail has left (docs/decisions/mail-address-change.md).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailFacts {
    /// The account's user ID; empty where the mail is to no account.
    pub user_id: String,
    /// The account's name; empty likewise.
    pub name: String,
    /// The operator's reason, for a rejection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Until when: the certificate's end, or the lock's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// The title of a notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The code that proves that this mail was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// A checkpoint of the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<MailedCheckpoint>,
    /// What of the service ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<MailedEnd>,
}

/// An end as a mail tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailedEnd {
    /// What kind of thing.
    pub kind: EndingKind,
    /// Which one; an operator's name, or a number.
    pub name: String,
    /// Whether it has ended.
    pub is_over: bool,
}

/// A checkpoint as a mail shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailedCheckpoint {
    /// The name of its file.
    pub file: String,
    /// Entries of the audit that it speaks of.
    pub entries: i64,
    /// The hash of the last one.
    pub head: String,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The checkpoint itself, as a PEM block `CMS` (RFC 7468 §9).
    pub pem: String,
}

/// Draws a Message-ID at the instant `at`, without angle brackets (RFC 5322 §3.6.4). It begins with a UUIDv7, so that
/// Message-IDs sort by time: in an index of a million the next one goes to the end, not to a page of its own.
///
/// It is drawn once, when the mail is owed, and stays the same at every try: a reader can tell
/// the second copy of one mail from a second mail.
pub fn draw_message_id(at: DateTime<Utc>, random: &dyn Random, host: &str) -> String {
    format!("{}@{host}", random::uuid_v7(at, random).simple())
}

/// When to try again after `attempts` tries that failed for the moment; `None` gives up.
pub fn next_try(attempts: i64, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let minutes = match attempts {
        ..=1 => 1,
        2 => 5,
        3 => 15,
        4..=8 => 60,
        9..=48 => 180,
        _ => return None,
    };
    Some(at + TimeDelta::minutes(minutes))
}

/// When to try again a mail of `created_at` whose try was not counted: after a quarter of its age, at least a minute
/// and at most `longest`.
pub fn retry_by_age(
    created_at: DateTime<Utc>,
    at: DateTime<Utc>,
    longest: TimeDelta,
) -> DateTime<Utc> {
    at + ((at - created_at) / 4).clamp(TimeDelta::minutes(1), longest)
}
