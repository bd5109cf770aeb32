//! The authority is made once, mends an interrupted making, and refuses what would not work.
mod generations;

use std::path::Path;
use std::sync::Arc;

use ca_core::config::{Config, Profiles};
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::certificate::{IntentState, Purpose};
use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::random::OsRandom;
use ca_core::domain::time::{Clock, FixedClock};
use ca_core::domain::token_uri::SignerPlace;
use ca_core::store::{Store, authority, certificate, intent};
use chrono::{DateTime, Duration, Utc};
use openssl::x509::X509;
use secrecy::SecretString;

use super::*;
use crate::certificate::{AlternativeName, Issuer};
use crate::fixture::morning;

struct House {
    _folder: tempfile::TempDir,
    config: Config,
    store: Store,
}

fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.data.folder = folder.path().join("data");
    config.pkcs12.iterations = 10_000;
    ca_core::private_file::create_folder(&config.data.folder).unwrap();
    let store = Store::migrate(&config.database, &config.data.folder).unwrap();
    House {
        _folder: folder,
        config,
        store,
    }
}

fn passphrase() -> SecretString {
    SecretString::from("correct horse battery")
}

fn standing(at: DateTime<Utc>) -> Arc<dyn Clock> {
    Arc::new(FixedClock::new(at))
}

fn act(at: DateTime<Utc>) -> Act {
    Act::new(Actor::Staff("tanaka".into()), at)
}

impl House {
    fn create(&self, key_algorithm: Option<KeyAlgorithm>) -> Result<Issuer, AuthorityError> {
        self.create_with(key_algorithm, &passphrase())
    }

    fn create_with(
        &self,
        key_algorithm: Option<KeyAlgorithm>,
        passphrase: &SecretString,
    ) -> Result<Issuer, AuthorityError> {
        let profiles = Profiles::load(&self.config).unwrap();
        let creation = Creation {
            config: &self.config,
            profiles: &profiles,
            key_algorithm,
            passphrase,
            random: &OsRandom,
            signer: &SignerPlace::File,
            clock: &standing(morning()),
        };
        create_authority(&self.store, &act(morning()), creation)
    }

    fn open_at(&self, at: DateTime<Utc>) -> Result<OpenAuthority, AuthorityError> {
        open_authority(&self.store, &self.config, &passphrase(), &standing(at))
    }
}

fn refusal<T>(result: Result<T, AuthorityError>) -> String {
    result.err().unwrap().to_string()
}

#[test]
fn is_made_once_and_opens() {
    let house = house();
    assert!(refusal(house.open_at(morning())).contains("ca-cli ca init"));
    let root = house.create(None).unwrap();
    let open = house.open_at(morning()).unwrap();
    assert_eq!(open.current().issuer.certificate(), root.certificate());
    assert_eq!(root.public_key().algorithm(), KeyAlgorithm::P384);
    let row = house.store.read(authority::current).unwrap().unwrap();
    assert_eq!(
        row.subject,
        "C=JP, O=電子請求受付センター, CN=電子請求受付センター 認証局 G1"
    );
    assert!(
        house
            .store
            .read(authority::current_sealing_key)
            .unwrap()
            .is_some()
    );
    assert!(matches!(house.create(None), Err(AuthorityError::Exists)));
    assert_eq!(
        house
            .open_at(morning())
            .unwrap()
            .current()
            .issuer
            .certificate(),
        root.certificate()
    );
}

#[test]
fn a_making_that_was_interrupted_goes_on_with_the_keys_that_are_there() {
    let house = house();
    house.create(None).unwrap();
    let key = std::fs::read(KeyPaths::of(&house.config).authority).unwrap();
    // The files are there, the row is not: as after a crash between the two.
    let other = Store::migrate(&house.config.database, Path::new(house._folder.path())).unwrap();
    let again = House {
        store: other,
        ..house
    };
    let wrong = SecretString::from("another passphrase");
    assert!(refusal(again.create_with(None, &wrong)).contains("does not open key file"));
    again.create(None).unwrap();
    assert!(again.open_at(morning()).is_ok());
    assert_eq!(
        std::fs::read(KeyPaths::of(&again.config).authority).unwrap(),
        key
    );
}

#[test]
fn a_weak_passphrase_or_a_bad_subject_leaves_nothing_behind() {
    let mut house = house();
    assert!(refusal(house.create_with(None, &SecretString::from("short"))).contains("at least 12"));
    house.config.authority.subject.clear();
    assert!(refusal(house.create(None)).contains("authority.subject"));
    assert!(!KeyPaths::of(&house.config).authority.exists());
    assert!(house.store.read(authority::current).unwrap().is_none());
}

#[test]
fn an_expired_root_and_a_clock_before_it_are_told_apart() {
    let house = house();
    let root = house.create(None).unwrap();
    let late = refusal(house.open_at(root.validity().not_after + Duration::seconds(1)));
    assert!(
        late.contains("ended at 2051-11-24") && late.contains("new root"),
        "{late}"
    );
    let early = refusal(house.open_at(root.validity().not_before - Duration::seconds(1)));
    assert!(
        early.contains("before the root begins") && early.contains("set the machine's clock"),
        "{early}"
    );
}

#[test]
fn a_key_file_of_another_root_is_refused() {
    let (mine, other) = (house(), house());
    mine.create(None).unwrap();
    other.create(None).unwrap();
    std::fs::copy(
        KeyPaths::of(&other.config).authority,
        KeyPaths::of(&mine.config).authority,
    )
    .unwrap();
    assert!(refusal(mine.open_at(morning())).contains("authority.key_file"));
}

#[test]
fn the_sites_certificate_is_recorded_and_its_files_fit() {
    let house = house();
    house.create(None).unwrap();
    let authority = house.open_at(morning()).unwrap();
    let names: Vec<_> = ["localhost", "127.0.0.1"]
        .iter()
        .map(|n| AlternativeName::parse(n).unwrap())
        .collect();
    let issue = |names: &[AlternativeName]| {
        issue_server_certificate(
            &house.store,
            &act(morning()),
            &authority,
            &house.config,
            names,
            &OsRandom,
        )
    };
    assert!(matches!(issue(&[]), Err(AuthorityError::NoHostName)));
    let issued = issue(&names).unwrap();
    let folder = house.config.data.folder.join("tls");
    let certificate = X509::from_pem(&std::fs::read(folder.join("server.crt")).unwrap()).unwrap();
    let key = openssl::pkey::PKey::private_key_from_pem(
        &std::fs::read(folder.join("server.key")).unwrap(),
    )
    .unwrap();
    assert!(key.public_eq(&certificate.public_key().unwrap()));
    assert_eq!(certificate.to_der().unwrap(), issued.certificate_der);
    assert_eq!(issued.subject, "CN=localhost, O=電子請求受付センター");
    let stored = house
        .store
        .read(|db| certificate::find(db, issued.serial))
        .unwrap()
        .unwrap();
    assert_eq!(stored.purpose, Purpose::Server);
    let intent = house
        .store
        .read(|db| intent::find(db, issued.serial))
        .unwrap()
        .unwrap();
    assert_eq!(intent.state, IntentState::Issued);
    let again = issue(&names).unwrap();
    assert_ne!(again.serial, issued.serial);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
}

#[test]
fn an_operators_certificate_opens_with_its_password() {
    let house = house();
    house.create(None).unwrap();
    let authority = house.open_at(morning()).unwrap();
    let issued = issue_operator_certificate(
        &house.store,
        &act(morning()),
        &authority,
        &house.config,
        "suzuki",
        &SecretString::from("Ab3dEf7gHjK"),
        &OsRandom,
    )
    .unwrap();
    let opened = openssl::pkcs12::Pkcs12::from_der(&issued.pkcs12)
        .unwrap()
        .parse2("Ab3dEf7gHjK")
        .unwrap();
    assert_eq!(
        opened.cert.unwrap().to_der().unwrap(),
        issued.certificate.certificate_der
    );
    let intent = house
        .store
        .read(|db| intent::find(db, issued.certificate.serial))
        .unwrap()
        .unwrap();
    assert_eq!(
        intent.state,
        IntentState::Intended,
        "add_operator settles it together with the operator"
    );
}

#[test]
fn passphrase_is_the_files_first_line() {
    use secrecy::ExposeSecret;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passphrase");
    std::fs::write(&path, "correct horse battery\nsecond line\n").unwrap();
    assert_eq!(
        read_passphrase(&path).unwrap().expose_secret(),
        "correct horse battery"
    );
    std::fs::write(&path, "\n").unwrap();
    assert!(refusal(read_passphrase(&path)).contains("it is empty"));
    assert!(refusal(read_passphrase(&folder.path().join("none"))).contains("first line"));
}
