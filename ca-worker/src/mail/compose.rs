//! From an outbox row to a message: plain text, Japanese first, English below a rule, no secret in it.
//!
//! The texts are templates; an organisation puts its own into the folder `mail.templates`. The first line
//! is the subject, a blank line follows, then the body.
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use ca_core::config::{Config, ServiceConfig, text_file};
use ca_core::domain::ends::EndingKind;
use ca_core::domain::honorific;
use ca_core::domain::mail::{MailFacts, MailKind, MailedCheckpoint, MailedEnd};
use ca_core::domain::time::{iso_datetime, japanese_datetime};
use ca_core::store::outbox::Mail;
use chrono::DateTime;
use lettre::Address;
use lettre::message::header::{ContentType, MIME_VERSION_1_0};
use lettre::message::{Mailbox, Message};
use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::header::{AutoResponseSuppress, AutoSubmitted, ListHelp, ListId};
use super::layout::wrapped;

/// Writes mails.
pub struct Composer {
    templates: Environment<'static>,
    service: ServiceConfig,
    from: Mailbox,
    reply_to: Mailbox,
}

/// Why a mail cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// An own template is not readable.
    #[error("mail text {0} cannot be read: {1}; correct mail.templates or the file's rights")]
    File(PathBuf, std::io::Error),
    /// A template is wrong, or asks for a fact that this kind of mail does not have.
    #[error("mail text {kind}: {reason}")]
    Template {
        /// The kind of mail.
        kind: MailKind,
        /// What is wrong, with the line.
        reason: String,
    },
    /// An address that is none.
    #[error("{0} is no mail address that can be written to")]
    Address(String),
    /// A fact or a text holds a line end or control character where none may be.
    #[error("{0} holds a line end or a control character")]
    Injection(&'static str),
    /// The row's facts are not readable.
    #[error("the facts of this mail cannot be read")]
    Facts,
    /// The library refused the message.
    #[error("the message cannot be built: {0}")]
    Build(#[from] lettre::error::Error),
}

impl ComposeError {
    /// Whether the fault is in the mail's own row, where no other text mends it.
    pub(super) const fn is_of_the_mail(&self) -> bool {
        match self {
            Self::Address(_) | Self::Injection(_) | Self::Facts => true,
            Self::File(..) | Self::Template { .. } | Self::Build(_) => false,
        }
    }
}

impl Composer {
    /// Reads the texts and tries each of them once, so that a mistake shows at the start and not at night.
    pub fn of(config: &Config) -> Result<Self, ComposeError> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        for &kind in MailKind::ALL {
            let text = own_text(config.mail.templates.as_deref(), kind)?;
            let text = text.unwrap_or_else(|| built_in(kind).to_owned());
            templates
                .add_template_owned(kind.as_str(), text)
                .map_err(|error| template_error(kind, &error))?;
        }
        let name = Some(config.service.name.clone());
        let composer = Self {
            templates,
            from: Mailbox::new(name, address(&config.mail.from)?),
            reply_to: Mailbox::new(None, address(&config.mail.reply_to)?),
            service: config.service.clone(),
        };
        for &kind in MailKind::ALL {
            composer.text(kind, &sample(kind))?;
        }
        Ok(composer)
    }

    /// Writes the message of an outbox row. The same row gives the same message, Message-ID included.
    pub fn compose(&self, mail: &Mail) -> Result<Message, ComposeError> {
        let facts = mail.facts().map_err(|_| ComposeError::Facts)?;
        let (subject, body) = self.text(mail.kind, &facts)?;
        let seconds = u64::try_from(mail.created_at.timestamp()).unwrap_or(0);
        let message = Message::builder()
            .from(self.from.clone())
            .reply_to(self.reply_to.clone())
            .to(Mailbox::new(None, address(&mail.to_address)?))
            .subject(subject)
            .date(UNIX_EPOCH + Duration::from_secs(seconds))
            .message_id(Some(format!("<{}>", checked_message_id(&mail.message_id)?)))
            .header(AutoSubmitted("auto-generated".into()))
            .header(AutoResponseSuppress("All".into()))
            .header(ListId(format!("<notices.{}>", self.service.host)))
            .header(ListHelp(format!("<mailto:{}>", self.reply_to.email)))
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            .body(body)?;
        Ok(message)
    }

    pub(super) fn text(
        &self,
        kind: MailKind,
        facts: &MailFacts,
    ) -> Result<(String, String), ComposeError> {
        let reason = facts.reason.as_deref().unwrap_or_default();
        one_line("the user ID", &facts.user_id)?;
        one_line("the name", &facts.name)?;
        one_line("the title", facts.title.as_deref().unwrap_or_default())?;
        let end = facts.end.as_ref().map(|end| end.name.as_str());
        one_line("the name of what ends", end.unwrap_or_default())?;
        one_line("the code", facts.code.as_deref().unwrap_or_default())?;
        one_line("the reason", &reason.replace(['\r', '\n'], " "))?;
        let rendered = self
            .templates
            .get_template(kind.as_str())
            .and_then(|template| template.render(self.context(facts)))
            .map_err(|error| template_error(kind, &error))?;
        let malformed = || ComposeError::Template {
            kind,
            reason: "the first line is the subject, and a blank line follows it".into(),
        };
        let (subject, rest) = rendered.split_once('\n').ok_or_else(malformed)?;
        let (blank, body) = rest.split_once('\n').ok_or_else(malformed)?;
        if !blank.trim().is_empty() {
            return Err(malformed());
        }
        if subject.chars().any(char::is_control) {
            return Err(ComposeError::Template {
                kind,
                reason: "the subject holds a line end or a control character".into(),
            });
        }
        Ok((subject.trim().to_owned(), wrapped(body)))
    }

    /// What a text may use. A fact that this mail does not have is undefined, and asking for it an error.
    fn context(&self, facts: &MailFacts) -> Value {
        let known = |text: Option<String>| text.map_or(Value::UNDEFINED, Value::from);
        context! {
            user_id => &facts.user_id,
            // The texts add 様.
            name => honorific::stripped(&facts.name),
            reason => known(facts.reason.clone()),
            title => known(facts.title.clone()),
            code => known(facts.code.clone()),
            until => known(facts.until.map(japanese_datetime)),
            until_en => known(facts.until.map(iso_datetime)),
            checkpoint => facts.checkpoint.as_ref().map_or(Value::UNDEFINED, checkpoint),
            end => facts.end.as_ref().map_or(Value::UNDEFINED, end),
            service => &self.service.name,
            service_en => &self.service.name_en,
            url => &self.service.public_url,
            contact => &self.service.contact,
            contact_en => &self.service.contact_en,
        }
    }
}

impl std::fmt::Debug for Composer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Composer({})", self.from)
    }
}

fn checkpoint(mailed: &MailedCheckpoint) -> Value {
    context! {
        file => &mailed.file,
        entries => mailed.entries,
        head => &mailed.head,
        at => japanese_datetime(mailed.at),
        at_en => iso_datetime(mailed.at),
        pem => mailed.pem.trim_end(),
    }
}

fn end(mailed: &MailedEnd) -> Value {
    context! {
        kind => mailed.kind.as_str(),
        name => &mailed.name,
        is_over => mailed.is_over,
    }
}

fn template_error(kind: MailKind, error: &minijinja::Error) -> ComposeError {
    ComposeError::Template {
        kind,
        reason: error.to_string(),
    }
}

/// What goes into a header or one line stays in it.
fn one_line(what: &'static str, text: &str) -> Result<(), ComposeError> {
    if text.chars().any(char::is_control) {
        Err(ComposeError::Injection(what))
    } else {
        Ok(())
    }
}

/// A Message-ID as this product draws them; a row that was written by hand may hold anything.
fn checked_message_id(id: &str) -> Result<&str, ComposeError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '-' | '_');
    if id.len() <= 200 && id.contains('@') && id.chars().all(plain) {
        return Ok(id);
    }
    Err(ComposeError::Injection("the Message-ID"))
}

fn address(text: &str) -> Result<Address, ComposeError> {
    let refuse =
        || ComposeError::Address(text.chars().filter(|c| !c.is_control()).take(80).collect());
    if !text.is_ascii() {
        return Err(refuse());
    }
    text.parse().map_err(|_| refuse())
}

fn own_text(folder: Option<&Path>, kind: MailKind) -> Result<Option<String>, ComposeError> {
    let Some(folder) = folder else {
        return Ok(None);
    };
    let path = folder.join(format!("{kind}.txt"));
    match text_file::read(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ComposeError::File(path, error)),
    }
}

fn built_in(kind: MailKind) -> &'static str {
    match kind {
        MailKind::CertificateReady => include_str!("../../templates/mail/certificate-ready.txt"),
        MailKind::RequestRejected => include_str!("../../templates/mail/request-rejected.txt"),
        MailKind::LoginLocked => include_str!("../../templates/mail/login-locked.txt"),
        MailKind::CertificateExpiring => {
            include_str!("../../templates/mail/certificate-expiring.txt")
        }
        MailKind::ReissueAccepted => include_str!("../../templates/mail/reissue-accepted.txt"),
        MailKind::NoticePublished => include_str!("../../templates/mail/notice-published.txt"),
        MailKind::AddressProof => include_str!("../../templates/mail/address-proof.txt"),
        MailKind::AddressChangeAsked => {
            include_str!("../../templates/mail/address-change-asked.txt")
        }
        MailKind::AddressChanged => include_str!("../../templates/mail/address-changed.txt"),
        MailKind::CertificateRevoked => {
            include_str!("../../templates/mail/certificate-revoked.txt")
        }
        MailKind::CertificateHeld => include_str!("../../templates/mail/certificate-held.txt"),
        MailKind::CertificateReleased => {
            include_str!("../../templates/mail/certificate-released.txt")
        }
        MailKind::AuditCheckpoint => include_str!("../../templates/mail/audit-checkpoint.txt"),
        MailKind::EndsSoon => include_str!("../../templates/mail/ends-soon.txt"),
    }
}

/// The facts that every mail of this kind has, for trying the texts.
fn sample(kind: MailKind) -> MailFacts {
    use MailKind::{AddressChangeAsked, AddressChanged, AddressProof, CertificateReady};
    let until = matches!(
        kind,
        CertificateReady
            | MailKind::CertificateExpiring
            | MailKind::LoginLocked
            | MailKind::CertificateRevoked
            | MailKind::CertificateHeld
            | MailKind::CertificateReleased
            | AddressProof
            | AddressChangeAsked
            | AddressChanged
            | MailKind::EndsSoon
    );
    let word = |there: bool| there.then(|| "見本".to_owned());
    MailFacts {
        user_id: "KJ0000000000".into(),
        name: "見本".into(),
        reason: word(matches!(
            kind,
            MailKind::RequestRejected | MailKind::CertificateRevoked
        )),
        until: until.then_some(DateTime::UNIX_EPOCH),
        title: word(kind == MailKind::NoticePublished),
        code: word(matches!(kind, AddressProof | AddressChangeAsked)),
        checkpoint: (kind == MailKind::AuditCheckpoint).then(|| MailedCheckpoint {
            file: "000000000000-sample.p7s".into(),
            entries: 0,
            head: "0".repeat(64),
            at: DateTime::UNIX_EPOCH,
            pem: "-----BEGIN CMS-----\n-----END CMS-----\n".into(),
        }),
        end: (kind == MailKind::EndsSoon).then(|| MailedEnd {
            kind: EndingKind::Operator,
            name: "sample".into(),
            is_over: false,
        }),
    }
}
