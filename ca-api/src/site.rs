//! What every page of the site shares: settings, texts, the way to the store.

use std::sync::Arc;

use crate::locale::{Language, Locale, LocaleError};

/// The site's own facts that pages show or are built with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The organisation's name for the service, in Japanese.
    pub name: String,
    /// The same in English.
    pub name_en: String,
    /// Whom to call, as shown at the foot of every page.
    pub contact: String,
    /// Scheme, host and port of the applicants' pages, without a final slash.
    pub public_url: String,
}

/// Random bytes; tests give their own.
pub trait Random: Send + Sync + std::fmt::Debug {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// One site: shared by all listeners of a process.
#[derive(Debug)]
pub struct Site {
    /// What the pages say about the service itself.
    pub settings: Settings,
    /// Texts in both languages.
    pub locale: Arc<Locale>,
    /// Where cookies and marks come from.
    pub random: Arc<dyn Random>,
}

impl Site {
    /// Reads the built-in texts and keeps the settings.
    pub fn new(settings: Settings, random: Arc<dyn Random>) -> Result<Self, LocaleError> {
        Ok(Self {
            settings,
            locale: Arc::new(Locale::load()?),
            random,
        })
    }

    /// Whether this is somebody's own machine.
    pub fn is_localhost(&self) -> bool {
        let host = self
            .settings
            .public_url
            .split("//")
            .last()
            .unwrap_or_default();
        host == "localhost" || host.starts_with("localhost:") || host.starts_with("127.")
    }

    /// The service's name in the reader's language.
    pub fn name(&self, language: Language) -> &str {
        match language {
            Language::Japanese => &self.settings.name,
            Language::English => &self.settings.name_en,
        }
    }
}

/// Which listener a request came in by; each knows its own cookie and login page only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Plain http: root certificate, help, redirect.
    Plain,
    /// The applicants' pages over https.
    Applicant,
    /// The operators' console over https with a client certificate.
    Console,
}

impl Area {
    /// Name of the session cookie. Cookies are shared between the ports of a host, so each area has its own.
    pub fn session_cookie(self) -> &'static str {
        match self {
            Self::Plain | Self::Applicant => "__Host-inkan",
            Self::Console => "__Host-inkan-console",
        }
    }

    /// Name of the cookie that binds forms to a browser before anyone is logged in.
    pub fn form_cookie(self) -> &'static str {
        match self {
            Self::Plain | Self::Applicant => "__Host-inkan-form",
            Self::Console => "__Host-inkan-console-form",
        }
    }

    /// Where somebody is sent who must log in first.
    pub fn login_path(self) -> &'static str {
        match self {
            Self::Plain | Self::Applicant => "/service/login",
            Self::Console => "/console/login",
        }
    }

    /// Where the area begins.
    pub fn home_path(self) -> &'static str {
        match self {
            Self::Plain | Self::Applicant => "/",
            Self::Console => "/console",
        }
    }

    /// Whether replies leave over TLS.
    pub fn is_tls(self) -> bool {
        self != Self::Plain
    }
}
