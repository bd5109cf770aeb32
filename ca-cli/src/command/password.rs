//! `ca-cli password`: what a password's hash may cost on this machine.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use ca_core::domain::password::{PasswordCost, PasswordHashError, verify_dummy};
use clap::{Args, Subcommand};
use secrecy::SecretString;
use serde::Serialize;

use crate::desk::Desk;
use crate::table::{Table, write_json};

/// Costs that are tried, each dearer than the one before; the first is what OWASP recommends at least.
const CANDIDATES: [PasswordCost; 8] = [
    PasswordCost::RECOMMENDED[0],
    PasswordCost::new(65_536, 1),
    PasswordCost::new(65_536, 2),
    PasswordCost::new(65_536, 3),
    PasswordCost::new(131_072, 2),
    PasswordCost::new(131_072, 3),
    PasswordCost::new(262_144, 2),
    PasswordCost::new(262_144, 3),
];
/// Measurements of each cost; the one in the middle counts.
const ROUNDS: usize = 5;

/// What can be done about passwords.
#[derive(Debug, Subcommand)]
pub enum PasswordCommand {
    /// Measure hashes of several costs on this machine and suggest the dearest that is quick enough, for [password] in the
    /// configuration. Run it where `ca-api` runs, while little else does.
    Tune(Tune),
}

/// What is quick enough.
#[derive(Debug, Args)]
pub struct Tune {
    /// The longest that one hash may take, in milliseconds, while as many are made at once as [password] concurrent allows.
    #[arg(long, value_name = "MS", default_value_t = 250, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    milliseconds: u64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(
    command: &PasswordCommand,
    desk: &Desk,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let PasswordCommand::Tune(tune) = command;
    let config = &desk.config.password;
    let at_once = config.at_once();
    let limit = Duration::from_millis(tune.milliseconds);
    let tuned = measure(config.cost(), at_once, limit, |cost| time_of(cost, at_once))?;
    match tune.json {
        true => write_json(out, &tuned),
        false => tuned.write(out),
    }
}

/// What was found out.
#[derive(Debug, Serialize)]
struct Tuned {
    /// Hashes that were made at the same time.
    at_once: u32,
    /// The longest that one may take.
    limit_ms: f64,
    /// The cost that the configuration has now.
    configured: Measured,
    /// Every cost that was tried, up to the first that takes too long.
    tried: Vec<Measured>,
    /// The dearest that is quick enough.
    suggested: Measured,
    /// Whether it is: even the least that is recommended may take longer.
    within_limit: bool,
}

/// One cost on this machine.
#[derive(Debug, Clone, Copy, Serialize)]
struct Measured {
    memory_kib: u32,
    iterations: u32,
    milliseconds: f64,
    /// What the hashing threads of one `ca-api` carry together.
    logins_per_second: f64,
    /// What they take of memory together.
    memory_mib_at_once: u64,
}

impl Measured {
    fn of(cost: PasswordCost, at_once: u32, took: Duration) -> Self {
        let tenths = |number: f64| (number * 10.0).round() / 10.0;
        Self {
            memory_kib: cost.memory_kib,
            iterations: cost.iterations,
            milliseconds: tenths(took.as_secs_f64() * 1_000.0),
            logins_per_second: tenths(f64::from(at_once) / took.as_secs_f64().max(1e-9)),
            memory_mib_at_once: u64::from(cost.memory_kib) * u64::from(at_once) / 1024,
        }
    }
}

/// Tries the candidates in turn until one takes longer than `limit`. `time_of` says how long a hash takes.
fn measure(
    configured: PasswordCost,
    at_once: u32,
    limit: Duration,
    mut time_of: impl FnMut(PasswordCost) -> Result<Duration, PasswordHashError>,
) -> Result<Tuned, PasswordHashError> {
    let configured = Measured::of(configured, at_once, time_of(configured)?);
    let [least, dearer @ ..] = CANDIDATES;
    let took = time_of(least)?;
    let mut suggested = Measured::of(least, at_once, took);
    let mut tried = vec![suggested];
    let within_limit = took <= limit;
    if within_limit {
        for cost in dearer {
            let took = time_of(cost)?;
            let measured = Measured::of(cost, at_once, took);
            tried.push(measured);
            if took > limit {
                break;
            }
            suggested = measured;
        }
    }
    Ok(Tuned {
        at_once,
        limit_ms: limit.as_secs_f64() * 1_000.0,
        configured,
        tried,
        suggested,
        within_limit,
    })
}

impl Tuned {
    fn write(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let at_once = self.at_once;
        writeln!(
            out,
            "Argon2id on this machine, {at_once} at once; a hash may take {} ms.",
            self.limit_ms
        )?;
        let mut table = Table::new([
            "memory_kib",
            "iterations",
            "milliseconds",
            "logins a second",
            "MiB together",
            "",
        ]);
        let rows = [(&self.configured, "configured now")];
        let rows = rows
            .into_iter()
            .chain(self.tried.iter().map(|tried| (tried, "")));
        for (measured, remark) in rows {
            table.row([
                measured.memory_kib.to_string(),
                measured.iterations.to_string(),
                format!("{:.1}", measured.milliseconds),
                format!("{:.1}", measured.logins_per_second),
                measured.memory_mib_at_once.to_string(),
                remark.to_owned(),
            ]);
        }
        table.write(out)?;
        let remark = match self.within_limit {
            true => "The dearest that is quick enough; for the configuration:",
            false => {
                "Even the least that is recommended takes longer here. Take it all the same, or a quicker machine:"
            }
        };
        let Measured {
            memory_kib,
            iterations,
            ..
        } = self.suggested;
        writeln!(
            out,
            "\n{remark}\n\n[password]\nmemory_kib = {memory_kib}\niterations = {iterations}"
        )?;
        Ok(())
    }
}

/// How long a hash of this cost takes while so many are made at the same time: the middle of several rounds after one
/// that does not count.
fn time_of(cost: PasswordCost, at_once: u32) -> Result<Duration, PasswordHashError> {
    round(cost, at_once)?;
    let mut rounds = (0..ROUNDS)
        .map(|_| round(cost, at_once))
        .collect::<Result<Vec<_>, _>>()?;
    rounds.sort_unstable();
    Ok(rounds.get(ROUNDS / 2).copied().unwrap_or_default())
}

/// How long it takes until the last of them is done.
fn round(cost: PasswordCost, at_once: u32) -> Result<Duration, PasswordHashError> {
    let begun = Instant::now();
    thread::scope(|scope| {
        let hashes: Vec<_> = (0..at_once)
            .map(|_| scope.spawn(|| verify_dummy(&SecretString::from("not-a-password"), cost)))
            .collect();
        hashes
            .into_iter()
            .try_for_each(|hash| hash.join().unwrap_or(Err(PasswordHashError::Stored)))
    })?;
    Ok(begun.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine on which a hash takes so many milliseconds for each MiB and pass.
    fn machine(each: u64) -> impl FnMut(PasswordCost) -> Result<Duration, PasswordHashError> {
        move |cost| {
            let mib = u64::from(cost.memory_kib) / 1024;
            Ok(Duration::from_millis(
                mib * u64::from(cost.iterations) * each,
            ))
        }
    }

    fn tuned(each: u64, limit_ms: u64) -> Tuned {
        let limit = Duration::from_millis(limit_ms);
        measure(PasswordCost::new(19_456, 2), 2, limit, machine(each)).unwrap()
    }

    #[test]
    fn the_dearest_that_is_quick_enough_is_suggested() {
        let found = tuned(1, 200);
        let (kib, passes) = (found.suggested.memory_kib, found.suggested.iterations);
        assert_eq!((kib, passes), (65_536, 3));
        assert!(found.within_limit);
        assert_eq!(found.tried.len(), 5, "up to the first that is too slow");
        assert_eq!(found.suggested.memory_mib_at_once, 128);
        assert_eq!(found.configured.milliseconds, 38.0);
        let each = found.configured.logins_per_second;
        assert!((each - 52.6).abs() < 0.1, "{each}");
    }

    #[test]
    fn a_slow_machine_is_told_the_recommendation_all_the_same() {
        let found = tuned(10, 250);
        assert_eq!(found.tried.len(), 1);
        assert!(!found.within_limit);
        let suggested = PasswordCost::new(found.suggested.memory_kib, found.suggested.iterations);
        assert!(!suggested.is_below_recommendation());
        let mut said = Vec::new();
        found.write(&mut said).unwrap();
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("takes longer here") && said.contains("memory_kib = 47104"));
    }

    #[test]
    fn a_quick_machine_gets_the_dearest_of_all_and_each_is_dearer_than_the_one_before() {
        let found = tuned(0, 250);
        assert_eq!(found.tried.len(), CANDIDATES.len());
        assert_eq!(found.suggested.memory_kib, 262_144);
        let work = CANDIDATES.map(|cost| u64::from(cost.memory_kib) * u64::from(cost.iterations));
        assert!(work.is_sorted());
        let below = CANDIDATES.iter().find(|one| one.is_below_recommendation());
        assert!(below.is_none(), "{below:?}");
    }

    #[test]
    fn this_machine_is_measured() {
        let took = time_of(PasswordCost::new(64, 1), 2).unwrap();
        assert!(took > Duration::ZERO);
        assert!(time_of(PasswordCost::new(0, 1), 1).is_err());
    }
}
