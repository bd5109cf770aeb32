//! Step 9, notify: the outbox goes out, at least once, at any hour, never before the commit of step 8.
mod compose;
mod folder;
mod header;
mod layout;
mod refusal;
mod smtp;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use ca_core::config::{Config, MailTransport};
use ca_core::fault;
use ca_core::flow::Postmark;
use ca_core::flow::owe_notice_mails::owe_notice_mails;
use ca_core::flow::remind_of_ends::remind_of_ends;
use ca_core::flow::tell_of_ends::tell_of_ends;
use ca_core::queue::outbox::{MailOutcome, settle, take};
use ca_core::store::StoreResult;
use ca_core::store::outbox::Mail;

pub use compose::{ComposeError, Composer};
pub use folder::FolderTransport;
pub use smtp::SmtpMail;

use crate::worker::Worker;

/// Mails taken from the outbox at a time.
const BATCH: u32 = 50;
/// Portions of notices' mails that are put into the outbox before it is looked into.
const PORTIONS: usize = 10;
/// So many mails refused one after the other for reasons that are not theirs: the server refuses this installation.
const REFUSED_IN_A_ROW: usize = 3;

/// A way for mails to leave.
pub trait Transport: Send + Sync {
    /// Hands over one composed mail. Given twice, the receiver can tell by the Message-ID.
    fn send(&self, mail: &Mail, message: &lettre::Message) -> Result<(), SendError>;
}

/// Why a mail did not leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The server cannot be talked to at all: the other mails need not try now.
    #[error("{0}")]
    Unreachable(String),
    /// The server takes no mail of ours like this one, for reasons that are not about the recipient: others may go.
    #[error("{0}")]
    Refused(String),
    /// This mail not now.
    #[error("{0}")]
    Later(String),
    /// This mail never.
    #[error("{0}")]
    Never(String),
}

/// Why mail cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum MailSetupError {
    /// A text is missing or wrong.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// A file that the configuration names cannot be read.
    #[error("{0} cannot be read: {1}; correct [mail] in the configuration")]
    File(PathBuf, String),
    /// The TLS settings are wrong.
    #[error("mail.smtp: {0}")]
    Smtp(String),
}

/// Composes and sends.
pub struct Notifier {
    composer: Composer,
    transport: Box<dyn Transport>,
}

impl Notifier {
    /// As the configuration says: texts, and SMTP or a folder. Nothing is connected to yet.
    pub fn of(config: &Config) -> Result<Self, MailSetupError> {
        let transport: Box<dyn Transport> = match config.mail.transport {
            MailTransport::Folder => Box::new(FolderTransport::of(config)),
            MailTransport::Smtp => Box::new(SmtpMail::of(&config.mail.smtp, &config.service.host)?),
        };
        Ok(Self {
            composer: Composer::of(config)?,
            transport,
        })
    }

    /// The same texts on another way out.
    pub fn with_transport(self, transport: Box<dyn Transport>) -> Self {
        Self { transport, ..self }
    }

    fn deliver(&self, mail: &Mail) -> Result<(), SendError> {
        let message =
            self.composer
                .compose(mail)
                .map_err(|error| match error.is_of_the_mail() {
                    true => SendError::Never(error.to_string()),
                    false => SendError::Refused(error.to_string()),
                })?;
        self.transport.send(mail, &message)
    }
}

impl std::fmt::Debug for Notifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notifier")
    }
}

/// What came of one look into the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notified {
    /// Mails that left.
    pub sent: usize,
    /// Mails to be tried again.
    pub postponed: usize,
    /// Mails that an operator has to look at.
    pub parked: usize,
    /// What the server said, when it could not be talked to or refused mail after mail.
    pub trouble: Option<String>,
    /// The last refusal for a reason that is not the recipient's.
    pub refused: Option<String>,
    refused_in_a_row: usize,
}

/// Owes a bounded part of what published notices owe, then sends what is due. When the server cannot be reached, or refuses
/// mail after mail, the rest of the batch is postponed without a try.
pub fn notify(worker: &Worker) -> StoreResult<Notified> {
    let now = worker.clock.now();
    let postmark = Postmark {
        random: worker.random.as_ref(),
        host: &worker.settings.host,
    };
    for _ in 0..PORTIONS {
        if owe_notice_mails(&worker.store, postmark, now)? == 0 {
            break;
        }
    }
    if worker.is_time_to_remind(now) {
        let marks = &worker.settings.renewal.reminder_days;
        remind_of_ends(&worker.store, &worker.act(), postmark, marks)?;
        announce_ends(worker, postmark)?;
    }
    let mut notified = Notified::default();
    // Anew: what was owed just now is due.
    let now = worker.clock.now();
    let until = now + worker.settings.lease;
    for mail in take(&worker.store, &worker.name, until, BATCH, now)? {
        let outcome = match (&notified.trouble, &worker.notifier) {
            (Some(trouble), _) => MailOutcome::ServerAway(trouble.clone()),
            (None, notifier) => {
                fault::before("notify")?;
                let delivered = notifier.deliver(&mail);
                fault::after("notify")?;
                outcome(delivered, &mut notified)
            }
        };
        match &outcome {
            MailOutcome::Sent => notified.sent += 1,
            MailOutcome::Later(_) | MailOutcome::Refused(_) | MailOutcome::ServerAway(_) => {
                notified.postponed += 1;
            }
            MailOutcome::Never(reason) => {
                tracing::error!(
                    mail = mail.id,
                    reason,
                    "a mail is parked; an operator has to look at it"
                );
                notified.parked += 1;
            }
        }
        settle(
            &worker.store,
            &worker.name,
            &mail,
            &outcome,
            worker.clock.now(),
        )?;
    }
    Ok(notified)
}

/// Tells those who run the service what of it ends, by mail and in the log.
fn announce_ends(worker: &Worker, postmark: Postmark<'_>) -> StoreResult<()> {
    let calendar = worker.calendar.covered_until();
    let mail_to = &worker.settings.operators_mail;
    for (end, days) in tell_of_ends(&worker.store, &worker.act(), postmark, mail_to, calendar)? {
        tracing::warn!(
            what = %end.kind,
            name = end.name,
            last_second = %end.at,
            within_days = days,
            "something ends, or has ended, that people have to renew; docs/operations.md says how"
        );
    }
    Ok(())
}

fn outcome(sent: Result<(), SendError>, notified: &mut Notified) -> MailOutcome {
    if !matches!(sent, Err(SendError::Refused(_))) {
        notified.refused_in_a_row = 0;
    }
    match sent {
        Ok(()) => MailOutcome::Sent,
        Err(SendError::Later(reason)) => MailOutcome::Later(reason),
        Err(SendError::Never(reason)) => MailOutcome::Never(reason),
        Err(SendError::Refused(reason)) => {
            notified.refused_in_a_row += 1;
            notified.refused = Some(reason.clone());
            if notified.refused_in_a_row >= REFUSED_IN_A_ROW {
                notified.trouble = Some(reason.clone());
            }
            MailOutcome::Refused(reason)
        }
        Err(SendError::Unreachable(reason)) => {
            notified.trouble = Some(reason.clone());
            MailOutcome::ServerAway(reason)
        }
    }
}
