//! The bare cryptography of one certificate, in a loop: what no program that issues can save.
//!
//! - one key pair of the subject,
//! - one signature of the root's key over bytes of a certificate's length,
//! - the key derivations of one PKCS#12 file: key, certificates, MAC. They are measured as the
//!   difference between writing a file at the asked iterations and at one, so that neither encoding nor
//!   encrypting counts.
//!
//! Not in it, and so to be paid from the difference: opening the seal, laying out and linting the
//! certificate, the throwaway signature, verifying, the self-test of the finished file (which derives
//! two keys again), and the database.

use std::thread;

use anyhow::Context;
use ca_core::config::{Config, Profiles};
use ca_core::domain::profile::KeyAlgorithm;
use ca_worker::signer::{KeyPair, Signer};
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
    let written = run(&|| file.write(order.p12_iterations))?;
    let encoded = run(&|| file.write(1))?;
    let derivation = Usage {
        wall: written.wall.saturating_sub(encoded.wall),
        cpu: written.cpu.saturating_sub(encoded.cpu),
    };
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

    fn write(&self, iterations: u32) -> anyhow::Result<()> {
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
            .mac_iterations(iterations)
            .write()?;
        Ok(())
    }
}
