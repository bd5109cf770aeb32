//! What the tests of this crate share: a root, its key, profiles, a date.
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use ca_core::config::{Config, Profiles};
use ca_core::domain::approval::ApprovalKey;
use ca_core::domain::certificate::{IntentState, Purpose};
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_core::domain::profile::{KeyAlgorithm, ProfileName};
use ca_core::domain::random::OsRandom;
use ca_core::domain::serial::SerialNumber;
use ca_core::store::intent::Intent;
use chrono::{DateTime, Utc};

use crate::certificate::{Issuer, Prepared, SignError, SignedCertificate, self_sign_root, sign};
use crate::journal::{Journal, JournalKey};
use crate::signer::{FileSigner, KeyPair, Signer};
use crate::unseal::SealingKeyPair;

/// A Wednesday morning in Japan, inside business hours.
pub(crate) fn morning() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-25T10:00:00+09:00")
        .unwrap()
        .with_timezone(&Utc)
}

/// Writes an approval key where the configuration expects it, and returns it.
pub(crate) fn approval_key(config: &Config) -> ApprovalKey {
    let (file, key) = (config.approval_key_file(), ApprovalKey::draw(&OsRandom));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, key.to_file()).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    key
}

/// The journal's key of a site that was just made up.
pub(crate) fn journal_key() -> JournalKey {
    JournalKey::of(&SealingKeyPair::generate(&OsRandom).unwrap()).unwrap()
}

/// The built-in profiles.
pub(crate) fn profiles() -> Profiles {
    Profiles::load(&Config::default()).unwrap()
}

/// The default root's subject.
pub(crate) fn root_subject() -> DistinguishedName {
    DistinguishedName::parse(&Config::default().authority.subject).unwrap()
}

/// A root made yesterday, and its signer.
pub(crate) fn root_of(algorithm: KeyAlgorithm) -> (Issuer, FileSigner) {
    let signer = FileSigner::from(KeyPair::generate(algorithm).unwrap());
    let profile = profiles()
        .get(ProfileName::Root)
        .with_key_algorithm(algorithm)
        .unwrap();
    let made = morning() - chrono::Duration::days(1);
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom);
    let issuer = self_sign_root(&profile, &root_subject(), 1, &signer, serial, made).unwrap();
    (issuer, signer)
}

/// A P-384 root and its signer.
pub(crate) fn root() -> (Issuer, FileSigner) {
    root_of(KeyAlgorithm::P384)
}

/// Signs what was prepared; a journal that keeps nothing has its intent.
pub(crate) fn noted_and_signed(
    prepared: Prepared,
    issuer: &Issuer,
    signer: &dyn Signer,
) -> Result<SignedCertificate, SignError> {
    let intent = Intent {
        serial: prepared.serial(),
        purpose: Purpose::Client,
        generation: issuer.generation(),
        request_id: None,
        fence: 0,
        tbs_sha256: prepared.tbs_sha256(),
        profile_sha256: prepared.profile_sha256().to_owned(),
        state: IntentState::Intended,
        recorded_at: morning(),
        settled_at: None,
    };
    let noted = Journal::nowhere().note_intents(morning(), &[intent]);
    sign(prepared, issuer, signer, &noted.unwrap())
}
