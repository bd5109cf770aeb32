//! `bench login`: what a try at a password costs beside its Argon2id, and what lists and answers feel of a storm.

use std::time::Duration;

use ca_core::domain::password::{PasswordCost, verify_dummy};
use secrecy::SecretString;
use serde::Serialize;

use super::house::{LIST, Site};
use super::meter::{Usage, hundredths, metered};
use super::pace::{Quantiles, Times, paced, turns};
use super::signer::beside_signer;
use super::storm::{Storm, Stormed};
use super::wire::get;

/// Bare hashes that the floor is taken from.
const SAMPLE: usize = 20;

/// One measurement.
#[derive(Debug, Serialize)]
pub struct LoginReport {
    /// `login`.
    pub measured: &'static str,
    /// Wall time of calm, and of storm.
    pub seconds: f64,
    /// The later p99 divided by the earlier: the worse of OCSP answers and revocation lists.
    pub worst_p99_ratio: f64,
    /// Browsers that try at the same time.
    pub browsers: usize,
    /// Tries that were answered.
    pub tries: usize,
    /// Tries that were told to come later.
    pub turned_away: usize,
    /// Of the answered ones, in a second.
    pub tries_per_second: f64,
    /// How long they took; most of it is waiting for a turn.
    pub answered: Quantiles,
    /// CPU time of the whole site for one try, in milliseconds.
    pub cpu_ms_per_try: f64,
    /// CPU time of one Argon2id at the configured cost.
    pub argon2_cpu_ms: f64,
    /// The one divided by the other.
    pub ratio: f64,
    /// OCSP answers meanwhile.
    pub ocsp: Beside,
    /// Revocation lists meanwhile.
    pub crl: Beside,
    /// A try of one browser, with nobody else there.
    pub one_alone: Quantiles,
    /// The same beside a signer that is busy on every core.
    pub one_beside_signer: Quantiles,
}

/// The same requests in calm and in storm.
#[derive(Debug, Serialize)]
pub struct Beside {
    /// Without anybody else.
    pub calm: Quantiles,
    /// During the storm.
    pub storm: Quantiles,
    /// The later p99 divided by the earlier.
    pub p99_ratio: f64,
}

/// Measures so long a calm, and as long a storm of so many browsers.
pub fn measure_login(time: Duration, browsers: usize) -> anyhow::Result<LoginReport> {
    let floor = floor(SAMPLE)?;
    let site = Site::open()?;
    let storm = Storm::gather(&site, browsers)?;
    let (rounds, turn) = turns(time);
    look(&site, turn.min(Duration::from_millis(300)))?;
    let (mut calm, mut under, mut all) = (Looks::default(), Looks::default(), Stormed::default());
    let (mut alone, mut beside) = (Times::default(), Times::default());
    let mut used = Usage::default();
    for _ in 0..rounds {
        calm.add(look(&site, turn)?);
        let (done, usage) = metered(|| storm.around(|| look(&site, turn)));
        let (looked, stormed) = done?;
        under.add(looked);
        all.add(stormed);
        used = used.and(usage);
        alone.add(storm.a_drop(turn)?);
        beside.add(beside_signer(|| storm.a_drop(turn))?);
    }
    let each = used.cpu.saturating_sub(all.cpu).as_secs_f64() * 1_000.0 / all.tries as f64;
    let bare = floor.cpu_ms_each(SAMPLE);
    let ocsp = Beside::of(&mut calm.ocsp, &mut under.ocsp);
    let crl = Beside::of(&mut calm.crl, &mut under.crl);
    Ok(LoginReport {
        measured: "login",
        seconds: time.as_secs_f64(),
        worst_p99_ratio: Beside::worst([&ocsp, &crl]),
        browsers,
        tries: all.tries,
        turned_away: all.turned_away,
        tries_per_second: hundredths(all.tries as f64 / used.wall.as_secs_f64()),
        answered: all.times.quantiles(),
        cpu_ms_per_try: hundredths(each),
        argon2_cpu_ms: hundredths(bare),
        ratio: hundredths(each / bare),
        ocsp,
        crl,
        one_alone: alone.quantiles(),
        one_beside_signer: beside.quantiles(),
    })
}

/// How long answers and lists took.
#[derive(Debug, Default)]
struct Looks {
    ocsp: Times,
    crl: Times,
}

impl Looks {
    fn add(&mut self, other: Self) {
        self.ocsp.add(other.ocsp);
        self.crl.add(other.crl);
    }
}

/// Asks for both, at the same time and on a connection each.
fn look(site: &Site, turn: Duration) -> anyhow::Result<Looks> {
    let (mut asking, mut fetching) = (site.plain()?, site.plain()?);
    std::thread::scope(|scope| {
        let crl = scope.spawn(move || paced(&mut fetching, &get(LIST), turn));
        let ocsp = paced(&mut asking, &site.question, turn)?;
        let crl = crl.join();
        let crl = crl.unwrap_or_else(|_| anyhow::bail!("a client of the bench panicked"))?;
        Ok(Looks { ocsp, crl })
    })
}

impl Beside {
    pub(super) fn of(calm: &mut Times, storm: &mut Times) -> Self {
        let (calm, storm) = (calm.quantiles(), storm.quantiles());
        Self {
            calm,
            storm,
            p99_ratio: hundredths(storm.p99_us / calm.p99_us),
        }
    }

    pub(super) fn worst<'a>(of: impl IntoIterator<Item = &'a Self>) -> f64 {
        of.into_iter().map(|one| one.p99_ratio).fold(0.0, f64::max)
    }
}

fn floor(count: usize) -> anyhow::Result<Usage> {
    let (password, cost) = (SecretString::from("not-the-one"), PasswordCost::default());
    let (done, usage) = metered(|| (0..count).try_for_each(|_| verify_dummy(&password, cost)));
    done?;
    Ok(usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_answered_while_lists_and_answers_go_on() {
        let report = measure_login(Duration::from_millis(800), 3).unwrap();
        assert!(report.tries > 0 && report.ratio > 0.0, "{report:?}");
        for beside in [&report.ocsp, &report.crl] {
            assert!(beside.calm.replies > 0 && beside.storm.replies > 0);
        }
        assert!(report.worst_p99_ratio > 0.0, "{report:?}");
        assert!(report.one_alone.replies > 0 && report.one_beside_signer.replies > 0);
    }
}
