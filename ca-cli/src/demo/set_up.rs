//! Setting the demo up: root, TLS certificate, operator, accounts, letters. What is there already stays.

use anyhow::{Context, anyhow};
use ca_core::domain::account::AccountDetails;
use ca_core::domain::account_csv::{self, CsvLimits};
use ca_core::domain::password::IssuancePassword;
use ca_core::domain::user_id::UserId;
use ca_core::flow::import_accounts::import_accounts;
use ca_core::private_file;
use ca_core::store::authority::Authority;
use ca_core::store::{Store, account, authority, operator};
use ca_worker::authority::{OpenAuthority, read_passphrase};
use secrecy::{ExposeSecret, SecretString};

use super::place::Place;
use crate::command::operator::add::{self, NewcomerAtConsole};
use crate::command::operator::approval_key;
use crate::command::{ca, certificate};
use crate::desk::make_data_folder;
use crate::file::write_private;
use crate::letter::{LetterText, Order, Press, Selection};

/// Login name of the demo's operator.
pub(crate) const OPERATOR: &str = "operator";
/// The demo's staff; not the operator, who could not decide for accounts of their own registering.
const STAFF: &str = "demo-staff";

/// A demo that is set up.
pub(crate) struct House {
    /// The database.
    pub store: Store,
    /// The root.
    pub root: Authority,
    /// Passphrase of the key files.
    pub passphrase: SecretString,
    /// The accounts of the CSV, in its order.
    pub user_ids: Vec<UserId>,
}

/// The accounts of the CSV; read first, so that a wrong file leaves nothing behind.
pub(crate) fn read_accounts(place: &Place, csv: &[u8]) -> anyhow::Result<Vec<AccountDetails>> {
    let desk = &place.desk;
    let accounts =
        account_csv::read(csv, &desk.config.classes(), CsvLimits::default()).map_err(|errors| {
            anyhow!(crate::command::account::import::refusal(
                "accounts", &errors
            ))
        })?;
    Ok(accounts
        .lines
        .into_iter()
        .map(|line| line.details)
        .collect())
}

/// Sets up what is missing.
pub(crate) fn open(place: &Place, accounts: &[AccountDetails]) -> anyhow::Result<House> {
    let desk = &place.desk;
    make_data_folder(place.folder())?;
    let store = Store::migrate(&desk.config.database, place.folder())?;
    let passphrase = passphrase(place)?;
    if store.read(authority::current)?.is_none() {
        let key = ca::RootKey {
            algorithm: None,
            place: &desk.config.authority.signer,
        };
        ca::make(desk, &store, &passphrase, key, Some(STAFF))?;
    }
    // The data of a demo from before there was one.
    approval_key::make_if_missing(desk)?;
    let opened = desk.authority(&store, None).context(
        "the data of an earlier demo cannot be taken up; move its folder and database away, or name a new one",
    )?;
    certify_site(place, &store, &opened)?;
    add_operator(place, &store, &opened)?;
    import_accounts(&store, &desk.act(Some(STAFF)), STAFF, accounts, false)?;
    Ok(House {
        root: ca::current(&store)?,
        store,
        passphrase,
        user_ids: accounts
            .iter()
            .map(|details| details.user_id.clone())
            .collect(),
    })
}

impl House {
    /// Prints the letters that are due; none if they were printed by an earlier start.
    pub(crate) fn print_first_letters(
        &self,
        place: &Place,
    ) -> anyhow::Result<Option<Vec<LetterText>>> {
        if place.letters().exists() || self.store.read(account::list_letter_due)?.is_empty() {
            return Ok(None);
        }
        self.print_letters(place, Selection::Due { most: None })
            .map(Some)
    }

    /// Prints letters; the passwords on them are known to the caller alone.
    pub(crate) fn print_letters(
        &self,
        place: &Place,
        selection: Selection,
    ) -> anyhow::Result<Vec<LetterText>> {
        let target = place.letters();
        private_file::create_folder(target.parent().unwrap_or(place.folder()))?;
        let desk = &place.desk;
        let press = Press {
            config: &desk.config,
            store: &self.store,
            clock: desk.clock.as_ref(),
            random: desk.random.as_ref(),
        };
        let order = Order {
            selection,
            target,
            replace: false,
        };
        Ok(press.print(STAFF, &order)?.letters)
    }
}

fn passphrase(place: &Place) -> anyhow::Result<SecretString> {
    let file = place.passphrase();
    if !file.exists() {
        write_private(&file, drawn(place).as_bytes())?;
    }
    Ok(read_passphrase(&file)?)
}

fn certify_site(place: &Place, store: &Store, authority: &OpenAuthority) -> anyhow::Result<()> {
    let desk = &place.desk;
    if !desk
        .place(desk.config.tls.certificate.as_ref(), "tls/server.crt")
        .exists()
    {
        certificate::issue_server(desk, store, authority, &[], Some(STAFF))?;
    }
    Ok(())
}

fn add_operator(place: &Place, store: &Store, authority: &OpenAuthority) -> anyhow::Result<()> {
    if store.read(|db| operator::find(db, OPERATOR))?.is_some() {
        return Ok(());
    }
    let file = place.operator_password();
    if !file.exists() {
        write_private(&file, drawn(place).as_bytes())?;
    }
    let password = read_passphrase(&file)?;
    let newcomer = NewcomerAtConsole {
        name: OPERATOR,
        display_name: "審査担当（デモ）",
        own_user_id: None,
        password: &password,
        out: &place.operator_p12(),
    };
    add::add(&place.desk, store, authority, &newcomer, Some(STAFF))
}

/// A fresh secret and a line feed, for a file.
fn drawn(place: &Place) -> String {
    let secret = IssuancePassword::generate(place.desk.random.as_ref());
    format!("{}\n", secret.secret().expose_secret())
}
