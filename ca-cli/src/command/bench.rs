//! `ca-cli bench`: what issuing, revoking and answering cost on this machine.

use std::io::Write;
use std::time::Duration;

use ca_core::config::WorkerConfig;
use ca_core::domain::profile::KeyAlgorithm;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use crate::bench::{
    IssueOrder, measure_claims, measure_crl, measure_floor, measure_login, measure_ocsp,
    measure_pages, measure_queue, publish_in,
};

/// More than there are turns at checking, fewer than the site turns away.
const BROWSERS: u16 = 32;

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Issue certificates through the durable queue of an empty database; one line of JSON.
    Issue(Issue),
    /// Claim requests in batches and one by one; one line of JSON.
    Claim {
        /// Requests, each way.
        #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        count: u32,
        /// Requests in a batch.
        #[arg(long, default_value_t = WorkerConfig::default().batch, value_parser = clap::value_parser!(u32).range(2..=10_000))]
        batch: u32,
        /// An empty database (postgres://… or sqlite:FILE), emptied again; a temporary SQLite file when absent.
        #[arg(long, value_name = "URL")]
        database: Option<String>,
    },
    /// Make a revocation list of many entries, and have `openssl ca -gencrl` make the same; one line of JSON.
    Crl {
        /// Revoked certificates.
        #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
        entries: u32,
        /// The measured part, as this command starts it for itself.
        #[arg(long, value_name = "FOLDER", hide = true)]
        publish_in: Option<std::path::PathBuf>,
    },
    /// Let many try passwords at the login page, and ask for lists and OCSP answers meanwhile; one line of JSON.
    Login {
        /// Seconds of calm, and as many of storm.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3_600))]
        seconds: u32,
        /// Browsers that try passwords at the same time.
        #[arg(long, default_value_t = BROWSERS, value_parser = clap::value_parser!(u16).range(1..=64))]
        browsers: u16,
    },
    /// Ask for each page in calm, and while many try passwords; one line of JSON.
    Pages {
        /// Seconds for each page at full speed, in calm, and in storm.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=3_600))]
        seconds: u32,
        /// Browsers that try passwords at the same time.
        #[arg(long, default_value_t = BROWSERS, value_parser = clap::value_parser!(u16).range(1..=64))]
        browsers: u16,
    },
    /// Ask for OCSP answers over kept connections, and a handler that does nothing but reply; one line of JSON.
    Ocsp {
        /// Seconds for each of the two.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3_600))]
        seconds: u32,
    },
}

/// How much of what.
#[derive(Debug, Args)]
pub struct Issue {
    /// Certificates.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,
    /// Certificates that are recorded beforehand, copies of one; the rate with an empty database is measured before and
    /// told too.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    stored: u32,
    /// The subjects' keys.
    #[arg(long, value_enum, default_value_t = Key::P256)]
    key: Key,
    /// Rounds of each key derivation in the PKCS#12.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=600_000))]
    p12_iterations: u32,
    /// Threads.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    jobs: u32,
    /// An empty database (postgres://… or sqlite:FILE), emptied again; a temporary SQLite file when absent.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Measure the bare cryptography alone: key, signature and key derivation in a loop; no database is used.
    #[arg(long)]
    floor: bool,
}

/// Keys that an applicant's certificate may have.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Key {
    /// ECDSA on P-256.
    P256,
    /// RSA with 3,072 bits.
    Rsa3072,
}

pub(super) fn run(command: &BenchCommand, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        BenchCommand::Issue(issue) => {
            let order = issue.order()?;
            match issue.floor {
                true => tell(out, &measure_floor(&order)?),
                false => tell(out, &measure_queue(&order)?),
            }
        }
        BenchCommand::Claim {
            count,
            batch,
            database,
        } => {
            let count = usize::try_from(*count)?;
            tell(out, &measure_claims(count, *batch, database.clone())?)
        }
        BenchCommand::Crl {
            publish_in: Some(folder),
            ..
        } => publish_in(folder),
        BenchCommand::Crl { entries, .. } => tell(out, &measure_crl(usize::try_from(*entries)?)?),
        BenchCommand::Login { seconds, browsers } => {
            tell(out, &measure_login(whole(*seconds), (*browsers).into())?)
        }
        BenchCommand::Pages { seconds, browsers } => {
            tell(out, &measure_pages(whole(*seconds), (*browsers).into())?)
        }
        BenchCommand::Ocsp { seconds } => tell(out, &measure_ocsp(*seconds)?),
    }
}

fn whole(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

fn tell(out: &mut dyn Write, report: &impl Serialize) -> anyhow::Result<()> {
    writeln!(out, "{}", serde_json::to_string(report)?)?;
    Ok(())
}

impl Issue {
    fn order(&self) -> anyhow::Result<IssueOrder> {
        Ok(IssueOrder {
            count: usize::try_from(self.count)?,
            stored: usize::try_from(self.stored)?,
            key: match self.key {
                Key::P256 => KeyAlgorithm::P256,
                Key::Rsa3072 => KeyAlgorithm::Rsa3072,
            },
            p12_iterations: self.p12_iterations,
            jobs: usize::try_from(self.jobs)?,
            database: self.database.clone(),
        })
    }
}
