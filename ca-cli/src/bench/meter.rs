//! Wall time, CPU time of the process, and its peak of memory.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::time::{ClockId, clock_gettime};

/// What a piece of work used.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usage {
    pub(super) wall: Duration,
    /// Of all threads, kernel included.
    pub(super) cpu: Duration,
}

impl Usage {
    /// This and `other` one after the other.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            wall: self.wall + other.wall,
            cpu: self.cpu + other.cpu,
        }
    }

    /// CPU milliseconds for one of `count`.
    pub(super) fn cpu_ms_each(self, count: usize) -> f64 {
        self.cpu.as_secs_f64() * 1_000.0 / count.max(1) as f64
    }
}

/// Runs `work` and says what it used.
pub(super) fn metered<T>(work: impl FnOnce() -> T) -> (T, Usage) {
    let (wall, cpu) = (Instant::now(), cpu_of_process());
    let done = work();
    let usage = Usage {
        wall: wall.elapsed(),
        cpu: cpu_of_process().saturating_sub(cpu),
    };
    (done, usage)
}

/// A ratio or a rate as it is told: more digits no run repeats.
pub(super) fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// CPU time of this thread so far.
pub(super) fn cpu_of_thread() -> Duration {
    of_clock(ClockId::ThreadCPUTime)
}

fn cpu_of_process() -> Duration {
    of_clock(ClockId::ProcessCPUTime)
}

fn of_clock(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::from_secs(seconds)
        + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or_default())
}

/// Forgets the peak of memory so far, where the kernel lets us (proc(5), clear_refs).
pub(super) fn forget_peak() {
    if let Err(error) = std::fs::write("/proc/self/clear_refs", "5") {
        tracing::debug!(%error, "the peak includes the set-up");
    }
}

/// The peak of resident memory in megabytes; none where the kernel does not tell.
pub(super) fn peak_megabytes() -> Option<f64> {
    peak_in(Path::new("/proc/self/status"))
}

fn peak_in(status: &Path) -> Option<f64> {
    let status = std::fs::read_to_string(status).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1_024.0)
}

/// What a process of its own used.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChildUsage {
    pub(super) cpu: Duration,
    pub(super) peak_megabytes: f64,
}

/// Runs a program to its end and says what it used.
///
/// Its figures are read from /proc: the peak while it runs, the time when it has ended and nobody asked for its
/// status yet.
pub(super) fn metered_child(command: &mut Command) -> anyhow::Result<ChildUsage> {
    let named = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .spawn()
        .with_context(|| format!("{named} cannot be started"))?;
    let place = PathBuf::from(format!("/proc/{}", child.id()));
    let mut peak = 0.0_f64;
    let ticks = loop {
        if let Some(now) = peak_in(&place.join("status")) {
            peak = peak.max(now);
        }
        match state_and_ticks(&place.join("stat")) {
            Some((true, ticks)) => break ticks,
            Some((false, _)) => std::thread::sleep(Duration::from_millis(2)),
            None => bail!("/proc does not tell what {named} used"),
        }
    };
    if !child.wait()?.success() {
        bail!("{named} failed");
    }
    let per_second = rustix::param::clock_ticks_per_second();
    Ok(ChildUsage {
        cpu: Duration::from_secs_f64(ticks as f64 / per_second as f64),
        peak_megabytes: peak,
    })
}

/// Whether the process has ended, and its CPU time (proc(5), stat: state, utime, stime).
fn state_and_ticks(file: &Path) -> Option<(bool, u64)> {
    let text = std::fs::read_to_string(file).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some((fields.first() == Some(&"Z"), ticks(11)? + ticks(12)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_on_any_thread_counts_and_waiting_does_not() {
        let busy = || {
            let end = cpu_of_thread() + Duration::from_millis(50);
            while cpu_of_thread() < end {
                std::hint::black_box(0);
            }
        };
        let (_, usage) = metered(|| std::thread::spawn(busy).join().unwrap());
        assert!(usage.cpu >= Duration::from_millis(50), "{usage:?}");
        let (_, usage) = metered(|| std::thread::sleep(Duration::from_millis(20)));
        assert!(usage.wall >= Duration::from_millis(20));
    }
}
