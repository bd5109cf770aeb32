//! `ca-api`: the web tier as a program. Reads the configuration, opens the database, serves until told to stop.
//! SIGHUP reads the configuration again, without a request lost.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use ca_api::server::{self, Addresses, Listeners, Server};
use ca_api::site::Site;
use ca_core::config::{Config, Listen, ListenConfig, Program, text_file};
use ca_core::domain::calendar::{BUILT_IN, BusinessCalendar};
use ca_core::domain::random::OsRandom;
use ca_core::domain::time::SystemClock;
use ca_core::store::Store;
use clap::Parser;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How often a look is taken at whether the listeners are still up.
const WATCH: Duration = Duration::from_secs(1);

/// The web tier of Inkan: applicants' pages, operators' console, root certificate.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The configuration file; every key has a default, see docs/configuration.md.
    #[arg(long, env = "INKAN_CONFIG")]
    config: Option<PathBuf>,
    /// Opens the database and every file that the configuration names, as the account that runs this, says what is wrong,
    /// and ends.
    #[arg(long)]
    check_config: bool,
    /// Write logs as JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    log(options.json);
    let _scenario = ca_core::fault::from_environment();
    match work(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn log(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter);
    if json { log.json().init() } else { log.init() }
}

fn work(options: &Options) -> anyhow::Result<()> {
    ca_core::process::close_off();
    if options.check_config {
        return check(Config::load(options.config.as_deref())?);
    }
    let (config, calendar) = read(options)?;
    let addresses = (config.listen.clone(), config.proxy.listen);
    let site = Arc::new(site(config, calendar)?);
    let listeners = Listeners::bind(&site.config.listen)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut told = runtime.block_on(async { Told::new() })?;
    let server = server::serve(site, listeners)?;
    let Addresses {
        http,
        https,
        portal,
        console,
    } = server.addresses;
    let [http, https, portal, console] = [http, https, portal, console].map(Listen::from);
    tracing::info!(%http, %https, %portal, %console, "serving");
    while runtime.block_on(told.next(&server)) == Order::Reload {
        match reload(options, &server, &addresses) {
            Ok(()) => tracing::info!("the configuration was read again and is in use"),
            Err(error) => tracing::error!(
                "the new configuration is refused, the site goes on with the old one: {error:#}"
            ),
        }
    }
    anyhow::ensure!(
        server.is_running(),
        "the web server ended by itself; the log says why"
    );
    tracing::info!("stopping; running requests may finish");
    server.stop();
    Ok(())
}

/// Whether this account could serve the configuration: every file, the database, the certificates of each listener.
fn check(config: Config) -> anyhow::Result<()> {
    let faults = config.faults(Program::Api);
    for fault in &faults {
        tracing::error!("{fault}");
    }
    anyhow::ensure!(
        faults.is_empty(),
        "ca-api cannot use this configuration; what is wrong stands above"
    );
    if let Some(warning) = config.password.warning() {
        tracing::warn!("{warning}");
    }
    let calendar = calendar(config.calendar.file.as_deref())?;
    server::check(&site(config, calendar)?)?;
    tracing::info!("configuration, files, certificates and database are in order");
    Ok(())
}

/// The configuration and the calendar that it names.
fn read(options: &Options) -> anyhow::Result<(Config, BusinessCalendar)> {
    let config = Config::load(options.config.as_deref())?;
    let calendar = calendar(config.calendar.file.as_deref())?;
    Ok((config, calendar))
}

/// Serves the configuration as it is now; an error leaves everything as it was.
fn reload(
    options: &Options,
    server: &Server,
    addresses: &(ListenConfig, Option<SocketAddr>),
) -> anyhow::Result<()> {
    let (config, calendar) = read(options)?;
    anyhow::ensure!(
        (&config.listen, &config.proxy.listen) == (&addresses.0, &addresses.1),
        "[listen] or [proxy] listen changed, which only a restart can follow"
    );
    Ok(server.take_up(Arc::new(site(config, calendar)?))?)
}

fn site(config: Config, calendar: BusinessCalendar) -> anyhow::Result<Site> {
    let store = Store::open(&config.database, &config.data.folder)?;
    Ok(Site::new(
        config,
        store,
        Arc::new(SystemClock),
        Arc::new(OsRandom),
        calendar,
    )?)
}

fn calendar(file: Option<&Path>) -> anyhow::Result<BusinessCalendar> {
    let Some(file) = file else {
        return Ok(BusinessCalendar::from_toml(BUILT_IN)?);
    };
    let named = || format!("the calendar {} ([calendar] file)", file.display());
    let text = text_file::read(file).with_context(named)?;
    BusinessCalendar::from_toml(&text).with_context(named)
}

/// What the program was told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Read the configuration again.
    Reload,
    /// End.
    Stop,
}

/// Signals, heard from the moment this is made.
struct Told {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Told {
    fn new() -> anyhow::Result<Self> {
        let hear = |kind, name| signal(kind).with_context(|| format!("cannot listen for {name}"));
        Ok(Self {
            terminate: hear(SignalKind::terminate(), "SIGTERM")?,
            interrupt: hear(SignalKind::interrupt(), "SIGINT")?,
            hang_up: hear(SignalKind::hangup(), "SIGHUP")?,
        })
    }

    /// Waits for a signal, or until the listeners are gone.
    async fn next(&mut self, server: &Server) -> Order {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return Order::Stop,
                _ = self.interrupt.recv() => return Order::Stop,
                _ = self.hang_up.recv() => return Order::Reload,
                () = tokio::time::sleep(WATCH) => if !server.is_running() { return Order::Stop },
            }
        }
    }
}
