//! `bench claim`: requests claimed a batch at a time, and one by one, a durable commit each.

use std::time::{Duration, Instant};

use anyhow::ensure;
use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::time::{Clock, SystemClock};
use ca_core::queue::request;
use serde::Serialize;

use super::issue::IssueOrder;
use super::meter::hundredths;
use super::stage::Stage;

/// The two take turns, so that a busy machine hits both.
const TURNS: usize = 4;

/// One measurement.
#[derive(Debug, Serialize)]
pub struct ClaimReport {
    /// `claim`.
    pub measured: &'static str,
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// Requests claimed in each of the two ways.
    pub count: usize,
    /// Requests in a batch.
    pub batch: u32,
    /// Claimed in a second, a batch a commit.
    pub rows_per_second: f64,
    /// Claimed in a second, one a commit.
    pub one_by_one_per_second: f64,
    /// The one divided by the other.
    pub ratio: f64,
}

/// Claims `count` requests in each way, from an empty database's queue or a temporary SQLite file's.
pub fn measure_claims(
    count: usize,
    batch: u32,
    database: Option<String>,
) -> anyhow::Result<ClaimReport> {
    let order = IssueOrder {
        count: 2 * count,
        stored: 0,
        key: KeyAlgorithm::P256,
        p12_iterations: 1,
        jobs: 1,
        database,
    };
    let stage = Stage::build(&order)?;
    let (mut in_batches, mut one_by_one) = (Duration::ZERO, Duration::ZERO);
    for turn in 0..TURNS {
        let share = count / TURNS + usize::from(turn < count % TURNS);
        in_batches += claim(&stage, share, batch)?;
        one_by_one += claim(&stage, share, 1)?;
    }
    let per_second = |took: Duration| (count as f64 / took.as_secs_f64()).round();
    Ok(ClaimReport {
        measured: "claim",
        database: order.engine(),
        count,
        batch,
        rows_per_second: per_second(in_batches),
        one_by_one_per_second: per_second(one_by_one),
        ratio: hundredths(one_by_one.as_secs_f64() / in_batches.as_secs_f64()),
    })
}

fn claim(stage: &Stage, count: usize, batch: u32) -> anyhow::Result<Duration> {
    let (mut left, began) = (u32::try_from(count)?, Instant::now());
    while left > 0 {
        let now = SystemClock.now();
        let until = now + stage.worker.settings.lease;
        let most = batch.min(left);
        let claimed = request::claim(&stage.worker.store, "bench", until, most, now)?.len();
        ensure!(claimed > 0, "the queue is empty before its time");
        left -= u32::try_from(claimed)?;
    }
    Ok(began.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_claims_as_many() {
        let report = measure_claims(9, 4, None).unwrap();
        assert_eq!((report.count, report.database), (9, "sqlite"));
        assert!(report.rows_per_second > 0.0 && report.one_by_one_per_second > 0.0);
    }
}
