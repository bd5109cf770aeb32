//! The desk that staff sits at: configuration, clock, randomness, and the way to the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use ca_core::config::{Config, DatabaseUrl, text_file};
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::calendar::{BUILT_IN, BusinessCalendar};
use ca_core::domain::password::PasswordCost;
use ca_core::domain::random::{OsRandom, Random};
use ca_core::domain::time::{Clock, SystemClock};
use ca_core::domain::user_id::UserId;
use ca_core::private_file;
use ca_core::store::Store;
use ca_worker::authority::{OpenAuthority, journal_key, open_authority};
use ca_worker::journal::{JournalKey, check_journal};
use chrono::{DateTime, Utc};

use crate::passphrase;

/// What every command needs.
pub struct Desk {
    /// The configuration, checked.
    pub config: Config,
    /// Now.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Desk {
    /// Reads the configuration; `data` stands above the file's folder.
    pub fn open(config: Option<&Path>, data: Option<&Path>) -> anyhow::Result<Self> {
        let mut config = Config::load(config)?;
        if let Some(folder) = data {
            config.data.folder = folder.to_owned();
        }
        Ok(Self::of(config))
    }

    /// A desk for a configuration at hand.
    pub fn of(config: Config) -> Self {
        Self {
            config,
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        }
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.config.data.folder
    }

    /// The present instant.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The database, if its schema is this program's.
    pub fn store(&self) -> anyhow::Result<Store> {
        self.expect_database()?;
        Ok(Store::open(&self.config.database, self.data())?)
    }

    /// An embedded database that is not there is a wrong folder or a missing set-up, not an empty database.
    pub fn expect_database(&self) -> anyhow::Result<()> {
        if let DatabaseUrl::Sqlite(file) = self.config.database.target(self.data())
            && !file.exists()
        {
            bail!(
                "there is no database at {}; run `ca-cli ca init` to set one up, or name the right place \
                 with --data or --config",
                file.display()
            );
        }
        Ok(())
    }

    /// The certificate authority to issue from: its newest root. Otherwise as [`Self::any_authority`].
    pub fn authority(&self, store: &Store, file: Option<&Path>) -> anyhow::Result<OpenAuthority> {
        Ok(self.any_authority(store, file)?.from_newest()?)
    }

    /// The certificate authority with the keys that are here; the passphrase comes from `file`, the configuration or a
    /// terminal. Refused while the journal knows more than the database.
    pub fn any_authority(
        &self,
        store: &Store,
        file: Option<&Path>,
    ) -> anyhow::Result<OpenAuthority> {
        let file = file.or(self.config.authority.passphrase_file.as_deref());
        let passphrase = passphrase::existing(file, "passphrase of the CA key")?;
        let authority = open_authority(store, &self.config, &passphrase, &self.clock)?;
        check_journal(store, authority.journal(), self.now())?;
        Ok(authority)
    }

    /// The key of the MACs in the journals, from the sealing key's file; its passphrase comes from `file`, the configuration
    /// or a terminal.
    pub fn journal_key(&self, file: Option<&Path>) -> anyhow::Result<JournalKey> {
        let file = file.or(self.config.authority.passphrase_file.as_deref());
        let passphrase = passphrase::existing(file, "passphrase of the sealing key")?;
        journal_key(&self.config, &passphrase)
            .context("the journals' MACs are judged by a key that follows from the sealing key")
    }

    /// An act of the person at this desk.
    pub fn act(&self, name: Option<&str>) -> Act {
        Act::new(Actor::Staff(staff_name(name)), self.now())
    }

    /// The business calendar of the configuration.
    pub fn calendar(&self) -> anyhow::Result<BusinessCalendar> {
        let place = self.config.calendar.file.as_ref();
        BusinessCalendar::from_toml(&self.calendar_text()?).map_err(|error| match place {
            Some(file) => anyhow::Error::from(error).context(file.display().to_string()),
            None => error.into(),
        })
    }

    /// The calendar file as it is written.
    pub fn calendar_text(&self) -> anyhow::Result<String> {
        match &self.config.calendar.file {
            Some(file) => read_text(file),
            None => Ok(BUILT_IN.to_owned()),
        }
    }

    /// What a password hash costs here.
    pub fn password_cost(&self) -> PasswordCost {
        self.config.password.cost()
    }

    /// A user ID as staff typed it.
    pub fn user_id(&self, typed: &str) -> anyhow::Result<UserId> {
        Ok(UserId::parse(typed, &self.config.classes())?.user_id)
    }

    /// A path of the configuration, or its usual place in the data folder.
    pub fn place(&self, configured: Option<&PathBuf>, usual: &str) -> PathBuf {
        configured
            .cloned()
            .unwrap_or_else(|| self.data().join(usual))
    }
}

/// The name under which staff acts: as given, else the machine's account name.
pub fn staff_name(given: Option<&str>) -> String {
    let machine = || {
        ["LOGNAME", "USER"]
            .iter()
            .find_map(|key| std::env::var(key).ok())
    };
    given
        .map(str::to_owned)
        .or_else(machine)
        .filter(|name| !name.trim().is_empty())
        .unwrap_or_else(|| "staff".to_owned())
}

/// Makes the data folder, for its owner alone, if it is not there.
pub fn make_data_folder(folder: &Path) -> anyhow::Result<()> {
    private_file::create_folder(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// The text of a file; the error names it.
pub fn read_text(file: &Path) -> anyhow::Result<String> {
    text_file::read(file).map_err(|error| {
        anyhow::Error::from(error).context(format!("cannot read {}", file.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_database_says_what_to_run() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::open(None, Some(folder.path())).unwrap();
        let said = desk.store().unwrap_err().to_string();
        assert!(said.contains("ca-cli ca init"), "{said}");
        assert!(
            said.contains(&folder.path().display().to_string()),
            "{said}"
        );
    }

    #[test]
    fn a_given_name_stands_above_the_machines() {
        assert_eq!(staff_name(Some("佐藤")), "佐藤");
        assert!(!staff_name(None).is_empty());
    }
}
