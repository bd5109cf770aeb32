//! `bench issue`: approved requests through the worker's cycle, and what of the time went where.

use std::time::Duration;

use anyhow::bail;
use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::time::{Clock, SystemClock};
use ca_worker::cycle::{Window, work_round};
use chrono::TimeDelta;
use serde::Serialize;

use super::floor::{self, Floor};
use super::meter::{Usage, forget_peak, metered, peak_megabytes};
use super::stage::Stage;
use super::stopwatch::{Parts, timing};

/// Certificates' worth of bare cryptography between batches: a machine that is slower for a while is so for both.
const FLOOR_SAMPLE: usize = 500;
/// Certificates after which it is measured again.
const FLOOR_EVERY: usize = 500;

/// What to measure.
#[derive(Debug, Clone)]
pub struct IssueOrder {
    /// Certificates.
    pub count: usize,
    /// Certificates that are recorded beforehand, so that the database is as large as after years.
    pub stored: usize,
    /// The subjects' keys.
    pub key: KeyAlgorithm,
    /// Rounds of each key derivation in a PKCS#12.
    pub p12_iterations: u32,
    /// Threads.
    pub jobs: usize,
    /// An empty database; a SQLite file in a temporary folder when absent.
    pub database: Option<String>,
}

impl IssueOrder {
    /// `sqlite` or `postgres`.
    pub(super) fn engine(&self) -> &'static str {
        let url = self.database.as_deref().unwrap_or("sqlite:");
        match url.starts_with("sqlite:") {
            true => "sqlite",
            false => "postgres",
        }
    }
}

/// One measurement.
#[derive(Debug, Serialize)]
pub struct IssueReport {
    /// `queue` or `floor`.
    pub measured: &'static str,
    /// Certificates.
    pub count: usize,
    /// The subjects' keys.
    pub key: &'static str,
    /// Rounds of each key derivation.
    pub p12_iterations: u32,
    /// Threads.
    pub jobs: usize,
    /// `sqlite` or `postgres`; none for the floor.
    pub database: Option<&'static str>,
    /// Wall time.
    pub seconds: f64,
    /// Certificates in a second of wall time.
    pub certificates_per_second: f64,
    /// CPU time of all threads for one certificate, in milliseconds; a database server's is not in it.
    pub cpu_ms_per_certificate: f64,
    /// Peak of resident memory while measuring.
    pub peak_rss_mb: Option<f64>,
    /// Where the CPU time went; the parts add up to 1.
    pub share: Share,
    /// Wall time inside transactions, as a part of all the jobs' time; none for the floor.
    pub database_wall_share: Option<f64>,
    /// CPU time of a certificate divided by that of making its own key; none for the floor.
    pub ratio_to_key: Option<f64>,
    /// CPU milliseconds of the bare cryptography that the cycle demands for one certificate.
    pub floor_cpu_ms_per_certificate: f64,
    /// Its parts.
    pub floor_parts_ms: FloorParts,
    /// `cpu_ms_per_certificate` / `floor_cpu_ms_per_certificate`.
    pub ratio_to_floor: f64,
    /// The same with the floor's parts as they were measured while these certificates were made, so that a machine that
    /// is slower for a while is so for both; none for the floor.
    pub ratio_to_floor_within: Option<f64>,
    /// The same with a floor of key, signature and derivations alone: no seal, and a signature that nobody checked.
    pub ratio_to_narrow_floor: f64,
    /// What was measured with an empty database before; none where it was empty anyway.
    pub stored: Option<Stored>,
}

/// What a large database changes.
#[derive(Debug, Serialize)]
pub struct Stored {
    /// Certificates that were there.
    pub certificates: usize,
    /// Certificates in a second with none there.
    pub empty_per_second: f64,
    /// CPU time for one with none there, in milliseconds.
    pub empty_cpu_ms: f64,
    /// Certificates in a second with all of them there, divided by those with none.
    pub rate_ratio: f64,
}

/// The bare cryptography of one certificate, in CPU milliseconds.
#[derive(Debug, Serialize)]
pub struct FloorParts {
    /// Opening the seal around the password.
    pub open: f64,
    /// Making the subject's key.
    pub key: f64,
    /// The root's signature.
    pub sign: f64,
    /// Verifying it.
    pub verify: f64,
    /// The derivations of a PKCS#12.
    pub kdf: f64,
}

/// Parts of the CPU time, each measured where it was spent.
#[derive(Debug, Serialize)]
pub struct Share {
    /// Opening the seal around the password.
    pub open: f64,
    /// Making the subject's key.
    pub key: f64,
    /// The root's signature.
    pub sign: f64,
    /// Verifying it.
    pub verify: f64,
    /// The derivations of a PKCS#12.
    pub kdf: f64,
    /// Inside transactions.
    pub database: f64,
    /// Encoding, lint, encryption and self-test of the file, journal.
    pub other: f64,
}

/// Sends approved requests through the cycle's steps 3 to 8 until the queue is empty.
pub fn measure_queue(order: &IssueOrder) -> anyhow::Result<IssueReport> {
    let mut stage = Stage::build(order)?;
    let empty = match order.stored {
        0 => None,
        stored => {
            let usage = drain(&stage, order.count, || Ok(()))?;
            stage.store(stored)?;
            stage.fill(order.count)?;
            Some(usage)
        }
    };
    forget_peak();
    let mut floor = Floor::default();
    let sample = || {
        floor.add(floor::measure(order, FLOOR_SAMPLE)?);
        Ok(())
    };
    let (usage, parts) = timing(|| drain(&stage, order.count, sample));
    let (usage, peak) = (usage?, peak_megabytes());
    let jobs_wall = usage.wall.as_secs_f64() * order.jobs as f64;
    Ok(IssueReport {
        measured: "queue",
        database: Some(order.engine()),
        peak_rss_mb: peak.map(rounded),
        share: Share::of(&parts, usage.cpu),
        database_wall_share: Some(rounded(parts.transaction.wall.as_secs_f64() / jobs_wall)),
        ratio_to_floor_within: Some(rounded(
            usage.cpu.as_secs_f64() / parts.cryptography().cpu.as_secs_f64(),
        )),
        ratio_to_key: Some(rounded(
            usage.cpu.as_secs_f64() / parts.key.cpu.as_secs_f64(),
        )),
        stored: empty.map(|empty| Stored {
            certificates: order.stored + order.count,
            empty_per_second: rounded(order.count as f64 / empty.wall.as_secs_f64()),
            empty_cpu_ms: rounded(empty.cpu_ms_each(order.count)),
            rate_ratio: rounded(empty.wall.as_secs_f64() / usage.wall.as_secs_f64()),
        }),
        ..IssueReport::of(order, &usage, &floor)
    })
}

/// Measures the bare cryptography alone.
pub fn measure_floor(order: &IssueOrder) -> anyhow::Result<IssueReport> {
    forget_peak();
    let floor = floor::measure(order, order.count)?;
    let usage = floor.whole();
    Ok(IssueReport {
        measured: "floor",
        peak_rss_mb: peak_megabytes().map(rounded),
        ..IssueReport::of(order, &usage, &floor)
    })
}

/// Batch after batch, as `run --once` does, but by day and night; `count` have to come of it. Says what the batches
/// used, without what is done `between` them.
fn drain(
    stage: &Stage,
    count: usize,
    mut between: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Usage> {
    let open = Window::Open(SystemClock.now() + TimeDelta::days(1));
    let (mut issued, mut due, mut used) = (0, 0, Usage::default());
    loop {
        let (round, usage) = metered(|| work_round(&stage.worker, open));
        let batch = round?.batch;
        used = used.and(usage);
        if batch.claimed == 0 {
            break;
        }
        issued += batch.issued.len();
        if issued >= due {
            between()?;
            due = issued + FLOOR_EVERY;
        }
    }
    if issued != count {
        bail!("{issued} of {count} requests were issued; the log says why");
    }
    Ok(used)
}

impl IssueReport {
    fn of(order: &IssueOrder, usage: &Usage, floor: &Floor) -> Self {
        let seconds = usage.wall.as_secs_f64();
        let each = usage.cpu_ms_each(order.count);
        let [bare, narrow] =
            [floor.whole(), floor.narrow()].map(|part| part.cpu_ms_each(floor.count));
        Self {
            measured: "",
            count: order.count,
            key: order.key.as_str(),
            p12_iterations: order.p12_iterations,
            jobs: order.jobs,
            database: None,
            seconds: rounded(seconds),
            certificates_per_second: rounded(order.count as f64 / seconds),
            cpu_ms_per_certificate: rounded(each),
            peak_rss_mb: None,
            share: Share::of(&floor.parts, usage.cpu),
            database_wall_share: None,
            ratio_to_key: None,
            floor_cpu_ms_per_certificate: rounded(bare),
            floor_parts_ms: FloorParts::of(floor),
            ratio_to_floor: rounded(each / bare),
            ratio_to_floor_within: None,
            ratio_to_narrow_floor: rounded(each / narrow),
            stored: None,
        }
    }
}

impl FloorParts {
    fn of(floor: &Floor) -> Self {
        let each = |part: Usage| rounded(part.cpu_ms_each(floor.count));
        Self {
            open: each(floor.parts.open),
            key: each(floor.parts.key),
            sign: each(floor.parts.sign),
            verify: each(floor.parts.verify),
            kdf: each(floor.parts.derive),
        }
    }
}

impl Share {
    /// Parts of `whole`; `other` is what the measured parts leave.
    fn of(parts: &Parts, whole: Duration) -> Self {
        let part = |usage: Usage| usage.cpu.as_secs_f64() / whole.as_secs_f64();
        let measured = [
            parts.open,
            parts.key,
            parts.sign,
            parts.verify,
            parts.derive,
            parts.transaction,
        ]
        .map(part);
        let [open, key, sign, verify, kdf, database] = measured.map(rounded);
        Self {
            open,
            key,
            sign,
            verify,
            kdf,
            database,
            other: rounded((1.0 - measured.iter().sum::<f64>()).max(0.0)),
        }
    }
}

/// Three digits after the point are more than any run repeats.
fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(count: usize) -> IssueOrder {
        IssueOrder {
            count,
            stored: 0,
            key: KeyAlgorithm::P256,
            p12_iterations: 16,
            jobs: 2,
            database: None,
        }
    }

    #[test]
    fn every_request_is_issued_and_the_parts_add_up() {
        let report = measure_queue(&order(7)).unwrap();
        assert_eq!(
            (report.measured, report.count, report.database),
            ("queue", 7, Some("sqlite"))
        );
        assert!(report.cpu_ms_per_certificate > 0.0 && report.seconds > 0.0);
        assert!(report.share.database > 0.0);
        let Share {
            open,
            key,
            sign,
            verify,
            kdf,
            database,
            other,
        } = report.share;
        let parts = [open, key, sign, verify, kdf, database, other];
        assert!(parts.iter().sum::<f64>() > 0.99, "{parts:?}");
        assert!(parts.iter().all(|part| *part > 0.0), "{parts:?}");
        let above = |ratio: Option<f64>| ratio.is_some_and(|ratio| ratio > 1.0);
        assert!(above(report.ratio_to_key) && above(report.ratio_to_floor_within));
    }

    #[test]
    fn a_filled_database_is_compared_with_an_empty_one() {
        let order = IssueOrder {
            stored: 5,
            ..order(3)
        };
        let stored = measure_queue(&order).unwrap().stored.unwrap();
        assert_eq!(stored.certificates, 8);
        assert!(stored.rate_ratio > 0.0 && stored.empty_cpu_ms > 0.0);
    }

    #[test]
    fn the_floor_is_its_own_measure() {
        let report = measure_floor(&order(20)).unwrap();
        assert_eq!((report.measured, report.database), ("floor", None));
        assert!((report.ratio_to_floor - 1.0).abs() < 0.01);
    }

    #[test]
    fn a_database_that_is_there_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inkan.sqlite");
        std::fs::write(&file, "mine").unwrap();
        let order = IssueOrder {
            database: Some(format!("sqlite:{}", file.display())),
            ..order(1)
        };
        assert!(
            measure_queue(&order)
                .unwrap_err()
                .to_string()
                .contains("exists")
        );
        assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    }
}
