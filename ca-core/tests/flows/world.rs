//! A small world for one test: a database of its own, a root, an operator, accounts with letters.
use ca_core::config::{Config, DatabaseConfig, Profiles};
use ca_core::domain::account::{AccountDetails, AccountField, AccountForm};
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::approval::ApprovalKey;
use ca_core::domain::lock::LockRule;
use ca_core::domain::password::{
    IssuancePassword, LoginPassword, PasswordAgeing, PasswordCost, PasswordHash,
};
use ca_core::domain::profile::{Profile, ProfileName};
use ca_core::domain::random::SeededRandom;
use ca_core::domain::request::RequestId;
use ca_core::domain::seal::{Kem, SealingKey};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::user_id::{Classes, UserId};
use ca_core::flow::approve_requests::{Seen, approve_requests, digest_of};
use ca_core::flow::import_accounts::import_accounts;
use ca_core::flow::log_in::{LogIn, LoggedIn, TryError, TryRules, log_in};
use ca_core::flow::pass_gate::{PassGate, pass_gate};
use ca_core::flow::print_letters::{PrintError, PrintedLetter, print_letters};
use ca_core::flow::record_authority::record_authority;
use ca_core::flow::submit_request::{Submitted, submit_request};
use ca_core::store::account::Account;
use ca_core::store::authority::Authority;
use ca_core::store::letter::LetterRun;
use ca_core::store::operator::{NewOperator, Operator};
use ca_core::store::request::Request;
use ca_core::store::session::Session;
use ca_core::store::{Store, StoreError, account, operator, request};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use hpke::{Kem as _, Serializable};
use secrecy::{ExposeSecret, SecretString};

use crate::rows::of_operator;
pub use crate::rows::{certificate, intent};

/// Runs one test body on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($(#[$note:meta])* $name:ident, $world:ident => $body:block) => {
        mod $name {
            use super::*;
            $(#[$note])*
            #[test]
            fn sqlite() {
                let $world = $crate::world::World::sqlite();
                $body
            }
            $(#[$note])*
            #[test]
            fn postgres() {
                let $world = $crate::world::World::postgres();
                $body
            }
        }
    };
}
pub(crate) use on_both;

/// Cheap hashes: what they cost is not what these tests are about.
pub const RULES: TryRules = TryRules {
    lock: LockRule::DEFAULT,
    cost: PasswordCost {
        memory_kib: 8,
        iterations: 1,
    },
};
pub const HOST: &str = "ca.example.jp";

pub struct World {
    pub store: Store,
    pub random: SeededRandom,
    pub approval_key: ApprovalKey,
    pub profile: Profile,
    pub url: String,
    _folder: tempfile::TempDir,
}

/// An account with the passwords of its letter.
pub struct Office {
    pub id: UserId,
    pub login: SecretString,
    pub issuance: SecretString,
}

/// Wednesday, 25 November 2026, 10:00 in Tokyo, and so many seconds.
pub fn at(seconds: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 25, 1, 0, 0).unwrap() + TimeDelta::seconds(seconds)
}

pub fn staff(seconds: i64) -> Act {
    Act::new(Actor::Staff("sato".into()), at(seconds))
}

pub fn worker(seconds: i64) -> Act {
    Act::new(Actor::Worker("w1".into()), at(seconds))
}

impl World {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("inkan.sqlite").display());
        Self::new(url, folder)
    }

    pub fn postgres() -> Self {
        // As the store does before its first connection.
        openssl_sys::init();
        let server = std::env::var("INKAN_TEST_POSTGRES_URL").expect(
            "INKAN_TEST_POSTGRES_URL is not set: run the tests with `bash tests/run` or `cargo nextest run`",
        );
        let (base, _) = server.rsplit_once('/').unwrap();
        let name = format!(
            "flow_{}",
            uuid::Uuid::from_bytes(ca_core::domain::random::bytes(
                &ca_core::domain::random::OsRandom
            ))
            .simple()
        );
        let mut db = PgConnection::establish(&server).unwrap();
        db.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0"))
            .unwrap();
        Self::new(format!("{base}/{name}"), tempfile::tempdir().unwrap())
    }

    fn new(url: String, folder: tempfile::TempDir) -> Self {
        let database = DatabaseConfig {
            url: url.clone(),
            connections: 32,
        };
        let store = Store::migrate(&database, folder.path()).unwrap();
        let profiles = Profiles::load(&Config::load(None).unwrap()).unwrap();
        let profile = profiles.get(ProfileName::Client).clone();
        let world = Self {
            store,
            random: SeededRandom::new(1),
            approval_key: ApprovalKey::draw(&SeededRandom::new(2)),
            profile,
            url,
            _folder: folder,
        };
        let (_, public) = Kem::gen_keypair();
        let key = SealingKey {
            id: "k1".into(),
            public_key: public.to_bytes().to_vec(),
        };
        record_authority(&world.store, &staff(0), &root(), &key).unwrap();
        world
    }

    /// The same, where the engine may refuse.
    pub fn try_sql(&self, text: &str) -> diesel::QueryResult<()> {
        match self.url.strip_prefix("sqlite:") {
            Some(path) => {
                let mut db = SqliteConnection::establish(path).unwrap();
                db.batch_execute("PRAGMA foreign_keys = ON").unwrap();
                db.batch_execute(text)
            }
            None => PgConnection::establish(&self.url)
                .unwrap()
                .batch_execute(text),
        }
    }

    /// Plain SQL around the product, as somebody with the database's password would type it.
    pub fn sql(&self, text: &str) {
        match self.url.strip_prefix("sqlite:") {
            Some(path) => SqliteConnection::establish(path)
                .unwrap()
                .batch_execute(text),
            None => PgConnection::establish(&self.url)
                .unwrap()
                .batch_execute(text),
        }
        .unwrap();
    }

    pub fn import(&self, digits: &str, by: &str) -> UserId {
        let details = details(digits, "ひまわり介護センター");
        import_accounts(
            &self.store,
            &staff(1),
            by,
            std::slice::from_ref(&details),
            false,
        )
        .unwrap();
        details.user_id
    }

    /// Registers an account by `sato` and prints its letter.
    pub fn office(&self, digits: &str) -> Office {
        let id = self.import(digits, "sato");
        self.print(&id, 2).unwrap()
    }

    pub fn print(&self, id: &UserId, seconds: i64) -> Result<Office, PrintError<std::io::Error>> {
        let login = LoginPassword::generate_temporary(&self.random);
        let issuance = IssuancePassword::generate(&self.random);
        let hash = |secret: &SecretString| {
            PasswordHash::of(secret, RULES.cost, &self.random)
                .unwrap()
                .as_str()
                .to_owned()
        };
        let name = format!("{id}-{seconds}");
        let run = LetterRun {
            id: name.clone(),
            printed_by: "sato".into(),
            printed_at: at(seconds),
            letters: 1,
            pdf_sha256: "0".repeat(64),
        };
        let account = self.account(id);
        let letter = PrintedLetter {
            account_id: account.id,
            number: name,
            replaces: account.issuance_password_hash,
            login_password_hash: hash(login.secret()),
            issuance_password_hash: hash(issuance.secret()),
        };
        print_letters(&self.store, &staff(seconds), &run, &[letter], || Ok(()))?;
        Ok(Office {
            id: id.clone(),
            login: login.secret().clone(),
            issuance: issuance.secret().clone(),
        })
    }

    pub fn account(&self, id: &UserId) -> Account {
        self.store
            .read(|db| account::find(db, id))
            .unwrap()
            .expect("an account")
    }

    /// An operator with a certificate, as `ca-cli operator add` leaves them.
    pub fn operator(&self, name: &str) -> Operator {
        let hash = PasswordHash::of(&"Operator-Password".into(), RULES.cost, &self.random).unwrap();
        let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &self.random);
        let new = NewOperator {
            name,
            display_name: "鈴木 花子",
            password_hash: hash.as_str(),
            own_user_id: None,
            certificate_serial: serial,
            certificate_spki_sha256: "ab",
        };
        let (intent, certificate) = of_operator(serial);
        self.store
            .transaction(|db| {
                ca_core::store::intent::insert(db, &[intent])?;
                ca_core::store::intent::settle(db, &[serial], at(0))?;
                ca_core::store::certificate::insert(db, &[certificate])?;
                operator::insert(db, &new, at(0))
            })
            .unwrap();
        self.store
            .read(|db| operator::find(db, name))
            .unwrap()
            .unwrap()
    }

    pub fn log_in(&self, id: &UserId, password: &str, seconds: i64) -> Result<LoggedIn, TryError> {
        let input = LogIn {
            user_id: id,
            password: &password.into(),
            rules: RULES,
            ageing: PasswordAgeing::DEFAULT,
            absolute: TimeDelta::hours(8),
            host: HOST,
            source: None,
        };
        log_in(&self.store, &self.random, at(seconds), input)
    }

    /// Logs in past the temporary password and through the gate.
    pub fn enter(&self, office: &Office, seconds: i64) -> Session {
        let mut open = self
            .log_in(&office.id, office.login.expose_secret(), seconds)
            .unwrap();
        open.session.stage = ca_core::domain::session::Stage::LoggedIn;
        let account = self.account(&office.id);
        let input = PassGate {
            session: &open.session,
            account: &account,
            password: &office.issuance,
            rules: RULES,
            absolute: TimeDelta::hours(8),
            source: None,
        };
        pass_gate(&self.store, &self.random, at(seconds), input)
            .unwrap()
            .1
    }

    pub fn submit(&self, session: &Session, seconds: i64) -> Request {
        match submit_request(&self.store, at(seconds), session, &self.profile, None).unwrap() {
            Submitted::New(request) => *request,
            Submitted::AlreadyOpen(request) => panic!("request {} is open already", request.id),
        }
    }

    /// A pending request of a fresh account.
    pub fn pending(&self, digits: &str) -> Request {
        let office = self.office(digits);
        self.submit(&self.enter(&office, 10), 20)
    }

    pub fn approve(&self, operator: &Operator, request: &Request, seconds: i64) {
        let seen = self.seen(request);
        let outcome = approve_requests(
            &self.store,
            &self.approval_key,
            at(seconds),
            operator,
            &[seen],
        )
        .unwrap();
        assert_eq!(
            outcome,
            [(
                request.id.clone(),
                ca_core::flow::approve_requests::Decision::Done
            )]
        );
    }

    pub fn seen(&self, request: &Request) -> Seen {
        let account = self
            .store
            .read(|db| account::load(db, request.account_id))
            .unwrap();
        Seen {
            request_id: request.id.clone(),
            digest: digest_of(request, &account).unwrap(),
        }
    }

    pub fn request(&self, id: &RequestId) -> Request {
        self.store
            .read(|db| request::find(db, id))
            .unwrap()
            .expect("a request")
    }

    pub fn count(&self, act: &str) -> usize {
        self.acts().iter().filter(|done| *done == act).count()
    }

    /// Every verb of the audit log, in order.
    pub fn acts(&self) -> Vec<String> {
        let mut acts = Vec::new();
        ca_core::flow::export_audit::export_audit(&self.store, 0, |entry| {
            acts.push(entry.act.clone());
            Ok::<_, StoreError>(())
        })
        .unwrap();
        acts
    }
}

pub fn details(digits: &str, name: &str) -> AccountDetails {
    let mut form = AccountForm::default();
    form.set(AccountField::UserId, format!("KJ{digits}"));
    form.set(AccountField::Name, name);
    form.set(AccountField::PostalCode, "530-0001");
    form.set(AccountField::Address1, "大阪府大阪市北区梅田1-2-3");
    form.set(AccountField::MailAddress, "office@example.jp");
    form.check(&Classes::default()).unwrap()
}

fn root() -> Authority {
    Authority {
        generation: 1,
        certificate_der: vec![0x30, 0],
        subject: "CN=試験 認証局 G1".into(),
        not_before: at(0) - TimeDelta::days(1),
        not_after: at(0) + TimeDelta::days(7_000),
        crl_number: 1,
        status: "active".into(),
        created_at: at(0),
    }
}
