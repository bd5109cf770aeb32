//! A small register for one test: two accounts, a root, no letter printed yet.

use std::fs;
use std::path::PathBuf;

use ca_core::config::Config;
use ca_core::domain::account::{AccountField, AccountForm};
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::random::SeededRandom;
use ca_core::domain::thumbprint::Thumbprint;
use ca_core::domain::time::{Clock as _, FixedClock};
use ca_core::domain::user_id::{Classes, UserId};
use ca_core::flow::import_accounts::import_accounts;
use ca_core::store::account::Account;
use ca_core::store::authority::Authority;
use ca_core::store::{Store, account, audit, authority};

use super::*;

pub(super) const FIRST: &str = "KJ2700000001";
pub(super) const SECOND: &str = "KJ2700000002";

pub(super) struct Office {
    pub(super) folder: tempfile::TempDir,
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) clock: FixedClock,
    pub(super) random: SeededRandom,
}

impl Office {
    /// A register of two accounts, no letter printed yet.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        (config.password.memory_kib, config.password.iterations) = (8, 1);
        config.class = Classes::default().iter().cloned().collect();
        let store = Store::migrate(&config.database, folder.path()).unwrap();
        let office = Self {
            folder,
            config,
            store,
            clock: FixedClock::new(printed_at()),
            random: SeededRandom::new(1),
        };
        let root = Authority {
            generation: 1,
            certificate_der: b"root".to_vec(),
            subject: "CN=root".to_owned(),
            not_before: printed_at(),
            not_after: printed_at(),
            crl_number: 0,
            status: "active".to_owned(),
            created_at: printed_at(),
        };
        office
            .store
            .transaction(|db| authority::insert(db, &root))
            .unwrap();
        office.register(FIRST, "さくら訪問介護ステーション");
        office.register(SECOND, "髙﨑デイサービス");
        office
    }

    pub(super) fn register(&self, user_id: &str, name: &str) {
        self.move_to(user_id, name, ["大阪府大阪市中央区城見１丁目", "", ""]);
    }

    pub(super) fn move_to(&self, user_id: &str, name: &str, address: [&str; 3]) {
        let [first, second, third] = address;
        let mut form = AccountForm::default();
        for (field, entered) in [
            (AccountField::UserId, user_id),
            (AccountField::Name, name),
            (AccountField::PostalCode, "540-0001"),
            (AccountField::Address1, first),
            (AccountField::Address2, second),
            (AccountField::Address3, third),
        ] {
            form.set(field, entered);
        }
        let details = form.check(&Classes::default()).unwrap();
        import_accounts(&self.store, &self.act(), "sato", &[details], false).unwrap();
    }

    pub(super) fn act(&self) -> Act {
        Act::new(Actor::Staff("sato".to_owned()), self.clock.now())
    }

    pub(super) fn press(&self) -> Press<'_> {
        Press {
            config: &self.config,
            store: &self.store,
            clock: &self.clock,
            random: &self.random,
        }
    }

    pub(super) fn print(&self, order: &Order) -> Result<Printed, PressError> {
        self.press().print("sato", order)
    }

    pub(super) fn target(&self) -> PathBuf {
        self.out().join("letters.pdf")
    }

    /// A folder with nothing but letters.
    pub(super) fn out(&self) -> PathBuf {
        let folder = self.folder.path().join("out");
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    pub(super) fn draft_name(&self, run_id: &str) -> String {
        let root = Thumbprint::of_der(b"root").sha256_hex();
        format!("letters.pdf.{}.{run_id}.draft", &root[..8])
    }

    pub(super) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.out()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    pub(super) fn due(&self) -> Order {
        Order {
            selection: Selection::Due { most: None },
            target: self.target(),
            replace: false,
        }
    }

    pub(super) fn again(&self, user_id: &str) -> Order {
        Order {
            selection: Selection::UserIds(vec![user_id.to_owned()]),
            ..self.due()
        }
    }

    pub(super) fn account(&self, user_id: &str) -> Account {
        let user_id = UserId::try_from(user_id.to_owned()).unwrap();
        self.store
            .read(|db| account::find(db, &user_id))
            .unwrap()
            .unwrap()
    }

    pub(super) fn audited(&self, action: &str) -> usize {
        let entries = self.store.read(|db| audit::page(db, 0, 1_000)).unwrap();
        entries.iter().filter(|entry| entry.act == action).count()
    }

    /// Nothing was printed and nothing is half done.
    pub(super) fn assert_untouched(&self) {
        assert_eq!(self.files(), Vec::<String>::new());
        for user_id in [FIRST, SECOND] {
            let account = self.account(user_id);
            assert!(account.letter_due && account.issuance_password_hash.is_none());
        }
        assert_eq!(self.audited("letter.run"), 0);
    }
}
