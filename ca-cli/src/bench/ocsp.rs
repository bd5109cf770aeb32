//! `bench ocsp`: stored answers through the plain listener, and a handler that does nothing but reply with as many bytes.
//!
//! Both run in this process with one thread of work each; clients keep their connections and wait for each reply. The
//! CPU time of the clients' threads is taken off, so what remains is the server's, kernel included.

mod client;
mod stage;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use ca_api::server::lone::{serve_bytes, serve_plain};
use serde::Serialize;

use super::meter::{hundredths, metered};
use client::{Asked, ask};
use stage::Stage;

/// Connections at a time.
const CONNECTIONS: usize = 4;
/// The two take turns, so that a busy machine hits both.
const TURNS: u32 = 4;

/// One measurement.
#[derive(Debug, Serialize)]
pub struct OcspReport {
    /// `ocsp`.
    pub measured: &'static str,
    /// Wall time for each of the two.
    pub seconds: u32,
    /// Kept connections.
    pub connections: usize,
    /// Certificates asked about, in turn.
    pub certificates: usize,
    /// Octets of an answer.
    pub answer_bytes: usize,
    /// Answers of the plain listener.
    pub answers: usize,
    /// Of them in a second.
    pub answers_per_second: f64,
    /// CPU time of the server for one, in microseconds.
    pub cpu_us_per_answer: f64,
    /// The same of the handler that does nothing but reply.
    pub trivial_cpu_us_per_answer: f64,
    /// The one divided by the other.
    pub ratio: f64,
}

/// Measures for `seconds` each.
pub fn measure_ocsp(seconds: u32) -> anyhow::Result<OcspReport> {
    let stage = Stage::build()?;
    let (ours, our_listener) = listener()?;
    let (trivial, trivial_listener) = listener()?;
    let answer_bytes = stage.answer.len();
    let _ours = serve_plain(Arc::clone(&stage.site), our_listener)?;
    let _trivial = serve_bytes(stage.answer.clone(), trivial_listener)?;
    let turn = Duration::from_secs(seconds.into()) / TURNS;
    for address in [trivial, ours] {
        measure(
            address,
            &stage.requests,
            turn.min(Duration::from_millis(300)),
        )?;
    }
    let (mut of_trivial, mut of_ours) = (Served::default(), Served::default());
    for _ in 0..TURNS {
        of_trivial.add(measure(trivial, &stage.requests, turn)?);
        of_ours.add(measure(ours, &stage.requests, turn)?);
    }
    let (each, floor) = (of_ours.cpu_us_each(), of_trivial.cpu_us_each());
    Ok(OcspReport {
        measured: "ocsp",
        seconds,
        connections: CONNECTIONS,
        certificates: stage.requests.len(),
        answer_bytes,
        answers: of_ours.answers,
        answers_per_second: hundredths(of_ours.answers as f64 / of_ours.wall.as_secs_f64()),
        cpu_us_per_answer: hundredths(each),
        trivial_cpu_us_per_answer: hundredths(floor),
        ratio: hundredths(each / floor),
    })
}

fn listener() -> anyhow::Result<(SocketAddr, TcpListener)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("a port on this machine")?;
    Ok((listener.local_addr()?, listener))
}

/// What a server did, and what it used for that.
#[derive(Debug, Clone, Copy, Default)]
struct Served {
    answers: usize,
    wall: Duration,
    cpu: Duration,
}

impl Served {
    fn add(&mut self, other: Self) {
        self.answers += other.answers;
        self.wall += other.wall;
        self.cpu += other.cpu;
    }

    fn cpu_us_each(self) -> f64 {
        self.cpu.as_secs_f64() * 1_000_000.0 / self.answers.max(1) as f64
    }
}

fn measure(address: SocketAddr, requests: &[Vec<u8>], turn: Duration) -> anyhow::Result<Served> {
    let (asked, usage) = metered(|| {
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CONNECTIONS)
                .map(|number| scope.spawn(move || ask(address, requests, number, turn)))
                .collect();
            let ended = clients.into_iter().map(|client| {
                let client = client.join();
                client.unwrap_or_else(|_| anyhow::bail!("a client of the bench panicked"))
            });
            ended.collect::<anyhow::Result<Vec<Asked>>>()
        })
    });
    let asked = asked?;
    let of_clients: Duration = asked.iter().map(|one| one.cpu).sum();
    Ok(Served {
        answers: asked.iter().map(|one| one.answers).sum(),
        wall: usage.wall,
        cpu: usage.cpu.saturating_sub(of_clients),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_servers_answer_and_are_compared() {
        let report = measure_ocsp(1).unwrap();
        assert!(
            report.answers > 0 && report.answer_bytes > 500,
            "{report:?}"
        );
        assert!(report.cpu_us_per_answer > 0.0 && report.trivial_cpu_us_per_answer > 0.0);
    }
}
