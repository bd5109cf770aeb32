//! Pages, console and worker in one process, ended together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::bail;
use ca_api::server::{self, Server};
use ca_api::site::Site;
use ca_core::domain::calendar::BusinessCalendar;
use ca_worker::run::run_forever;
use ca_worker::worker::Worker;
use tokio::signal::unix::{SignalKind, signal};

use super::place::Place;
use super::port::Ports;
use super::set_up::House;

/// How often a look is taken at whether everything still runs.
const WATCH: Duration = Duration::from_secs(1);

/// A running demo. Dropping it ends it.
pub(super) struct Running {
    server: Option<Server>,
    worker: Option<JoinHandle<()>>,
    shutdown: Arc<AtomicBool>,
}

impl Running {
    /// Starts the listeners, then the worker. The calendar is always open: a demo does not wait for Monday.
    pub(super) fn start(place: &Place, house: &House, ports: Ports) -> anyhow::Result<Self> {
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
        let worker = worker(place, house)?;
        let (stop, poll) = (Arc::clone(&shutdown), desk.config.worker.poll_seconds);
        let run = move || run_forever(&worker, Duration::from_secs(poll.into()), &stop);
        let worker = thread::Builder::new().name("ca-worker".into()).spawn(run)?;
        Ok(Self {
            server: Some(server),
            worker: Some(worker),
            shutdown,
        })
    }

    /// Waits for Ctrl-C or a request to end, then ends: running requests and a batch that was begun finish first.
    pub(super) fn until_signal(self) -> anyhow::Result<()> {
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
    pub(super) fn expect_running(&self) -> anyhow::Result<()> {
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

fn worker(place: &Place, house: &House) -> anyhow::Result<Worker> {
    let desk = &place.desk;
    let (clock, random) = (Arc::clone(&desk.clock), Arc::clone(&desk.random));
    let mut worker = Worker::open(
        &desk.config,
        house.store.clone(),
        &house.passphrase,
        clock,
        random,
    )?;
    worker.calendar = BusinessCalendar::always_open();
    Ok(worker)
}
