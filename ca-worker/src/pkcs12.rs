//! Step 7: key, certificate and root in one PKCS#12 (RFC 7292) under the issuance password.
//!
//! PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256, MAC with SHA-256: Windows 10 1709 and later, OpenSSL,
//! NSS, GnuTLS and Java read it. Never RC2, never without a MAC, never under an empty password.
//! Why the file is laid out here and not by a library: docs/decisions/pkcs12.md.
mod derivation;
mod layout;
mod reading;
mod self_test;
#[cfg(test)]
mod tests;

use ca_core::domain::random::Random;
use ca_core::domain::time::tokyo;
use chrono::Datelike;
use openssl::error::ErrorStack;
use secrecy::{ExposeSecret, SecretString};
use zeroize::zeroize_stack;

use crate::certificate::SignedCertificate;
use crate::signer::KeyError;
use derivation::Derivation;
use layout::Content;

pub use derivation::keys;
pub use self_test::{ReaderError, try_readers};

/// More bytes of stack than a reader uses.
const STACK: usize = 65_536;

/// Rounds of key derivation, for the encryption and for the MAC each.
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
    /// OpenSSL said no.
    #[error("packing failed: {0}")]
    OpenSsl(#[from] ErrorStack),
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
        // One round would be left out of the file as the default, two is the fewest that is written.
        Self(rounds.max(2))
    }

    /// The number of rounds.
    pub fn rounds(self) -> u32 {
        self.0
    }
}

/// How a finished file is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelfTest {
    /// Read back and decrypted with the keys it was made with.
    Quick,
    /// Also opened by p12-keystore from the password alone, which costs more than packing.
    Thorough,
}

/// Packs `certificate` with its key and `root`, opens the result again, and wipes the key.
///
/// `holder` is the user ID; the friendly name is the user ID and the year of expiry, so that an old and
/// a new certificate can be told apart in Windows' list.
pub fn pack(
    certificate: SignedCertificate,
    holder: &str,
    root: &[u8],
    password: &SecretString,
    packing: Packing<'_>,
) -> Result<Vec<u8>, Pkcs12Error> {
    check_password(password)?;
    let (key, name) = (
        certificate.key.to_pkcs8()?,
        friendly_name(holder, &certificate),
    );
    let content = Content {
        key: &key,
        certificate: &certificate.der,
        root,
        friendly_name: &name,
        key_id: certificate.serial.as_bytes(),
    };
    let secret = password.expose_secret();
    let file = pack_content(&content, secret, packing.iterations, packing.random)?;
    if packing.self_test == SelfTest::Thorough {
        let opened = self_test::open_by_stranger(&file, secret, &content);
        // Its cipher works on the stack, eight blocks at a time.
        zeroize_stack::<STACK>();
        opened.map_err(Pkcs12Error::SelfTest)?;
    }
    Ok(file)
}

/// How a file is packed.
#[derive(Clone, Copy)]
pub struct Packing<'a> {
    /// Rounds of key derivation.
    pub iterations: Iterations,
    /// How it is tested.
    pub self_test: SelfTest,
    /// Salts and initialisation vectors.
    pub random: &'a dyn Random,
}

impl std::fmt::Debug for Packing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Packing({:?}, {:?})", self.iterations, self.self_test)
    }
}

fn pack_content(
    content: &Content<'_>,
    password: &str,
    iterations: Iterations,
    random: &dyn Random,
) -> Result<Vec<u8>, Pkcs12Error> {
    let derivation = Derivation::of(password, iterations, random);
    let file = layout::write(content, &derivation, random)?;
    self_test::reopen(&file, &derivation, content).map_err(Pkcs12Error::SelfTest)?;
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
