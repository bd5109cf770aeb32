//! A site with its own database and clock in a temporary folder, for handler tests.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use actix_web::web::Data;
use ca_core::config::Config;
use ca_core::domain::approval::ApprovalKey;
use ca_core::domain::calendar::{BUILT_IN, BusinessCalendar};
use ca_core::domain::random::SeededRandom;
use ca_core::domain::time::FixedClock;
use ca_core::store::Store;
use chrono::{DateTime, TimeZone, Utc};

use crate::hashing::HashingGate;
use crate::locale::{Language, Locale, Texts};
use crate::page::Page;
use crate::site::{Area, Site};

/// A site on SQLite; the folder goes when it is dropped.
pub(crate) struct Stage {
    /// The site, as a listener gets it.
    pub(crate) site: Data<Site>,
    /// The hand of its clock; a Wednesday morning in Tokyo to begin with.
    pub(crate) clock: FixedClock,
    folder: tempfile::TempDir,
}

impl Stage {
    /// An empty site: no root, no account, nobody.
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// An empty site with a configuration of its own.
    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::load(None).unwrap();
        config.data.folder = folder.path().to_owned();
        // Cheap hashes: these tests are about doors, not about their locks' steel.
        config.password.memory_kib = 7_168;
        config.password.iterations = 1;
        change(&mut config);
        give_approval_key(&config);
        let store = Store::migrate(&config.database, folder.path()).unwrap();
        let clock = FixedClock::new(morning());
        let random = Arc::new(SeededRandom::new(1));
        let calendar = BusinessCalendar::from_toml(BUILT_IN).unwrap();
        let site = Site::new(config, store, Arc::new(clock.clone()), random, calendar).unwrap();
        Self {
            site: Data::new(site),
            clock,
            folder,
        }
    }

    /// The same with so many at the login that nobody else may wait.
    pub(crate) fn crowded(self) -> Self {
        let mut site = self.site.into_inner();
        Arc::get_mut(&mut site).unwrap().hashing = HashingGate::crowded().unwrap();
        Self {
            site: Data::from(site),
            ..self
        }
    }

    /// Its data folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn give_approval_key(config: &Config) {
    let file = config.approval_key_file();
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let key = ApprovalKey::draw(&SeededRandom::new(2));
    std::fs::write(&file, key.to_file()).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
}

/// 2026-11-25 10:00 in Tokyo, a business day.
pub(crate) fn morning() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 25, 1, 0, 0).unwrap()
}

/// What the layout needs, for drawing pages without a request.
pub(crate) fn page(language: Language) -> Page {
    Page {
        texts: Texts::new(Arc::new(Locale::load().unwrap()), language),
        area: Area::Console,
        path: "/console".to_owned(),
        form_token: "0".repeat(64),
        service: "Inkan".to_owned(),
        contact: "03-0000-0000".to_owned(),
        public_url: "https://localhost:8443/".to_owned(),
        portal_url: "https://localhost:8444/".to_owned(),
        mark: "K3F9-72QX".to_owned(),
        signed_in: None,
        unreadable: crate::page::Unreadable::default(),
    }
}
