//! The same request at a steady pace, and how long each reply took.

use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::wire::Wire;

/// Between two requests: as busy as a federation's relying parties make it, and idle most of the time.
const PACE: Duration = Duration::from_millis(5);

/// How long calm or storm lasts before the other has its turn: short, so that a slower minute of the machine hits both.
const TURN: Duration = Duration::from_secs(1);

/// `time` in turns: how many, and how long each.
pub(super) fn turns(time: Duration) -> (u32, Duration) {
    let count = time.div_duration_f64(TURN).round().clamp(2.0, 3_600.0) as u32;
    (count, time / count)
}

/// How long replies took.
#[derive(Debug, Default)]
pub(super) struct Times(Vec<Duration>);

/// Two of the times, in microseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Quantiles {
    /// Replies.
    pub replies: usize,
    /// Half of them came sooner.
    pub p50_us: f64,
    /// One of a hundred came later.
    pub p99_us: f64,
}

impl Times {
    pub(super) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn push(&mut self, took: Duration) {
        self.0.push(took);
    }

    pub(super) fn quantiles(&mut self) -> Quantiles {
        self.0.sort_unstable();
        let at = |part: f64| {
            let place = (self.0.len() as f64 * part) as usize;
            let found = self.0.get(place).or(self.0.last());
            found.map_or(0.0, |took| {
                (took.as_secs_f64() * 10_000_000.0).round() / 10.0
            })
        };
        Quantiles {
            replies: self.0.len(),
            p50_us: at(0.5),
            p99_us: at(0.99),
        }
    }
}

/// Asks for so long. A request that is due while the one before is under way is not sent. The first on a new connection
/// is not counted: with one in two hundred the p99 would be of connections, not of replies.
pub(super) fn paced(wire: &mut Wire, request: &[u8], turn: Duration) -> anyhow::Result<Times> {
    let mut times = Times::default();
    wire.ask(request)?;
    let begin = Instant::now();
    let mut due = begin;
    while due < begin + turn {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let sent = Instant::now();
        wire.ask(request)?;
        times.push(sent.elapsed());
        while due <= Instant::now() {
            due += PACE;
        }
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_short_and_there_are_two_at_least() {
        let of = |ms| turns(Duration::from_millis(ms));
        assert_eq!(of(10_000), (10, TURN));
        assert_eq!(of(200), (2, Duration::from_millis(100)));
    }

    #[test]
    fn one_of_a_hundred_is_later() {
        let mut times = Times::default();
        (1..=200)
            .rev()
            .for_each(|ms| times.push(Duration::from_millis(ms)));
        let found = times.quantiles();
        assert_eq!(
            (found.replies, found.p50_us, found.p99_us),
            (200, 101_000.0, 199_000.0)
        );
        assert_eq!(Times::default().quantiles().replies, 0);
    }
}
