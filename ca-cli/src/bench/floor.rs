//! The bare cryptography of one certificate, in a loop: what no program that issues as ours must can save.
//!
//! - one key pair of the subject,
//! - one signature of the root's key over bytes of a certificate's length,
//! - the key derivations of one PKCS#12 file: three to write it (key, certificates, MAC), two to read
//!   it back (MAC and key; step 7 of docs/issuance-cycle.md).
//!
//! The derivations of writing are the difference between a file at the asked iterations and one at a
//! single iteration, so that neither encoding nor encrypting counts.
//!
//! Not in it, and so to be paid from the difference: opening the seal, laying out and linting the
//! certificate, the throwaway signature, verifying the root's, encoding, and the database.

use std::thread;

use anyhow::Context;
use ca_core::config::{Config, Profiles};
use ca_core::domain::profile::KeyAlgorithm;
use ca_worker::signer::{KeyPair, Signer};
use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey,
    PrivateKeyChain,
};

use super::issue::IssueOrder;
use super::meter::{Usage, metered};
use super::stage::{PASSWORD, root};

/// Bytes of a client's to-be-signed certificate with a P-256 key.
const TO_BE_SIGNED: usize = 700;

/// What the parts took, over all certificates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Floor {
    pub(super) count: usize,
    pub(super) key: Usage,
    pub(super) sign: Usage,
    pub(super) derivation: Usage,
}

impl Floor {
    /// CPU milliseconds for one certificate.
    pub(super) fn cpu_ms_each(&self) -> f64 {
        [self.key, self.sign, self.derivation]
            .iter()
            .map(|part| part.cpu_ms_each(self.count))
            .sum()
    }

    pub(super) fn seconds(&self) -> f64 {
        [self.key, self.sign, self.derivation]
            .iter()
            .map(|part| part.wall.as_secs_f64())
            .sum()
    }
}

/// Measures `count` certificates' worth on the order's jobs.
pub(super) fn measure(order: &IssueOrder, count: usize) -> anyhow::Result<Floor> {
    let config = Config::load(None)?;
    let (issuer, signer) = root(&config, &Profiles::load(&config)?)?;
    let file = File::new(order.key, issuer.certificate())?;
    let run = |work: &(dyn Fn() -> anyhow::Result<()> + Sync)| in_parallel(order.jobs, count, work);
    let key = run(&|| Ok(KeyPair::generate(order.key).map(drop)?))?;
    let sign = run(&|| Ok(signer.sign(&[0x30; TO_BE_SIGNED]).map(drop)?))?;
    let rounds = order.p12_iterations;
    let encoded = run(&|| file.write(1, 1))?;
    let to_write = run(&|| file.write(rounds, rounds))?.without(encoded);
    let mac_again = run(&|| file.write(1, rounds))?.without(encoded);
    let key_again = run(&|| derive(rounds))?;
    let derivation = to_write.and(mac_again).and(key_again);
    Ok(Floor {
        count,
        key,
        sign,
        derivation,
    })
}

fn in_parallel(
    jobs: usize,
    count: usize,
    work: &(dyn Fn() -> anyhow::Result<()> + Sync),
) -> anyhow::Result<Usage> {
    let (done, usage) = metered(|| {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..jobs)
                .map(|job| {
                    let share = count / jobs + usize::from(job < count % jobs);
                    scope.spawn(move || (0..share).try_for_each(|_| work()))
                })
                .collect();
            threads
                .into_iter()
                .try_for_each(|thread| match thread.join() {
                    Ok(done) => done,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
        })
    });
    done.map(|()| usage)
}

/// What OpenSSL does to open the key of a file: PBKDF2 with HMAC-SHA-256, a key of 32 bytes.
fn derive(rounds: u32) -> anyhow::Result<()> {
    let rounds = usize::try_from(rounds)?;
    let mut key = [0; 32];
    pbkdf2_hmac(
        PASSWORD.as_bytes(),
        &[0; 16],
        rounds,
        MessageDigest::sha256(),
        &mut key,
    )?;
    std::hint::black_box(key);
    Ok(())
}

/// A PKCS#12 of the usual content: key, its certificate, root.
struct File {
    key: Vec<u8>,
    root: Vec<u8>,
}

impl File {
    fn new(algorithm: KeyAlgorithm, root: &[u8]) -> anyhow::Result<Self> {
        let key = KeyPair::generate(algorithm)?.to_pkcs8()?.to_vec();
        Ok(Self {
            key,
            root: root.to_vec(),
        })
    }

    fn write(&self, iterations: u32, mac_iterations: u32) -> anyhow::Result<()> {
        // The root stands in for the leaf: the derivations do not depend on the content.
        let chain = vec![
            Certificate::from_der(&self.root)?,
            Certificate::from_der(&self.root)?,
        ];
        let key = PrivateKey::from_der(&self.key).context("the bench's key")?;
        let entry = PrivateKeyChain::new([1_u8].as_slice(), key, chain);
        let mut store = KeyStore::new();
        store.add_entry("bench", KeyStoreEntry::PrivateKeyChain(entry));
        store
            .writer(PASSWORD)
            .encryption_algorithm(EncryptionAlgorithm::PbeWithHmacSha256AndAes256)
            .encryption_iterations(iterations)
            .mac_algorithm(MacAlgorithm::HmacSha256)
            .mac_iterations(mac_iterations)
            .write()?;
        Ok(())
    }
}
