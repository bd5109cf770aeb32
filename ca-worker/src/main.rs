//! `ca-worker`: signs approved requests and sends mail. Listens on no port.
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, anyhow};
use ca_core::config::{Config, Program};
use ca_core::domain::random::OsRandom;
use ca_core::domain::time::SystemClock;
use ca_core::one_fault::OneFault;
use ca_core::store::Store;
use ca_worker::authority::read_passphrase;
use ca_worker::place::Place;
use ca_worker::run::{Ended, run_forever, run_once};
use ca_worker::worker::Worker;
use clap::Parser;

/// How long the end of the program may take when all work is done.
const LAST_BREATH: Duration = Duration::from_secs(5);

/// What is said of a root whose key is not here.
const ABSENT: &str = "alarm: a root's key cannot be used here; what only that root can sign waits for a worker that has it, the rest goes on";

/// Inkan's signer: takes approved requests, makes keys and certificates, packs them, sends mail.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Configuration file; the defaults when absent.
    #[arg(long, env = "INKAN_CONFIG")]
    config: Option<PathBuf>,
    /// Do one unit of work and end; status 1 if a part of it failed.
    #[arg(long)]
    once: bool,
    /// Check configuration, database, keys, profiles, calendar, mail texts and every other file and folder, as the account
    /// that runs this, and end.
    #[arg(long, conflicts_with = "once")]
    check_config: bool,
    /// Write logs as JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log(arguments.json);
    let _scenario = ca_core::fault::from_environment();
    let status = match work(&arguments) {
        Ok(status) => status,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    };
    end_in_any_case();
    status
}

/// Modules of tokens clean up when the program ends, and one that hangs may hang there, too. Nothing of ours is left
/// to be done then.
fn end_in_any_case() {
    std::thread::spawn(|| {
        std::thread::sleep(LAST_BREATH);
        tracing::error!("the PKCS#11 module does not let the program end; it is ended by force");
        std::process::abort();
    });
}

fn work(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    ca_core::process::close_off();
    let config = Config::load(arguments.config.as_deref())?;
    if arguments.check_config {
        check_files(&config)?;
    }
    let worker = open(&config)?;
    let alarm = OneFault::new(ABSENT);
    alarm.is(&worker.authority.missing_keys().to_string());
    if arguments.check_config {
        anyhow::ensure!(
            worker.authority.missing_keys().is_empty(),
            "ca-worker would start without the keys that stand above"
        );
        tracing::info!(
            "configuration, database, keys, profiles, calendar, mail texts, files and folders are in order"
        );
        return Ok(ExitCode::SUCCESS);
    }
    let place = place(&config);
    let worker = worker.at(place.as_ref());
    if arguments.once {
        let report = run_once(&worker);
        tracing::info!(
            issued = report.batch.issued.len(),
            parked = report.batch.parked.len(),
            "one unit of work is done"
        );
        for trouble in report.troubles.iter().chain(&report.batch.trouble).chain(
            report
                .mail
                .trouble
                .as_ref()
                .or(report.mail.refused.as_ref()),
        ) {
            tracing::error!("{trouble}");
        }
        return Ok(if report.is_clean() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    work_until_told(arguments, config, worker, place.as_ref(), &alarm)?;
    Ok(ExitCode::SUCCESS)
}

/// Works until SIGTERM or SIGINT. SIGHUP and new generations of the root have everything opened anew; what cannot be
/// opened is refused, and the worker goes on as it is.
fn work_until_told(
    arguments: &Arguments,
    mut config: Config,
    mut worker: Worker,
    place: Option<&Place>,
    alarm: &OneFault,
) -> anyhow::Result<()> {
    let told = Arc::new(Told::default());
    hear_signals(Arc::clone(&told))?;
    let refused = OneFault::new("the roots or their keys changed, and the worker goes on as it is");
    loop {
        let poll = Duration::from_secs(config.worker.poll_seconds.into());
        let ended = run_forever(&worker, poll, &told.pause);
        let is_told = told.pause.swap(false, Ordering::SeqCst);
        // Told after this line, the next round ends at once.
        if told.end.load(Ordering::SeqCst) {
            return Ok(());
        }
        anyhow::ensure!(
            ended != Ended::ForeignSchema,
            "the database was migrated while this worker ran; start the version of the program that did it"
        );
        let fresh = match is_told {
            true => Config::load(arguments.config.as_deref()).map_err(anyhow::Error::from),
            false => {
                tracing::debug!("the roots or their keys changed");
                Ok(config.clone())
            }
        };
        match fresh.and_then(|fresh| Ok((open(&fresh)?, fresh))) {
            Ok((opened, fresh)) => {
                (worker, config) = (opened.at(place), fresh);
                refused.is_over();
                alarm.is(&worker.authority.missing_keys().to_string());
                tracing::info!("the configuration and the keys are in use as they are now");
            }
            // Better the old ones than none: lists, answers and mail go on meanwhile.
            Err(error) if is_told => tracing::error!(
                "the new configuration is refused, the worker goes on with the old one: {error:#}"
            ),
            Err(error) => refused.is_there(&format!("{error:#}")),
        }
    }
}

/// Takes a place among the workers of the data folder. Without one a killed worker is counted beside its successor for
/// a while, and nothing else is worse.
fn place(config: &Config) -> Option<Place> {
    Place::take(&config.data.folder, &OsRandom)
        .map_err(|error| tracing::warn!(%error, "the folder `workers` in the data folder cannot be used"))
        .ok()
}

/// Whether this account can read and write what a worker has to.
fn check_files(config: &Config) -> anyhow::Result<()> {
    let faults = config.faults(Program::Worker);
    for fault in &faults {
        tracing::error!("{fault}");
    }
    anyhow::ensure!(
        faults.is_empty(),
        "ca-worker cannot use this configuration; what is wrong stands above"
    );
    Ok(())
}

fn open(config: &Config) -> anyhow::Result<Worker> {
    let path = config.authority.passphrase_file.as_deref();
    let path = path.ok_or_else(|| {
        anyhow!("the worker cannot ask for the passphrase: write the path of a file that holds it into [authority] passphrase_file")
    })?;
    let passphrase = read_passphrase(path)?;
    let store = Store::open(&config.database, &config.data.folder)?;
    Worker::open(
        config,
        store,
        &passphrase,
        Arc::new(SystemClock),
        Arc::new(OsRandom),
    )
    .context("the worker cannot start")
}

/// What signals said.
#[derive(Debug, Default)]
struct Told {
    /// Finish what is in hand.
    pause: AtomicBool,
    /// For good, not only to begin anew.
    end: AtomicBool,
}

/// Sets the flags on SIGTERM and SIGINT (end) and SIGHUP (begin anew), from now on.
fn hear_signals(told: Arc<Told>) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (mut terminate, mut interrupt, mut hang_up) = {
        let _guard = runtime.enter();
        (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        )
    };
    std::thread::spawn(move || {
        runtime.block_on(async {
            loop {
                let is_end = tokio::select! {
                    _ = terminate.recv() => true,
                    _ = interrupt.recv() => true,
                    _ = hang_up.recv() => false,
                };
                told.end.fetch_or(is_end, Ordering::SeqCst);
                told.pause.store(true, Ordering::SeqCst);
            }
        });
    });
    Ok(())
}

fn log(json: bool) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    if json {
        logs.json().init()
    } else {
        logs.init()
    }
}
