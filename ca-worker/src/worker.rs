//! A worker: everything that a unit of work needs, opened and checked once.
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ca_core::config::{
    ApprovalKeyError, Config, Profiles, ProfilesError, RenewalConfig, text_file,
};
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::approval::ApprovalKey;
use ca_core::domain::calendar::{BUILT_IN, BusinessCalendar, CalendarFileError};
use ca_core::domain::random::{self, Random};
use ca_core::domain::time::Clock;
use ca_core::flow::give_back::give_back;
use ca_core::queue::request::Held;
use ca_core::store::{Store, StoreResult};
use chrono::{DateTime, Duration, Utc};
use secrecy::SecretString;

use crate::authority::{AuthorityError, OpenAuthority, open_authority};
use crate::checkpoint::Checkpoints;
use crate::journal::{Checked, GuardError, guard, machine};
use crate::mail::{MailSetupError, Notifier};
use crate::ocsp::Responders;
use crate::pkcs12::{Iterations, Pkcs12Error, ReaderError, try_readers};
use crate::place::Place;

/// How often an unchanged state is told again.
const SIGN_OF_LIFE: Duration = Duration::seconds(30);
/// How far our clock and the database server's may be apart.
const MOST_SKEW: Duration = Duration::seconds(60);
/// A claim names its requests in one statement, and SQLite takes some 32,000 values in one.
const LARGEST_CLAIM: u32 = 10_000;
/// How often one worker looks for certificates that end. What went out is in the database, so any pace is safe.
const REMIND_EVERY: Duration = Duration::hours(1);

/// The numbers of `[worker]`, `[pkcs12]` and `[ocsp]`, and the host name for Message-IDs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Requests that a job takes at once.
    pub batch: u32,
    /// How long a claim holds.
    pub lease: Duration,
    /// Threads, each with a batch of its own.
    pub jobs: usize,
    /// Tries that a request has.
    pub attempts: u32,
    /// Rounds of key derivation in a PKCS#12.
    pub iterations: Iterations,
    /// How long an OCSP answer holds.
    pub answer_validity: Duration,
    /// The site's host name.
    pub host: String,
    /// How long a revocation list may be relied on.
    pub crl_validity: Duration,
    /// Who is told by mail what of the service ends.
    pub operators_mail: Vec<String>,
    /// How long a PKCS#12 is kept after the first login; none for until its certificate ends.
    pub pkcs12_kept: Option<Duration>,
    /// When renewals begin, and when people are reminded of ends.
    pub renewal: RenewalConfig,
    /// How far our clock may be from the database server's; none where time is a test's.
    pub most_skew: Option<Duration>,
}

impl Settings {
    /// Requests in the claim of a round: a batch for each job.
    pub(crate) fn largest_claim(&self) -> u32 {
        let jobs = u32::try_from(self.jobs).unwrap_or(u32::MAX);
        self.batch.saturating_mul(jobs.max(1)).min(LARGEST_CLAIM)
    }
}

/// A worker, named in leases and audit entries.
pub struct Worker {
    /// Its name: machine, process and a random part, so that no two workers ever share one.
    pub name: String,
    /// Where it runs ([`crate::place`]); empty if that is not known.
    pub place: String,
    /// The database.
    pub store: Store,
    /// The root and its keys.
    pub authority: OpenAuthority,
    /// Tells the console's approvals from forged ones.
    pub approval_key: ApprovalKey,
    /// The certificate profiles.
    pub profiles: Profiles,
    /// Business hours.
    pub calendar: BusinessCalendar,
    /// Mail.
    pub notifier: Notifier,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Serial numbers and Message-IDs. Keys come from OpenSSL's own generator.
    pub random: Arc<dyn Random>,
    /// Numbers.
    pub settings: Settings,
    /// The audit's checkpoints; none are made unless it was opened by [`Worker::open`].
    pub checkpoints: Checkpoints,
    pub(crate) responders: Responders,
    owed: Mutex<Vec<Held>>,
    told: Mutex<Option<Told>>,
    careful: AtomicU32,
    crl_trouble: Mutex<Option<String>>,
    journal_checked: Mutex<Checked>,
    reminded: Mutex<Option<DateTime<Utc>>>,
    /// Set when it is to end: the item in hand is finished, what was not begun goes back.
    pub(crate) stopping: AtomicBool,
}

/// What operators were told last.
struct Told {
    state: &'static str,
    detail: String,
    at: DateTime<Utc>,
}

/// Why a worker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenWorkerError {
    /// The authority does not open.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The approval key cannot be read.
    #[error(transparent)]
    ApprovalKey(#[from] ApprovalKeyError),
    /// A profile is refused.
    #[error(transparent)]
    Profiles(#[from] ProfilesError),
    /// The iterations are refused.
    #[error(transparent)]
    Iterations(#[from] Pkcs12Error),
    /// Strangers do not open what this program packs.
    #[error(transparent)]
    Readers(#[from] ReaderError),
    /// Mail cannot be set up.
    #[error(transparent)]
    Mail(#[from] MailSetupError),
    /// The calendar file is not there or not readable.
    #[error("calendar file {0} cannot be read: {1}; correct [calendar] file")]
    CalendarFile(PathBuf, std::io::Error),
    /// The calendar file is wrong.
    #[error("calendar: {0}")]
    Calendar(#[from] CalendarFileError),
}

impl Settings {
    /// The numbers of the configuration; no jobs means one for each core.
    ///
    /// `calendar` stretches the validity of revocation lists where the office is closed for long.
    pub fn of(config: &Config, calendar: &BusinessCalendar) -> Result<Self, Pkcs12Error> {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let jobs = usize::try_from(config.worker.jobs)
            .ok()
            .filter(|jobs| *jobs > 0);
        Ok(Self {
            batch: config.worker.batch,
            lease: Duration::seconds(i64::from(config.worker.lease_seconds)),
            jobs: jobs.unwrap_or_else(cores),
            attempts: config.worker.attempts,
            iterations: Iterations::new(config.pkcs12.iterations)?,
            answer_validity: Duration::hours(i64::from(config.ocsp.validity_hours)),
            host: config.service.host.clone(),
            crl_validity: config.crl.validity(calendar.longest_closure()),
            operators_mail: config.operators.mail.clone(),
            pkcs12_kept: config.pkcs12.kept_after_first_login(),
            renewal: config.renewal.clone(),
            most_skew: Some(MOST_SKEW),
        })
    }
}

impl Worker {
    /// Opens the authority with `passphrase` and reads profiles and calendar.
    pub fn open(
        config: &Config,
        store: Store,
        passphrase: &SecretString,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, OpenWorkerError> {
        let authority = open_authority(&store, config, passphrase, &clock)?;
        let worker = Self::new(config, store, authority, clock, random)?;
        Ok(Self {
            checkpoints: Checkpoints::of(config),
            ..worker
        })
    }

    /// A worker around an authority that is open already.
    pub fn new(
        config: &Config,
        store: Store,
        authority: OpenAuthority,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, OpenWorkerError> {
        let calendar = calendar(config)?;
        let settings = Settings::of(config, &calendar)?;
        try_readers(
            authority.current().issuer.certificate(),
            settings.iterations,
            random.as_ref(),
        )?;
        Ok(Self {
            name: name(random.as_ref()),
            place: String::new(),
            authority,
            store,
            approval_key: config.approval_key()?,
            profiles: Profiles::load(config)?,
            calendar,
            notifier: Notifier::of(config)?,
            clock,
            random,
            settings,
            checkpoints: Checkpoints::nowhere(),
            responders: Responders::default(),
            owed: Mutex::new(Vec::new()),
            told: Mutex::new(None),
            careful: AtomicU32::new(0),
            crl_trouble: Mutex::new(None),
            journal_checked: Mutex::new(Checked::default()),
            reminded: Mutex::new(None),
            stopping: AtomicBool::new(false),
        })
    }

    /// The same at a place.
    #[must_use]
    pub fn at(self, place: Option<&Place>) -> Self {
        let place = place.map_or_else(String::new, |place| place.name().to_owned());
        Self { place, ..self }
    }

    /// Whether it is time to look for reminders again; noted. A clock that was set back makes it time, too.
    pub(crate) fn is_time_to_remind(&self, now: DateTime<Utc>) -> bool {
        let mut reminded = self.reminded.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = |last: DateTime<Utc>| now >= last && now - last < REMIND_EVERY;
        if reminded.is_some_and(rests) {
            return false;
        }
        *reminded = Some(now);
        true
    }

    /// An act of this worker, now.
    pub fn act(&self) -> Act {
        Act::new(Actor::Worker(self.name.clone()), self.clock.now())
    }

    /// Whether it is to end.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Notes how the last look at the revocation lists ended, for operators to be told.
    pub(crate) fn note_crl_trouble(&self, trouble: Option<String>) {
        let noted = self.crl_trouble.lock();
        *noted.unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Why the last revocation list could not be made; none if it could.
    pub(crate) fn crl_trouble(&self) -> Option<String> {
        let trouble = self.crl_trouble.lock();
        trouble.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Refuses to sign anything while the journal knows more than the database: it was restored, or swapped.
    pub(crate) fn guard(&self) -> Result<(), GuardError> {
        let checked = self.journal_checked.lock();
        let mut checked = checked.unwrap_or_else(PoisonError::into_inner);
        let journal = self.authority.journal();
        journal.learn_what_was_answered()?;
        guard(&self.store, journal, &mut checked, self.clock.now())
    }

    /// What was committed is not known: the next look at the journal reads again what came after the marks, and adds
    /// what it lacks.
    pub(crate) fn look_at_journal_again(&self) {
        let checked = self.journal_checked.lock();
        *checked.unwrap_or_else(PoisonError::into_inner) = Checked::default();
    }

    /// Gives requests back because the machinery failed; they keep their attempt.
    ///
    /// Without a database they are remembered and given back as soon as it is there again.
    pub(crate) fn give_back(&self, held: Vec<Held>, reason: &str) {
        tracing::warn!(
            requests = held.len(),
            reason,
            "requests go back to the queue"
        );
        if let Err(error) = give_back(&self.store, &self.act(), &held, reason) {
            tracing::error!(%error, "they cannot be given back now; it is tried again");
            self.owed().extend(held);
        }
    }

    /// Gives back what could not be given back before.
    pub(crate) fn pay_what_is_owed(&self) -> StoreResult<()> {
        let mut owed = self.owed();
        if owed.is_empty() {
            return Ok(());
        }
        give_back(&self.store, &self.act(), &owed, "the database was away")?;
        owed.clear();
        Ok(())
    }

    /// So many requests came back from a dead worker. One of them may have killed it: they are claimed
    /// one by one, so that it takes no neighbour with it the next time.
    pub(crate) fn be_careful(&self, requests: usize) {
        let requests = u32::try_from(requests).unwrap_or(u32::MAX);
        self.careful.fetch_max(requests, Ordering::SeqCst);
    }

    /// How many requests the first claim of the next round takes.
    pub(crate) fn next_claim(&self) -> u32 {
        let less = |left: u32| left.checked_sub(1);
        match self
            .careful
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
        {
            Ok(_) => 1,
            Err(_) => self.settings.largest_claim(),
        }
    }

    /// Whether operators should be told this now: it is news, or the last word is half a minute old.
    pub(crate) fn has_news(&self, state: &'static str, detail: &str, at: DateTime<Utc>) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let same = told.as_ref().is_some_and(|told| {
            told.state == state
                && told.detail == detail
                && at - told.at < SIGN_OF_LIFE
                && at >= told.at
        });
        if !same {
            *told = Some(Told {
                state,
                detail: detail.to_owned(),
                at,
            });
        }
        !same
    }

    /// What operators should have been told could not be written down: it is told again at the next look.
    pub(crate) fn was_not_told(&self) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn owed(&self) -> MutexGuard<'_, Vec<Held>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Worker({}, {:?})", self.name, self.settings)
    }
}

/// Machine, process, random part: told apart in leases, recognised by people.
fn name(random: &dyn Random) -> String {
    let part: [u8; 4] = random::bytes(random);
    let (machine, process) = (machine(), std::process::id());
    format!("{machine}-{process}-{}", hex::encode(part))
}

/// The calendar of the configuration, or the built-in one.
fn calendar(config: &Config) -> Result<BusinessCalendar, OpenWorkerError> {
    let text = match &config.calendar.file {
        None => BUILT_IN.to_owned(),
        Some(path) => text_file::read(path)
            .map_err(|error| OpenWorkerError::CalendarFile(path.clone(), error))?,
    };
    Ok(BusinessCalendar::from_toml(&text)?)
}
