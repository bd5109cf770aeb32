//! A mail is owed to an account, inside the transaction of the act that it tells of. The one place that asks
//! whether the account has an address, and wants this kind.
use chrono::{DateTime, Utc};

use crate::domain::mail::{MailFacts, MailKind, draw_message_id};
use crate::domain::random::Random;
use crate::store::account::Account;
use crate::store::outbox::NewMail;
use crate::store::{Db, StoreResult, mail_preference, outbox};

/// Where randomness and the host name of Message-IDs come from.
#[derive(Clone, Copy)]
pub struct Postmark<'a> {
    /// For the Message-ID.
    pub random: &'a dyn Random,
    /// Host name for the Message-ID.
    pub host: &'a str,
}

impl std::fmt::Debug for Postmark<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Postmark({})", self.host)
    }
}

impl Postmark<'_> {
    /// A mail to this address, owed at `at`.
    pub(super) fn mail(
        self,
        kind: MailKind,
        to_address: &str,
        facts: MailFacts,
        at: DateTime<Utc>,
    ) -> NewMail {
        NewMail {
            kind,
            to_address: to_address.to_owned(),
            facts,
            message_id: draw_message_id(at, self.random, self.host),
        }
    }
}

/// The facts that every mail to this account has.
pub(super) fn facts_of(account: &Account) -> MailFacts {
    MailFacts {
        user_id: account.user_id.to_string(),
        name: account.name.clone(),
        ..MailFacts::default()
    }
}

/// Puts the mail into the outbox, unless the account has no address or declined this kind; tells whether.
pub(super) fn owe_mail(
    db: &mut Db,
    postmark: Postmark<'_>,
    account: &Account,
    kind: MailKind,
    facts: MailFacts,
    at: DateTime<Utc>,
) -> StoreResult<bool> {
    let Some(to_address) = account.mail_address.as_deref() else {
        return Ok(false);
    };
    if !mail_preference::wants(db, account.id, kind)? {
        return Ok(false);
    }
    outbox::insert(db, &[postmark.mail(kind, to_address, facts, at)], at)?;
    Ok(true)
}
