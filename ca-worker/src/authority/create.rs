//! Making the authority: keys, self-signed root, sealing key pair, first CRL number.
//!
//! 1. The database is asked whether there is a root; if so, nothing happens.
//! 2. The CA key is made: a key file, whole or not at all, never over another; or a key pair on a token
//!    ([`crate::signer::TokenSigner`]). The sealing key's file is written likewise.
//! 3. The root is signed and recorded with the sealing public key in one transaction.
//! 4. It is written to the journal.
//!
//! A crash before 3 leaves keys that no certificate names. Running it again with the same passphrase
//! takes them up instead of making new ones, so every crash is mended by the same command.
use std::path::Path;
use std::sync::Arc;

use ca_core::config::{Config, Profiles};
use ca_core::domain::actor::Act;
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_core::domain::profile::{KeyAlgorithm, Profile, ProfileName};
use ca_core::domain::random::Random;
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::time::Clock;
use ca_core::domain::token_uri::SignerPlace;
use ca_core::flow::record_authority::record_authority;
use ca_core::store::authority::Authority;
use ca_core::store::{Store, authority};
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{AuthorityError, KeyPaths};
use crate::certificate::{Issuer, self_sign_root};
use crate::journal::{Journal, JournalKey};
use crate::key_file::{self, KeyFileError};
use crate::signer::{CeremonyNote, FileSigner, KeyPair, Signer, key_on_token};
use crate::unseal::{SealingKeyError, SealingKeyPair};

/// The first generation, and the number before the first CRL's.
const FIRST_GENERATION: i64 = 1;
const CRL_SEED: i64 = 0;

/// What a new authority is made of.
#[derive(Clone, Copy)]
pub struct Creation<'a> {
    /// The configuration: subject and paths.
    pub config: &'a Config,
    /// The profiles; the root's counts.
    pub profiles: &'a Profiles,
    /// Another key than the profile's, if asked for.
    pub key_algorithm: Option<KeyAlgorithm>,
    /// Where the CA key is made.
    pub signer: &'a SignerPlace,
    /// Protects the key files.
    pub passphrase: &'a SecretString,
    /// Salts, serial and sealing key.
    pub random: &'a dyn Random,
    /// When a token may be asked again.
    pub clock: &'a Arc<dyn Clock>,
}

impl std::fmt::Debug for Creation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Creation({:?})", self.key_algorithm)
    }
}

/// Makes the authority. See the module for the order and for what a crash leaves.
pub fn create_authority(
    store: &Store,
    act: &Act,
    creation: Creation<'_>,
) -> Result<Issuer, AuthorityError> {
    if !store.read(authority::list)?.is_empty() {
        return Err(AuthorityError::Exists);
    }
    let subject = DistinguishedName::parse(&creation.config.authority.subject)?;
    let profile = root_profile(creation)?;
    let paths = KeyPaths::of(creation.config);
    let place = paths.of_generation(FIRST_GENERATION);
    let key = authority_key(&place, FIRST_GENERATION, profile.key_algorithm(), creation)?;
    let sealing = sealing_key(&paths, creation)?;
    let folder = creation.config.journal_folder();
    let journal = Journal::open(&folder, JournalKey::of(&sealing)?)?;
    let signer = key.as_ref();
    let (root, row) = signed_root(
        &profile,
        &subject,
        FIRST_GENERATION,
        signer,
        creation,
        act.at,
    )?;
    record_authority(store, act, &row, &sealing.public()?)?;
    CeremonyNote::beside(&place).remove()?;
    journal.note_roots(act.at, &[row])?;
    Ok(root)
}

/// The root of a generation, and its row.
pub(super) fn signed_root(
    profile: &Profile,
    subject: &DistinguishedName,
    generation: i64,
    key: &dyn Signer,
    creation: Creation<'_>,
    at: DateTime<Utc>,
) -> Result<(Issuer, Authority), AuthorityError> {
    let serial = SerialNumber::draw(at, creation.random);
    let root = self_sign_root(profile, subject, generation, key, serial, at)?;
    let row = Authority {
        generation,
        certificate_der: root.certificate().to_vec(),
        subject: subject.to_string(),
        not_before: root.validity().not_before,
        not_after: root.validity().not_after,
        crl_number: CRL_SEED,
        status: "active".into(),
        created_at: at,
    };
    Ok((root, row))
}

pub(super) fn root_profile(creation: Creation<'_>) -> Result<Profile, AuthorityError> {
    let profile = creation.profiles.get(ProfileName::Root);
    match creation.key_algorithm {
        None => Ok(profile.clone()),
        Some(algorithm) => Ok(profile.with_key_algorithm(algorithm)?),
    }
}

/// The CA key of a generation, made or taken up: in the file at `path`, or on the token.
pub(super) fn authority_key(
    path: &Path,
    generation: i64,
    algorithm: KeyAlgorithm,
    creation: Creation<'_>,
) -> Result<Box<dyn Signer>, AuthorityError> {
    let SignerPlace::Token(uri) = creation.signer else {
        return Ok(Box::new(key_in_file(path, algorithm, creation)?));
    };
    let (note, clock) = (CeremonyNote::beside(path), Arc::clone(creation.clock));
    let key = key_on_token(uri, generation, algorithm, &note, creation.random, clock)?;
    let patience = creation.config.authority.signer_patience();
    Ok(Box::new(key.with_patience(patience)))
}

fn key_in_file(
    path: &Path,
    algorithm: KeyAlgorithm,
    creation: Creation<'_>,
) -> Result<FileSigner, AuthorityError> {
    match key_file::read(path, creation.passphrase) {
        Ok(private) => Ok(KeyPair::from_private(private)?.into()),
        Err(KeyFileError::Missing(_)) => {
            let key = KeyPair::generate(algorithm)?;
            key_file::write(path, key.private(), creation.passphrase, creation.random)?;
            Ok(key.into())
        }
        Err(error) => Err(error.into()),
    }
}

fn sealing_key(paths: &KeyPaths, creation: Creation<'_>) -> Result<SealingKeyPair, AuthorityError> {
    match SealingKeyPair::read(&paths.sealing, creation.passphrase) {
        Err(SealingKeyError::File(KeyFileError::Missing(_))) => {
            let pair = SealingKeyPair::generate(creation.random)?;
            pair.write(&paths.sealing, creation.passphrase, creation.random)?;
            Ok(pair)
        }
        other => Ok(other?),
    }
}
