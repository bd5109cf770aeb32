//! A file is opened again before anybody gets it.
//!
//! - Every file: read back from its bytes, MAC recomputed, both parts decrypted, key and certificates compared.
//!   The derived keys are used again, because deriving is nearly all that packing costs.
//! - The first file of each batch and every file that is packed alone: opened from the password alone by
//!   p12-keystore, which shares no layout with the packer.
//! - A trial file when a worker starts: opened by p12-keystore and by OpenSSL, which shares no derivation with the packer.
//!   OpenSSL sees no key that is somebody's: it leaves a plain copy in memory that it frees.
use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::random::Random;
use openssl::asn1::Asn1Time;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkcs12::Pkcs12;
use openssl::symm::{Cipher, decrypt};
use openssl::x509::{X509, X509NameBuilder};
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use zeroize::Zeroizing;

use super::derivation::Derivation;
use super::layout::{Content, mac};
use super::reading::{Encrypted, Parts, certificates};
use super::{Iterations, Pkcs12Error, pack_content};
use crate::signer::{KeyError, KeyPair};

/// Opens `file` with the keys it was made with and holds it against what went in.
pub(super) fn reopen(
    file: &[u8],
    derivation: &Derivation,
    content: &Content<'_>,
) -> Result<(), &'static str> {
    let parts = Parts::of(file).map_err(|_| "it cannot be read back")?;
    let same_mac = parts.mac.salt == derivation.mac_salt && parts.mac.rounds == derivation.rounds;
    let computed = mac(&parts.authenticated_safe, derivation);
    if !same_mac || computed.as_slice() != parts.mac.digest {
        return Err("its MAC is not the password's");
    }
    if opened(&parts.key, derivation)?.as_slice() != content.key {
        return Err("its key is another one");
    }
    let bags = opened(&parts.certificates, derivation)?;
    let found = certificates(&bags).map_err(|_| "its certificates cannot be read back")?;
    if found != [content.certificate, content.root] {
        return Err("its certificates are other ones");
    }
    Ok(())
}

fn opened(part: &Encrypted, derivation: &Derivation) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    if part.salt != derivation.encryption_salt || part.rounds != derivation.rounds {
        return Err("it names another derivation than was made");
    }
    let key = derivation.encryption_key.as_ref();
    let plain = decrypt(Cipher::aes_256_cbc(), key, Some(&part.vector), &part.bytes);
    plain
        .map(Zeroizing::new)
        .map_err(|_| "a part of it does not open")
}

/// Has p12-keystore open `file` from the password alone.
#[inline(never)]
pub(super) fn open_by_stranger(
    file: &[u8],
    password: &str,
    content: &Content<'_>,
) -> Result<(), &'static str> {
    let store = KeyStore::from_pkcs12(file, password, Pkcs12ImportPolicy::Strict)
        .map_err(|_| "p12-keystore does not open it")?;
    let (name, chain) = store
        .private_key_chain()
        .ok_or("p12-keystore finds no key in it")?;
    let first = chain.certs().first();
    let same_key = chain.key().as_der() == content.key;
    let same_certificate = first.is_some_and(|first| first.as_der() == content.certificate);
    if name == content.friendly_name && same_key && same_certificate {
        return Ok(());
    }
    Err("p12-keystore finds something else in it")
}

fn open_by_openssl(file: &[u8], password: &str, content: &Content<'_>) -> Result<(), &'static str> {
    let opened = Pkcs12::from_der(file)
        .and_then(|file| file.parse2(password))
        .map_err(|_| "OpenSSL does not open it")?;
    let der = |x509: &X509| x509.to_der().unwrap_or_default();
    let leaf = opened.cert.ok_or("OpenSSL finds no certificate in it")?;
    let roots: Vec<Vec<u8>> = opened
        .ca
        .iter()
        .flatten()
        .map(|x509| x509.to_der().unwrap_or_default())
        .collect();
    let key = opened.pkey.ok_or("OpenSSL finds no key in it")?;
    let belongs = leaf.public_key().is_ok_and(|public| key.public_eq(&public));
    if der(&leaf) == content.certificate && roots == [content.root] && belongs {
        return Ok(());
    }
    Err("OpenSSL finds something else in it")
}

/// Why this worker must not pack anything.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The trial file could not be made.
    #[error("no trial PKCS#12 can be made: {0}")]
    Pack(#[from] Pkcs12Error),
    /// OpenSSL could not make the trial's certificate.
    #[error("no trial PKCS#12 can be made: {0}")]
    OpenSsl(#[from] ErrorStack),
    /// The trial's key could not be made.
    #[error("no trial PKCS#12 can be made: {0}")]
    Key(#[from] KeyError),
    /// A reader does not open it.
    #[error(
        "a PKCS#12 made by this program cannot be trusted: {0}; install a release whose self-test passes"
    )]
    Refused(&'static str),
}

/// Packs a trial certificate and has two readers open it from the password; nothing in it is anybody's.
pub fn try_readers(
    root: &[u8],
    iterations: Iterations,
    random: &dyn Random,
) -> Result<(), ReaderError> {
    const PASSWORD: &str = "trial-23456789";
    let pair = KeyPair::generate(KeyAlgorithm::P256)?;
    let (key, certificate) = (pair.to_pkcs8()?, trial_certificate(&pair)?);
    let content = Content {
        key: &key,
        certificate: &certificate,
        root,
        friendly_name: "trial",
        key_id: &[1],
    };
    let file = pack_content(&content, PASSWORD, iterations, random)?;
    open_by_stranger(&file, PASSWORD, &content)
        .and_then(|()| open_by_openssl(&file, PASSWORD, &content))
        .map_err(ReaderError::Refused)
}

fn trial_certificate(pair: &KeyPair) -> Result<Vec<u8>, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", "trial")?;
    let name = name.build();
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    let (first, last) = (Asn1Time::days_from_now(0)?, Asn1Time::days_from_now(1)?);
    builder.set_not_before(&first)?;
    builder.set_not_after(&last)?;
    builder.set_pubkey(pair.private())?;
    builder.sign(pair.private(), MessageDigest::sha256())?;
    builder.build().to_der()
}
