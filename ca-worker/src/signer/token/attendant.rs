//! The one thread of this process that calls a PKCS#11 module, and the counter before it where callers take turns.
//!
//! A module may hang inside a call, when the network to its token is dead for instance. No call into a C library can be
//! taken back, so callers give it up in place of the thread: they wait for a while and are told that the module does not
//! answer. Until the call comes back all others are told the same at once: a second call into the module would only hang
//! beside the first. What comes back late is thrown away, and the link is begun anew.
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::TokenError;
use super::driver::{Cryptoki, Driver};
use super::link::Link;

/// The attendants of this process, by module. They live as long as it does: so do modules.
pub(super) static ATTENDANTS: Mutex<BTreeMap<PathBuf, Arc<Attendant>>> =
    Mutex::new(BTreeMap::new());

/// Who calls `module`; the same one for everybody in this process.
pub(super) fn attendant_of(module: &Path) -> Arc<Attendant> {
    let mut all = ATTENDANTS.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = || Arc::new(Attendant::new(module, Box::new(Cryptoki::new(module))));
    Arc::clone(all.entry(module.to_owned()).or_insert_with(fresh))
}

/// A piece of work for the thread.
type Job = Box<dyn FnOnce(&mut Link) + Send>;

/// See the module.
pub(super) struct Attendant {
    module: PathBuf,
    /// Whoever holds this lock has the turn.
    jobs: Mutex<Sender<Job>>,
    /// Whether the thread is in a call that nobody waits for any more.
    given_up: Arc<AtomicBool>,
}

impl Attendant {
    /// Begins the thread, which touches the module only when it is asked to.
    pub(super) fn new(module: &Path, driver: Box<dyn Driver>) -> Self {
        let given_up = Arc::new(AtomicBool::new(false));
        let (jobs, incoming) = channel::<Job>();
        let mut link = Link::new(driver, Arc::clone(&given_up));
        let attend = move || incoming.into_iter().for_each(|job| job(&mut link));
        let thread = std::thread::Builder::new().name("pkcs11".into());
        if let Err(error) = thread.spawn(attend) {
            tracing::error!(%error, "there is no thread for the PKCS#11 module; start this program anew");
        }
        Self {
            module: module.to_owned(),
            jobs: Mutex::new(jobs),
            given_up,
        }
    }

    /// Has `work` done by the thread and waits for it up to `patience`, not counting the turns of others.
    ///
    /// # Errors
    /// What `work` says, or that the module does not answer.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce(&mut Link) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, TokenError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = || TokenError::Silent(self.module.clone(), patience.as_secs());
        if self.given_up.load(Ordering::SeqCst) {
            return Err(silent());
        }
        // Without room in the channel, what was sent was also received: an answer is either taken or known to be late.
        let (reply, answer) = sync_channel(0);
        let ended = |_| TokenError::Lost("the thread that calls the module has ended".into());
        jobs.send(self.job(work, reply)).map_err(ended)?;
        match answer.recv_timeout(patience) {
            Ok(done) => done,
            Err(RecvTimeoutError::Disconnected) => {
                Err(TokenError::Lost("the program panicked over it".into()))
            }
            Err(RecvTimeoutError::Timeout) => {
                // Before `answer` is dropped, by which the thread learns that it is late.
                self.given_up.store(true, Ordering::SeqCst);
                tracing::error!(module = %self.module.display(), "a call into the PKCS#11 module hangs");
                Err(silent())
            }
        }
    }

    fn job<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Link) -> Result<T, TokenError> + Send + 'static,
        reply: SyncSender<Result<T, TokenError>>,
    ) -> Job {
        let given_up = Arc::clone(&self.given_up);
        // What is logged on the thread belongs to the worker that asked.
        let span = tracing::Span::current();
        Box::new(move |link| {
            let _entered = span.enter();
            match catch_unwind(AssertUnwindSafe(|| work(link))).map(|done| reply.send(done)) {
                Ok(Ok(())) => return,
                Ok(Err(_)) => tracing::warn!("the PKCS#11 module came back late; it is begun anew"),
                Err(_) => tracing::error!("the PKCS#11 module is begun anew after a panic"),
            }
            link.begin_anew();
            given_up.store(false, Ordering::SeqCst);
        })
    }
}
