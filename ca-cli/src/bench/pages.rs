//! `bench pages`: what each page costs, and what its visitors feel of a storm of logins.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::house::{LIST, Site};
use super::login::Beside;
use super::meter::{cpu_of_thread, metered};
use super::pace::{Times, paced, turns};
use super::storm::Storm;
use super::wire::{Wire, get};

/// Where answers are asked for.
const OCSP: &str = "/ocsp";

/// One measurement.
#[derive(Debug, Serialize)]
pub struct PagesReport {
    /// `pages`.
    pub measured: &'static str,
    /// Wall time for each page: at full speed, in calm, and in storm.
    pub seconds: f64,
    /// Browsers that try passwords during the storm.
    pub browsers: usize,
    /// The later p99 divided by the earlier: the worse of OCSP answers and revocation lists.
    pub worst_p99_ratio: f64,
    /// Page by page.
    pub pages: Vec<PageReport>,
}

/// One page.
#[derive(Debug, Serialize)]
pub struct PageReport {
    /// Its path.
    pub page: &'static str,
    /// Octets of the reply's body.
    pub bytes: usize,
    /// Replies in a second, one after the other on one connection.
    pub per_second: f64,
    /// CPU time of the site for one reply, in microseconds.
    pub cpu_us: f64,
    /// At a steady pace, in calm and in storm.
    #[serde(flatten)]
    pub beside: Beside,
}

impl PageReport {
    /// Of what machines ask for before they trust a certificate.
    fn relied_upon(&self) -> Option<&Beside> {
        [OCSP, LIST].contains(&self.page).then_some(&self.beside)
    }
}

/// What is asked for, and at which listener.
struct Visit {
    page: &'static str,
    request: Vec<u8>,
    over_tls: bool,
}

impl Visit {
    fn connect(&self, site: &Site) -> anyhow::Result<Wire> {
        match self.over_tls {
            true => site.pages(),
            false => site.plain(),
        }
    }
}

/// Measures every page for so long at full speed, and as long in calm and in a storm of so many browsers.
pub fn measure_pages(time: Duration, browsers: usize) -> anyhow::Result<PagesReport> {
    let site = Site::open()?;
    let storm = Storm::gather(&site, browsers)?;
    let mut asked = Vec::new();
    for visit in visits(&site) {
        asked.push(Asked::at_full_speed(&site, visit, time)?);
    }
    let (rounds, turn) = turns(time);
    for _ in 0..rounds {
        for one in &mut asked {
            one.calm.add(one.paced(&site, turn)?);
        }
        storm.around(|| {
            for one in &mut asked {
                one.storm.add(one.paced(&site, turn)?);
            }
            Ok(())
        })?;
    }
    let pages: Vec<_> = asked.into_iter().map(Asked::report).collect();
    Ok(PagesReport {
        measured: "pages",
        seconds: time.as_secs_f64(),
        browsers,
        worst_p99_ratio: Beside::worst(pages.iter().filter_map(PageReport::relied_upon)),
        pages,
    })
}

fn visits(site: &Site) -> Vec<Visit> {
    let visit = |over_tls| {
        move |page| Visit {
            page,
            request: get(page),
            over_tls,
        }
    };
    let question = Visit {
        page: OCSP,
        request: site.question.clone(),
        over_tls: false,
    };
    let plain = [LIST, "/ca.crt", "/healthz", "/readyz"].map(visit(false));
    let browsed = ["/", "/service/login", "/help"].map(visit(true));
    std::iter::once(question)
        .chain(plain)
        .chain(browsed)
        .collect()
}

/// A page, and what was measured of it.
struct Asked {
    visit: Visit,
    bytes: usize,
    per_second: f64,
    cpu_us: f64,
    calm: Times,
    storm: Times,
}

impl Asked {
    fn at_full_speed(site: &Site, visit: Visit, time: Duration) -> anyhow::Result<Self> {
        let mut wire = visit.connect(site)?;
        let bytes = wire.ask(&visit.request)?.len();
        let (per_second, cpu_us) = at_full_speed(&mut wire, &visit.request, time)?;
        Ok(Self {
            visit,
            bytes,
            per_second,
            cpu_us,
            calm: Times::default(),
            storm: Times::default(),
        })
    }

    /// On a connection that was made before the first is asked: the site keeps none for as long as a round takes.
    fn paced(&self, site: &Site, turn: Duration) -> anyhow::Result<Times> {
        paced(&mut self.visit.connect(site)?, &self.visit.request, turn)
    }

    fn report(mut self) -> PageReport {
        PageReport {
            page: self.visit.page,
            bytes: self.bytes,
            per_second: self.per_second,
            cpu_us: self.cpu_us,
            beside: Beside::of(&mut self.calm, &mut self.storm),
        }
    }
}

/// Replies in a second, and the site's CPU time for one in microseconds.
fn at_full_speed(wire: &mut Wire, request: &[u8], time: Duration) -> anyhow::Result<(f64, f64)> {
    let (mut replies, own) = (0_u32, cpu_of_thread());
    let (done, usage) = metered(|| {
        let end = Instant::now() + time;
        while Instant::now() < end {
            wire.ask(request)?;
            replies += 1;
        }
        anyhow::Ok(())
    });
    done?;
    let cpu = usage.cpu.saturating_sub(cpu_of_thread() - own);
    let replies = f64::from(replies.max(1));
    let each = cpu.as_secs_f64() * 1_000_000.0 / replies;
    let per_second = replies / usage.wall.as_secs_f64();
    Ok((per_second.round(), (each * 10.0).round() / 10.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_asked_for_in_calm_and_in_storm() {
        let report = measure_pages(Duration::from_millis(200), 3).unwrap();
        assert_eq!(report.pages.len(), 8);
        for page in &report.pages {
            assert!(page.bytes > 0 && page.cpu_us > 0.0, "{page:?}");
            assert!(page.beside.storm.replies > 0, "{page:?}");
        }
        assert!(report.worst_p99_ratio > 0.0, "{report:?}");
    }
}
