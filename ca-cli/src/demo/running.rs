//! Pages, console and worker in one process, ended together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::bail;
use ca_api::server::{self, Server};
use ca_api::site::Site;
use ca_core::config::Config;
use ca_core::domain::calendar::BusinessCalendar;
use ca_core::domain::random::Random;
use ca_core::domain::time::Clock;
use ca_core::store::Store;
use ca_worker::run::{Ended, run_forever};
use ca_worker::worker::{OpenWorkerError, Worker};
use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};

use super::place::Place;
use super::port::Ports;
use super::set_up::House;

/// How often a look is taken at whether everything still runs.
const WATCH: Duration = Duration::from_secs(1);

/// A running demo. Dropping it ends it.
pub(crate) struct Running {
    server: Option<Server>,
    worker: Option<JoinHandle<()>>,
    shutdown: Arc<AtomicBool>,
}

impl Running {
    /// Starts the listeners, then the worker. The calendar is always open: a demo does not wait for Monday.
    pub(crate) fn start(place: &Place, house: &House, ports: Ports) -> anyhow::Result<Self> {
        let desk = &place.desk;
        let (config, store) = (desk.config.clone(), house.store.clone());
        let site = Site::new(
            config,
            store,
            Arc::clone(&desk.clock),
            Arc::clone(&desk.random),
            BusinessCalendar::always_open(),
        )?;
        let server = server::serve(Arc::new(site), ports.listeners)?;
        let shutdown = Arc::new(AtomicBool::new(false));
        let hired = Hired::of(place, house);
        let worker = hired.open()?;
        let stop = Arc::clone(&shutdown);
        let run = move || hired.work(worker, &stop);
        let worker = thread::Builder::new().name("ca-worker".into()).spawn(run)?;
        Ok(Self {
            server: Some(server),
            worker: Some(worker),
            shutdown,
        })
    }

    /// Waits for Ctrl-C or a request to end, then ends: running requests and a batch that was begun finish first.
    pub(crate) fn until_signal(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            loop {
                tokio::select! {
                    _ = terminate.recv() => return Ok(()),
                    _ = interrupt.recv() => return Ok(()),
                    () = tokio::time::sleep(WATCH) => self.expect_running()?,
                }
            }
        })
    }

    /// An error if a part ended by itself.
    pub(crate) fn expect_running(&self) -> anyhow::Result<()> {
        if !self.server.as_ref().is_some_and(Server::is_running) {
            bail!("the web server ended by itself; start the demo again");
        }
        if self.worker.as_ref().is_none_or(JoinHandle::is_finished) {
            bail!("the worker ended by itself; start the demo again");
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.store(true, Ordering::SeqCst);
        if let Some(server) = self.server.take() {
            server.stop();
        }
        if let Some(worker) = self.worker.take() {
            // A worker that panicked has said so on standard error.
            let _ = worker.join();
        }
    }
}

/// What the demo's worker is opened with, and opened with anew when a root was added.
struct Hired {
    config: Config,
    store: Store,
    passphrase: SecretString,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Hired {
    fn of(place: &Place, house: &House) -> Self {
        let desk = &place.desk;
        Self {
            config: desk.config.clone(),
            store: house.store.clone(),
            passphrase: house.passphrase.clone(),
            clock: Arc::clone(&desk.clock),
            random: Arc::clone(&desk.random),
        }
    }

    fn open(&self) -> Result<Worker, OpenWorkerError> {
        let (clock, random) = (Arc::clone(&self.clock), Arc::clone(&self.random));
        let store = self.store.clone();
        let mut worker = Worker::open(&self.config, store, &self.passphrase, clock, random)?;
        worker.calendar = BusinessCalendar::always_open();
        Ok(worker)
    }

    fn work(&self, mut worker: Worker, shutdown: &AtomicBool) {
        let poll = Duration::from_secs(self.config.worker.poll_seconds.into());
        while run_forever(&worker, poll, shutdown) == Ended::Outdated {
            match self.open() {
                Ok(opened) => worker = opened,
                Err(error) => tracing::error!(%error, "the worker goes on as it is"),
            }
        }
    }
}
