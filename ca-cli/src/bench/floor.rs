//! The bare cryptography of one certificate, in a loop: what no program that issues as ours must can save.
//!
//! - one key pair of the subject,
//! - one signature of the root's key over bytes of a certificate's length (step 6),
//! - the two key derivations of one PKCS#12 file, PBKDF2 and the MAC's (step 7).
//!
//! Not in it, and so to be paid from the difference: verifying the signature (measured here too), opening the seal, laying out and linting the
//! certificate, the throwaway signature, encoding, the self-test of the file, and the database.

use std::hint::black_box;
use std::thread;

use ca_core::config::{Config, Profiles};
use ca_worker::pkcs12::keys;
use ca_worker::signer::{KeyPair, Signer};

use super::issue::IssueOrder;
use super::meter::{Usage, metered};
use super::stage::{PASSWORD, root};
use super::stopwatch::Parts;

/// Bytes of a client's to-be-signed certificate with a P-256 key.
const TO_BE_SIGNED: [u8; 700] = [0x30; 700];

/// As long as those in files.
const SALT: [u8; 16] = [0x55; 16];

/// What the parts took, over all certificates.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Floor {
    pub(super) count: usize,
    pub(super) key: Usage,
    pub(super) sign: Usage,
    pub(super) verify: Usage,
    pub(super) kdf: Usage,
}

impl Floor {
    /// Key, signature and derivations together. The verification, which step 6 demands too, is told beside it.
    pub(super) fn whole(&self) -> Usage {
        self.key.and(self.sign).and(self.kdf)
    }

    /// Takes another measurement in.
    pub(super) fn add(&mut self, other: Self) {
        self.count += other.count;
        self.key = self.key.and(other.key);
        self.sign = self.sign.and(other.sign);
        self.verify = self.verify.and(other.verify);
        self.kdf = self.kdf.and(other.kdf);
    }

    /// The same as parts of a certificate, so that nothing is left for others.
    pub(super) fn parts(&self) -> Parts {
        Parts {
            key: self.key,
            sign: self.sign,
            derive: self.kdf,
            ..Parts::default()
        }
    }

    /// CPU milliseconds for one certificate.
    pub(super) fn cpu_ms_each(&self) -> f64 {
        self.whole().cpu_ms_each(self.count)
    }
}

/// Measures `count` certificates' worth on the order's jobs.
pub(super) fn measure(order: &IssueOrder, count: usize) -> anyhow::Result<Floor> {
    let config = Config::load(None)?;
    let (_, signer) = root(&config, &Profiles::load(&config)?)?;
    let signature = signer.sign(&TO_BE_SIGNED)?;
    let run = |work: &(dyn Fn() -> anyhow::Result<()> + Sync)| in_parallel(order.jobs, count, work);
    Ok(Floor {
        count,
        key: run(&|| Ok(KeyPair::generate(order.key).map(drop)?))?,
        sign: run(&|| Ok(signer.sign(&TO_BE_SIGNED).map(drop)?))?,
        verify: run(&|| {
            black_box(signer.public_key().verifies(&TO_BE_SIGNED, &signature));
            Ok(())
        })?,
        kdf: run(&|| {
            black_box(keys(PASSWORD, order.p12_iterations, &SALT, &SALT));
            Ok(())
        })?,
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
