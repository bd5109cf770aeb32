//! Whose letters are printed, and what each of them says.

use ca_core::config::Config;
use ca_core::domain::account::AccountStatus;
use ca_core::domain::password::{IssuancePassword, LoginPassword};
use ca_core::domain::random::{Random, bytes};
use ca_core::domain::time::iso_date;
use ca_core::domain::user_id::{Classes, UserId, UserIdError};
use ca_core::store::account::{self, Account};
use ca_core::store::{Store, StoreError};
use chrono::{DateTime, Utc};
use thiserror::Error;

use super::{Addressee, LetterText};

/// Most letters in one PDF: each takes about a megabyte of memory while the run is laid out.
pub const MOST_LETTERS: usize = 1_000;

/// The letters of a run's code: read aloud on the phone, so without look-alikes; sixteen, so that
/// four bits draw one without bias.
const CODE: &[u8; 16] = b"BCDFGHJKMNPRTWXY";

/// Whose letters to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Every account that waits for one, by user ID.
    Due {
        /// At most so many of them.
        most: Option<usize>,
    },
    /// These user IDs, as typed, due or not: their present passwords are replaced.
    UserIds(Vec<String>),
}

/// The accounts of a run.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) accounts: Vec<Account>,
    pub(super) left_over: usize,
}

/// Why it is not settled whose letters to print. Nothing has been done.
#[derive(Debug, Error)]
pub enum SelectionError {
    /// No account waits for a letter.
    #[error(
        "印刷するお知らせはありません。\nNo letter is due: register accounts with `ca-cli account import`, or name some with --user-id."
    )]
    NothingDue,
    /// More than one PDF can hold.
    #[error(
        "{0}通は一度に印刷できる{MOST_LETTERS}通を超えています。--limit で分けてください。\n{0} letters are more than {MOST_LETTERS} at a time: print them in parts with --limit."
    )]
    TooMany(usize),
    /// Something typed is not a user ID.
    #[error("「{typed}」はユーザＩＤではありません。{}\n{typed:?} is not a user ID: {reason}", reason.japanese())]
    NotAUserId {
        /// What was typed.
        typed: String,
        /// Why it is none.
        reason: UserIdError,
    },
    /// These user IDs are not registered.
    #[error(
        "台帳にないユーザＩＤです: {0}\nNot registered: {0}; check them with `ca-cli account list`."
    )]
    Unknown(String),
    /// These accounts are switched off.
    #[error(
        "停止中のユーザＩＤです: {0}\nSwitched off: {0}; switch them on with `ca-cli account enable` first."
    )]
    Disabled(String),
    /// An account's class is no longer configured.
    #[error("区分の設定がないユーザＩＤがあります。\n{0}; add the class under [[class]].")]
    NoClass(#[from] UserIdError),
    /// The database failed.
    #[error("台帳を読めません。\nThe register cannot be read: {0}")]
    Store(#[from] StoreError),
}

/// The accounts that `selection` means.
pub(super) fn choose(
    store: &Store,
    config: &Config,
    selection: &Selection,
) -> Result<Chosen, SelectionError> {
    let mut accounts = match selection {
        Selection::Due { .. } => store.read(account::list_letter_due)?,
        Selection::UserIds(typed) => named(store, &config.classes(), typed)?,
    };
    if accounts.is_empty() {
        return Err(SelectionError::NothingDue);
    }
    let most = match selection {
        Selection::Due { most: Some(most) } => *most,
        _ => accounts.len(),
    };
    let left_over = accounts.len().saturating_sub(most);
    accounts.truncate(most);
    if accounts.len() > MOST_LETTERS {
        return Err(SelectionError::TooMany(accounts.len()));
    }
    Ok(Chosen {
        accounts,
        left_over,
    })
}

fn named(
    store: &Store,
    classes: &Classes,
    typed: &[String],
) -> Result<Vec<Account>, SelectionError> {
    let mut user_ids = typed
        .iter()
        .map(|typed| parse(typed, classes))
        .collect::<Result<Vec<UserId>, _>>()?;
    user_ids.sort();
    user_ids.dedup();
    let (mut accounts, mut unknown) = (Vec::new(), Vec::new());
    for user_id in user_ids {
        match store.read(|db| account::find(db, &user_id))? {
            Some(account) => accounts.push(account),
            None => unknown.push(user_id.to_string()),
        }
    }
    if !unknown.is_empty() {
        return Err(SelectionError::Unknown(unknown.join(", ")));
    }
    let disabled: Vec<&str> = accounts
        .iter()
        .filter(|account| account.status == AccountStatus::Disabled)
        .map(|account| account.user_id.as_str())
        .collect();
    if !disabled.is_empty() {
        return Err(SelectionError::Disabled(disabled.join(", ")));
    }
    Ok(accounts)
}

fn parse(typed: &str, classes: &Classes) -> Result<UserId, SelectionError> {
    UserId::parse(typed, classes)
        .map(|typed| typed.user_id)
        .map_err(|reason| SelectionError::NotAUserId {
            typed: typed.to_owned(),
            reason,
        })
}

/// A letter for each account, with fresh passwords and the next number of this run.
pub(super) fn letters(
    accounts: &[Account],
    config: &Config,
    random: &dyn Random,
    at: DateTime<Utc>,
) -> Result<Vec<LetterText>, SelectionError> {
    let classes = config.classes();
    let run = number(random, at);
    accounts
        .iter()
        .zip(1..)
        .map(|(account, index)| letter(account, &classes, format!("{run}-{index:04}"), random))
        .collect()
}

fn letter(
    account: &Account,
    classes: &Classes,
    number: String,
    random: &dyn Random,
) -> Result<LetterText, SelectionError> {
    Ok(LetterText {
        number,
        user_id: account.user_id.clone(),
        class: classes.class_of(&account.user_id)?.clone(),
        addressee: addressee(account),
        login_password: LoginPassword::generate_temporary(random).secret().clone(),
        issuance_password: IssuancePassword::generate(random).secret().clone(),
    })
}

/// What the window shows of `account`.
pub(super) fn addressee(account: &Account) -> Addressee {
    Addressee {
        postal_code: account.postal_code.clone(),
        address: account.address_lines().map(str::to_owned).collect(),
        name: account.name.clone(),
        recipient: account.recipient.clone(),
    }
}

/// How the numbers of a run's letters begin.
pub(super) fn number(random: &dyn Random, at: DateTime<Utc>) -> String {
    format!("{}-{}", iso_date(at).replace('-', ""), code(random))
}

/// Four letters that tell the runs of a day apart; the database refuses a number used before.
fn code(random: &dyn Random) -> String {
    bytes::<4>(random)
        .iter()
        .filter_map(|byte| CODE.get(usize::from(byte % 16)).copied())
        .map(char::from)
        .collect()
}
