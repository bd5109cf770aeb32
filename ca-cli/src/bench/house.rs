//! A whole site in a folder of its own: root, pages, console and worker, as `ca-cli demo` starts them.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use ca_core::config::Config;
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::user_id::UserId;
use openssl::x509::X509;
use tempfile::TempDir;

use super::question::{expect_answer, question};
use super::wire::{Wire, get};
use crate::demo::{House, Place, Ports, Running, accounts, set_up};

/// Registered accounts.
const ACCOUNTS: u16 = 40;
/// How long the worker may take to its first list and answers.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// A running site. Dropping it ends it and takes its folder away.
pub(super) struct Site {
    place: Place,
    house: House,
    /// OCSP, by POST, about the site's own certificate.
    pub(super) question: Vec<u8>,
    _running: Running,
    _folder: TempDir,
}

impl Site {
    /// Sets a site up, starts it, and waits until it has a revocation list and answers.
    pub(super) fn open() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let mut config = Config::load(None)?;
        let ports = Ports::take(&config.listen, Some(0), false)?;
        config.listen = ports.listen.clone();
        config.database.url = String::new();
        let place = Place::new(config, folder.path());
        let accounts = set_up::read_accounts(&place, &accounts::built_in(ACCOUNTS))?;
        let house = set_up::open(&place, &accounts)?;
        let running = Running::start(&place, &house, ports)?;
        let site = Self {
            question: about_the_site(&place, &house)?,
            place,
            house,
            _running: running,
            _folder: folder,
        };
        site.wait()?;
        Ok(site)
    }

    /// The listener without TLS: lists, answers, the root.
    pub(super) fn plain(&self) -> anyhow::Result<Wire> {
        Wire::plain(self.address(self.place.desk.config.listen.http.address())?)
    }

    /// The listener of the applicants' pages.
    pub(super) fn pages(&self) -> anyhow::Result<Wire> {
        let address = self.address(self.place.desk.config.listen.https.address())?;
        Wire::tls(address, self.root())
    }

    /// The address of the applicants' pages.
    pub(super) fn url(&self) -> &str {
        &self.place.desk.config.service.public_url
    }

    /// The root's certificate, DER.
    pub(super) fn root(&self) -> &[u8] {
        &self.house.root.certificate_der
    }

    /// The accounts that are registered.
    pub(super) fn user_ids(&self) -> &[UserId] {
        &self.house.user_ids
    }

    fn address(&self, listener: Option<SocketAddr>) -> anyhow::Result<SocketAddr> {
        listener.context("a listener that is on")
    }

    fn wait(&self) -> anyhow::Result<()> {
        let end = Instant::now() + PATIENCE;
        loop {
            let tried = self.try_it();
            match tried {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() >= end => return Err(error),
                Err(_) => thread::sleep(LOOK),
            }
        }
    }

    fn try_it(&self) -> anyhow::Result<()> {
        let mut wire = self.plain()?;
        if wire.ask(&get(LIST))?.is_empty() {
            bail!("an empty list");
        }
        expect_answer(wire.ask(&self.question)?)
    }
}

/// The list of the first generation.
pub(super) const LIST: &str = "/crl/1.crl";

fn about_the_site(place: &Place, house: &House) -> anyhow::Result<Vec<u8>> {
    let file = place.folder().join("tls/server.crt");
    let pem = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
    let own = X509::from_pem(&pem)?;
    let serial = own.serial_number().to_bn()?.to_hex_str()?;
    let serial = SerialNumber::from_hex(&serial.to_lowercase())?;
    question(&X509::from_der(&house.root.certificate_der)?, serial)
}
