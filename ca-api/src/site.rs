//! What every page of the site shares: configuration, store, clock, randomness, texts.

use std::fmt;
use std::sync::Arc;

use ca_core::config::{
    AccessMatrixError, ApprovalKeyError, Config, Listen, Profiles, ProfilesError,
};
use ca_core::domain::access::AccessMatrix;
use ca_core::domain::approval::ApprovalKey;
use ca_core::domain::calendar::BusinessCalendar;
use ca_core::domain::profile::{Profile, ProfileName};
use ca_core::domain::random::Random;
use ca_core::domain::time::Clock;
use ca_core::domain::user_id::Classes;
use ca_core::flow::log_in::TryRules;
use ca_core::store::Store;
use chrono::TimeDelta;

use crate::faults::Faults;
use crate::hashing::HashingGate;
use crate::locale::{Language, Locale, LocaleError};
use crate::portal::Nameless;
use crate::public::crl::CrlCache;
use crate::public::heartbeat::Heartbeat;
use crate::public::ocsp::AnswerMemory;

/// One site: shared by all listeners of a process.
pub struct Site {
    /// The configuration, checked.
    pub config: Config,
    /// The classes of user IDs.
    pub classes: Classes,
    /// What an applicant's certificate will be.
    pub profile: Profile,
    /// Who may open what behind the portal.
    pub access: AccessMatrix,
    /// Makes the console's approvals count; only where the console is served.
    pub approval_key: Option<ApprovalKey>,
    /// Business days, for promises.
    pub calendar: BusinessCalendar,
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where cookies and marks come from.
    pub random: Arc<dyn Random>,
    /// Texts in both languages.
    pub locale: Arc<Locale>,
    /// Revocation lists in memory.
    pub crl: CrlCache,
    /// Bounds how many passwords are checked at once.
    pub hashing: HashingGate,
    /// OCSP answers that were served lately.
    pub answers: AnswerMemory,
    /// Whether the database takes writes.
    pub heartbeat: Heartbeat,
    /// Bounds how fast nameless refusals fill the audit.
    pub nameless: Nameless,
    /// What was logged once and is counted since.
    pub(crate) faults: Faults,
}

/// Why a site cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The built-in texts are broken.
    #[error(transparent)]
    Locale(#[from] LocaleError),
    /// A certificate profile is broken.
    #[error(transparent)]
    Profiles(#[from] ProfilesError),
    /// The console's approval key cannot be read.
    #[error(transparent)]
    ApprovalKey(#[from] ApprovalKeyError),
    /// The access matrix is broken.
    #[error(transparent)]
    Access(#[from] AccessMatrixError),
    /// The system gives no threads for password checks.
    #[error(
        "no threads for password checks: {0}; raise the limit of processes or lower [password] concurrent"
    )]
    Threads(std::io::Error),
}

impl Site {
    /// Puts a site together; reads the certificate profiles, the built-in texts and, for the console, the
    /// approval key.
    pub fn new(
        config: Config,
        store: Store,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        calendar: BusinessCalendar,
    ) -> Result<Self, SiteError> {
        Ok(Self {
            classes: config.classes(),
            access: config.access_matrix()?,
            profile: Profiles::load(&config)?.get(ProfileName::Client).clone(),
            // Who serves offices alone has no use for it, and gives it to nobody who breaks in.
            approval_key: match config.listen.console {
                Listen::Off => None,
                Listen::At(_) => Some(config.approval_key()?),
            },
            hashing: HashingGate::new(config.password.at_once()).map_err(SiteError::Threads)?,
            crl: CrlCache::default(),
            locale: Arc::new(Locale::load()?),
            answers: AnswerMemory::default(),
            heartbeat: Heartbeat::default(),
            nameless: Nameless::default(),
            faults: Faults::default(),
            config,
            calendar,
            store,
            clock,
            random,
        })
    }

    /// The rules that wrong passwords are held to.
    pub fn try_rules(&self) -> TryRules {
        TryRules {
            lock: self.config.lock,
            cost: self.config.password.cost(),
        }
    }

    /// A session ends after so long without a request.
    pub fn idle(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.config.session.idle_minutes))
    }

    /// A session ends after so long in any case.
    pub fn absolute(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.config.session.absolute_minutes))
    }

    /// The service's name in the reader's language.
    pub fn name(&self, language: Language) -> &str {
        match language {
            Language::Japanese => &self.config.service.name,
            Language::English => &self.config.service.name_en,
        }
    }

    /// Whom to call, in the reader's language.
    pub fn contact(&self, language: Language) -> &str {
        match language {
            Language::Japanese => &self.config.service.contact,
            Language::English => &self.config.service.contact_en,
        }
    }

    /// Whether this is somebody's own machine.
    pub fn is_localhost(&self) -> bool {
        self.config.service.host == "localhost"
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Site")
    }
}

/// Name of the language cookie over plain http; read over https too, where nothing better is known.
pub const LANGUAGE_COOKIE: &str = "inkan-language";

/// Which listener a request came in by; each knows its own cookie and login page only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Plain http: root certificate, help, redirect.
    Plain,
    /// The applicants' pages over https.
    Applicant,
    /// The protected site over https, for applicants with a client certificate.
    Portal,
    /// The operators' console over https with a client certificate.
    Console,
}

impl Area {
    /// Name of the session cookie. Cookies are shared between the ports of a host, so each area has its own.
    pub fn session_cookie(self) -> &'static str {
        match self {
            Self::Plain | Self::Applicant => "__Host-inkan",
            Self::Portal => "__Host-inkan-portal",
            Self::Console => "__Host-inkan-console",
        }
    }

    /// Name of the cookie that binds forms to a browser before anyone is logged in.
    pub fn form_cookie(self) -> &'static str {
        match self {
            Self::Plain | Self::Applicant => "__Host-inkan-form",
            Self::Portal => "__Host-inkan-portal-form",
            Self::Console => "__Host-inkan-console-form",
        }
    }

    /// Name of the cookie that remembers the language. It holds no secret; plain http may not touch those of
    /// https, so each has its own.
    pub fn language_cookie(self) -> &'static str {
        match self {
            Self::Plain => LANGUAGE_COOKIE,
            Self::Applicant | Self::Portal | Self::Console => "__Host-inkan-language",
        }
    }

    /// Where somebody is sent who must log in first.
    pub fn login_path(self) -> &'static str {
        match self {
            Self::Plain | Self::Applicant => "/service/login",
            Self::Portal => "/portal/login",
            Self::Console => "/console/login",
        }
    }

    /// Where the area begins.
    pub fn home_path(self) -> &'static str {
        match self {
            Self::Plain | Self::Applicant => "/",
            Self::Portal => "/portal",
            Self::Console => "/console",
        }
    }

    /// Whether offices come here: many at the same time.
    pub fn is_for_offices(self) -> bool {
        matches!(self, Self::Applicant | Self::Portal)
    }

    /// Whether replies leave over TLS.
    pub fn is_tls(self) -> bool {
        self != Self::Plain
    }
}
