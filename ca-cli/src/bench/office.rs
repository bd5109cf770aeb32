//! Offices that ask for certificates, and the operator who approves them.

use anyhow::Context;
use ca_core::config::Config;
use ca_core::domain::account::{AccountDetails, AccountField, AccountForm};
use ca_core::domain::approval::ApprovalKey;
use ca_core::domain::profile::{Profile, ProfileName};
use ca_core::domain::random::OsRandom;
use ca_core::domain::request::{RequestId, RequestKind};
use ca_core::domain::seal::{SealedPassword, SealingKey, seal};
use ca_core::domain::time::{Clock, SystemClock};
use ca_core::domain::user_id::Classes;
use ca_core::flow::add_operator::add_operator;
use ca_core::flow::approve_requests::{Seen, approve_requests, digest_of};
use ca_core::store::operator::{NewOperator, Operator};
use ca_core::store::request::NewRequest;
use ca_core::store::{Db, Store, StoreError, StoreResult, account, authority, operator, request};
use ca_worker::authority::{issue_operator_certificate, note_operator};
use ca_worker::worker::Worker;
use secrecy::SecretString;

use super::stage::{PASSWORD, staff};

/// The operator's name.
const OPERATOR: &str = "operator";

/// Those who ask and the one who approves.
pub(super) struct Office<'a> {
    operator: Operator,
    approval_key: &'a ApprovalKey,
    sealing_key: SealingKey,
    /// What all of them send instead of a password that was sealed for each.
    pub(super) sealed: Option<SealedPassword>,
    client: &'a Profile,
}

/// A request before it is in the database.
pub(super) struct Asked {
    details: AccountDetails,
    id: RequestId,
    subject: String,
    pub(super) sealed: SealedPassword,
}

/// The one who approves.
pub(super) fn enrol_operator(worker: &Worker) -> anyhow::Result<()> {
    let store = &worker.store;
    let (config, password) = (Config::default(), PASSWORD.into());
    let issued = issue_operator_certificate(
        store,
        &staff(),
        &worker.authority,
        &config,
        OPERATOR,
        &password,
        &OsRandom,
    )?;
    let new = NewOperator {
        name: OPERATOR,
        display_name: OPERATOR,
        password_hash: "none",
        own_user_id: None,
        certificate_serial: issued.certificate.serial,
        certificate_spki_sha256: &issued.certificate.spki_sha256,
    };
    add_operator(store, &staff(), &new, &issued.certificate)?;
    note_operator(&worker.authority, &staff(), &issued);
    Ok(())
}

impl<'a> Office<'a> {
    pub(super) fn open(worker: &'a Worker) -> anyhow::Result<Self> {
        let store = &worker.store;
        let operator = store
            .read(|db| operator::find(db, OPERATOR))?
            .context("the operator")?;
        let sealing_key = store
            .read(authority::current_sealing_key)?
            .context("the sealing key")?;
        Ok(Self {
            operator,
            approval_key: &worker.approval_key,
            sealing_key,
            sealed: None,
            client: worker.profiles.get(ProfileName::Client),
        })
    }

    /// Accounts with these numbers, each with a request that was approved.
    pub(super) fn ask(&self, store: &Store, numbers: &[usize]) -> anyhow::Result<()> {
        let asked = numbers
            .iter()
            .map(|number| self.asked(*number))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let seen = store.transaction(|db| {
            let seen = asked.iter().map(|asked| insert(db, asked));
            seen.collect::<StoreResult<Vec<_>>>()
        })?;
        approve_requests(
            store,
            self.approval_key,
            SystemClock.now(),
            &self.operator,
            &seen,
        )?;
        Ok(())
    }

    pub(super) fn asked(&self, number: usize) -> anyhow::Result<Asked> {
        let mut form = AccountForm::default();
        form.set(AccountField::UserId, format!("KJ{number:010}"));
        form.set(AccountField::Name, "ひまわり介護センター");
        form.set(AccountField::PostalCode, "530-0001");
        form.set(AccountField::Address1, "大阪府大阪市北区梅田1-2-3");
        form.set(AccountField::MailAddress, "office@example.jp");
        let details = form
            .check(&Classes::default())
            .map_err(|_| anyhow::anyhow!("number {number} makes no user ID"))?;
        let id = RequestId::draw(SystemClock.now(), &OsRandom);
        let sealed = match &self.sealed {
            Some(sealed) => sealed.clone(),
            None => seal(
                &SecretString::from(PASSWORD),
                &self.sealing_key,
                &id,
                &details.user_id,
            )?,
        };
        let subject = self
            .client
            .subject_of(details.user_id.as_str())?
            .to_string();
        Ok(Asked {
            details,
            id,
            subject,
            sealed,
        })
    }
}

fn insert(db: &mut Db, asked: &Asked) -> StoreResult<Seen> {
    let missing = |what: &str| StoreError::Missing(what.to_owned());
    let now = SystemClock.now();
    account::insert(db, &asked.details, "staff", now)?;
    let account =
        account::find(db, &asked.details.user_id)?.ok_or_else(|| missing("the account"))?;
    let new = NewRequest {
        id: &asked.id,
        account_id: account.id,
        kind: RequestKind::First,
        profile: "client",
        subject: &asked.subject,
        sealed: &asked.sealed,
        submitted_at: now,
        promised_at: None,
    };
    request::insert(db, &new)?;
    let request = request::find(db, &asked.id)?.ok_or_else(|| missing("the request"))?;
    let digest = digest_of(&request, &account).ok_or_else(|| missing("the sealed password"))?;
    Ok(Seen {
        request_id: request.id,
        digest,
    })
}
