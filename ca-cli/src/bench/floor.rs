//! The bare cryptography of one certificate, in a loop: what no program that issues as the cycle demands can save.
//!
//! - opening the seal around one password, and one key pair of the subject (step 4),
//! - one signature of the root's key over bytes of a certificate's length, and its check (step 6),
//! - the two key derivations of one PKCS#12 file, PBKDF2 and the MAC's (step 7).
//!
//! Not in it, and so to be paid from the difference: the approval's code, laying out and linting the certificate, the
//! file's encryption and self-test, the journal, and the database.
//!
//! The narrow floor is what issues a certificate without any care: key pair, signature, derivations.

use std::hint::black_box;
use std::thread;

use ca_core::config::{Config, Profiles};
use ca_core::domain::random::OsRandom;
use ca_core::domain::request::RequestId;
use ca_core::domain::seal::{SealedPassword, seal};
use ca_core::domain::time::{Clock, SystemClock};
use ca_core::domain::user_id::UserId;
use ca_worker::pkcs12::keys;
use ca_worker::signer::{KeyPair, Signer};
use ca_worker::unseal::{SealingKeyPair, Unsealer};
use secrecy::SecretString;

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
    pub(super) parts: Parts,
}

impl Floor {
    /// All of it.
    pub(super) fn whole(&self) -> Usage {
        self.parts.cryptography()
    }

    /// Key, signature and derivations alone.
    pub(super) fn narrow(&self) -> Usage {
        let Parts {
            key, sign, derive, ..
        } = self.parts;
        key.and(sign).and(derive)
    }

    /// Takes another measurement in.
    pub(super) fn add(&mut self, other: Self) {
        self.count += other.count;
        self.parts = self.parts.and(other.parts);
    }
}

/// Measures `count` certificates' worth on the order's jobs.
pub(super) fn measure(order: &IssueOrder, count: usize) -> anyhow::Result<Floor> {
    let config = Config::load(None)?;
    let (_, signer) = root(&config, &Profiles::load(&config)?)?;
    let signature = signer.sign(&TO_BE_SIGNED)?;
    let sealed = Sealed::new()?;
    let run = |work: &(dyn Fn() -> anyhow::Result<()> + Sync)| in_parallel(order.jobs, count, work);
    let parts = Parts {
        open: run(&|| sealed.open())?,
        key: run(&|| Ok(KeyPair::generate(order.key).map(drop)?))?,
        sign: run(&|| Ok(signer.sign(&TO_BE_SIGNED).map(drop)?))?,
        verify: run(&|| {
            black_box(signer.public_key().verifies(&TO_BE_SIGNED, &signature));
            Ok(())
        })?,
        derive: run(&|| {
            black_box(keys(PASSWORD, order.p12_iterations, &SALT, &SALT));
            Ok(())
        })?,
        transaction: Usage::default(),
    };
    Ok(Floor { count, parts })
}

/// A password that is sealed for somebody, and what opens it.
struct Sealed {
    unsealer: Unsealer,
    password: SealedPassword,
    request_id: RequestId,
    user_id: UserId,
}

impl Sealed {
    fn new() -> anyhow::Result<Self> {
        let pair = SealingKeyPair::generate(&OsRandom)?;
        let request_id = RequestId::draw(SystemClock.now(), &OsRandom);
        let user_id = UserId::try_from("KJ2700000001".to_owned())?;
        let password = seal(
            &SecretString::from(PASSWORD),
            &pair.public()?,
            &request_id,
            &user_id,
        )?;
        Ok(Self {
            unsealer: Unsealer::new(&[pair])?,
            password,
            request_id,
            user_id,
        })
    }

    fn open(&self) -> anyhow::Result<()> {
        let opened = self
            .unsealer
            .open(&self.password, &self.request_id, &self.user_id)?;
        black_box(opened);
        Ok(())
    }
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
