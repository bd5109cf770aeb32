//! The next generation of the root: a key file beside the old ones, a root by the same configuration.
//!
//! 1. The database is asked which generation is next, and whether there may be one.
//! 2. The passphrase is tried on the key file of the generation that signs now: all key files have the same.
//! 3. The new key file is written, whole or not at all, never over another; or the key pair is made on the token.
//! 4. The root is signed in memory and recorded; from that commit on certificates come from it. The journal follows.
//!
//! A crash before 4 leaves a key that no certificate names; running it again with the same passphrase takes it up.
use ca_core::domain::actor::Act;
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_core::domain::token_uri::SignerPlace;
use ca_core::flow::roll_over_authority::{next_generation, roll_over_authority};
use ca_core::store::{Store, authority};

use super::create::{authority_key, root_profile, signed_root};
use super::{AuthorityError, Creation, KeyPaths, journal_key};
use crate::certificate::Issuer;
use crate::journal::Journal;
use crate::key_file::{self, KeyFileError};
use crate::signer::CeremonyNote;
use crate::unseal::SealingKeyPair;

/// Makes the next generation. See the module for the order and for what a crash leaves.
pub fn roll_over(
    store: &Store,
    act: &Act,
    creation: Creation<'_>,
) -> Result<Issuer, AuthorityError> {
    let generation = next_generation(store)?;
    let current = store
        .read(authority::current)?
        .ok_or(AuthorityError::None)?;
    let paths = KeyPaths::of(creation.config);
    try_passphrase(&paths, current.generation, creation)?;
    let key = journal_key(creation.config, creation.passphrase)?;
    let journal = Journal::open(&creation.config.journal_folder(), key)?;
    let configured = DistinguishedName::parse(&creation.config.authority.subject)?;
    let subject = configured.of_generation(generation);
    let profile = root_profile(creation)?;
    let path = paths.of_generation(generation);
    let key = authority_key(&path, generation, profile.key_algorithm(), creation)?;
    let signer = key.as_ref();
    let (root, row) = signed_root(&profile, &subject, generation, signer, creation, act.at)?;
    roll_over_authority(store, act, &row)?;
    CeremonyNote::beside(&path).remove()?;
    journal.note_roots(act.at, &[row])?;
    Ok(root)
}

/// All key files have the same passphrase. A generation on a token has none; the sealing key's is there in any case.
fn try_passphrase(
    paths: &KeyPaths,
    current: i64,
    creation: Creation<'_>,
) -> Result<(), AuthorityError> {
    let path = paths.of_generation(current);
    match key_file::read(&path, creation.passphrase) {
        Err(KeyFileError::Missing(_)) if creation.config.authority.signer != SignerPlace::File => {
            SealingKeyPair::read(&paths.sealing, creation.passphrase)?;
        }
        read => drop(read?),
    }
    Ok(())
}
