//! A client that keeps its connection and counts the replies.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::bench::meter::cpu_of_thread;
use crate::bench::question::expect_answer;
use crate::bench::wire::Wire;

/// What one client did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) answers: usize,
    pub(super) cpu: Duration,
}

/// Asks for so long, beginning with request `first`.
pub(super) fn ask(
    address: SocketAddr,
    requests: &[Vec<u8>],
    first: usize,
    turn: Duration,
) -> anyhow::Result<Asked> {
    let began = cpu_of_thread();
    let mut wire = Wire::plain(address)?;
    let mut answers = 0;
    let end = Instant::now() + turn;
    for request in requests.iter().cycle().skip(first) {
        if Instant::now() >= end {
            break;
        }
        expect_answer(wire.ask(request)?)?;
        answers += 1;
    }
    Ok(Asked {
        answers,
        cpu: cpu_of_thread().saturating_sub(began),
    })
}
