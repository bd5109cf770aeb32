//! Step 7: key, certificate and root in one PKCS#12 (RFC 7292) under the issuance password.
//!
//! PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256, MAC with SHA-256: Windows 10 1709 and later, OpenSSL,
//! NSS, GnuTLS and Java read it. Never RC2, never without a MAC, never under an empty password.
mod check;
#[cfg(test)]
mod tests;

use ca_core::domain::time::tokyo;
use chrono::Datelike;
use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey,
    PrivateKeyChain,
};
use secrecy::{ExposeSecret, SecretString};

use crate::certificate::SignedCertificate;
use crate::signer::KeyError;

/// Rounds of key derivation for the key, the certificates and the MAC each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Iterations(u32);

/// Why there is no PKCS#12.
#[derive(Debug, thiserror::Error)]
pub enum Pkcs12Error {
    /// Fewer rounds than are safe, or more than Windows takes.
    #[error("{0} PKCS#12 iterations; 10,000 to 600,000 are allowed")]
    Iterations(u32),
    /// Empty, or not printable ASCII: readers disagree on such passwords.
    #[error(
        "the issuance password is empty or has a character beyond printable ASCII; a new letter makes a good one"
    )]
    Password,
    /// The packer refused something.
    #[error("packing failed: {0}")]
    Pack(#[from] p12_keystore::error::Error),
    /// The key cannot be written out.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The finished file does not open as it must.
    #[error("the finished PKCS#12 failed its self-test: {0}")]
    SelfTest(&'static str),
}

impl Iterations {
    /// Rounds as configured: 10,000 to 600,000. Windows refuses more.
    pub fn new(rounds: u32) -> Result<Self, Pkcs12Error> {
        if (10_000..=600_000).contains(&rounds) {
            Ok(Self(rounds))
        } else {
            Err(Pkcs12Error::Iterations(rounds))
        }
    }

    /// Any number of rounds; only for measuring, never for a file that somebody gets.
    pub fn for_bench(rounds: u32) -> Self {
        Self(rounds.max(1))
    }

    /// The number of rounds.
    pub fn rounds(self) -> u32 {
        self.0
    }
}

/// Packs `certificate` with its key and `root`, opens the result again, and wipes the key.
///
/// `holder` is the user ID; the friendly name is the user ID and the year of expiry, so that an old and
/// a new certificate can be told apart.
pub fn pack(
    certificate: SignedCertificate,
    holder: &str,
    root: &[u8],
    password: &SecretString,
    iterations: Iterations,
) -> Result<Vec<u8>, Pkcs12Error> {
    check_password(password)?;
    let secret = password.expose_secret();
    let chain = vec![
        Certificate::from_der(&certificate.der)?,
        Certificate::from_der(root)?,
    ];
    let key = PrivateKey::from_der(&certificate.key.to_pkcs8()?)?;
    let entry = PrivateKeyChain::new(certificate.serial.as_bytes().as_slice(), key, chain);
    let mut store = KeyStore::new();
    store.add_entry(
        &friendly_name(holder, &certificate),
        KeyStoreEntry::PrivateKeyChain(entry),
    );
    let file = store
        .writer(secret)
        .encryption_algorithm(EncryptionAlgorithm::PbeWithHmacSha256AndAes256)
        .encryption_iterations(iterations.rounds())
        .mac_algorithm(MacAlgorithm::HmacSha256)
        .mac_iterations(iterations.rounds())
        .write()?;
    check::self_test(&file, secret, &certificate).map_err(Pkcs12Error::SelfTest)?;
    Ok(file)
}

/// Refuses a password that readers would disagree on. Asked before a certificate is signed for it.
pub fn check_password(password: &SecretString) -> Result<(), Pkcs12Error> {
    let secret = password.expose_secret();
    let printable = secret.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
    if secret.is_empty() || !printable {
        Err(Pkcs12Error::Password)
    } else {
        Ok(())
    }
}

fn friendly_name(holder: &str, certificate: &SignedCertificate) -> String {
    let end = certificate.validity.not_after.with_timezone(&tokyo());
    format!("{holder} {}", end.year())
}
