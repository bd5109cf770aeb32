//! A client that keeps its connection and counts the replies.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::bench::meter::cpu_of_thread;

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
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let (mut answers, mut buffer) = (0, vec![0; 8_192]);
    let end = Instant::now() + turn;
    for request in requests.iter().cycle().skip(first) {
        if Instant::now() >= end {
            break;
        }
        stream.write_all(request)?;
        reply(&mut stream, &mut buffer)?;
        answers += 1;
    }
    Ok(Asked {
        answers,
        cpu: cpu_of_thread().saturating_sub(began),
    })
}

/// Reads one reply to its end; anything but an OCSP answer that says "successful" is an error.
fn reply(stream: &mut TcpStream, buffer: &mut [u8]) -> anyhow::Result<()> {
    let mut filled = 0;
    loop {
        let free = buffer.get_mut(filled..).context("a reply that long")?;
        let read = stream.read(free)?;
        ensure!(read > 0, "the server closed the connection");
        filled += read;
        let so_far = buffer.get(..filled).unwrap_or_default();
        let Some(head) = so_far.windows(4).position(|part| part == b"\r\n\r\n") else {
            continue;
        };
        let (head, body) = so_far.split_at_checked(head + 4).unwrap_or_default();
        if body.len() < length(head)? {
            continue;
        }
        ensure!(head.starts_with(b"HTTP/1.1 200"), "a reply that is not 200");
        // 30 82 xx xx 0a 01 00: a sequence that begins with responseStatus successful.
        if body.get(4..7) != Some(&[0x0a, 1, 0]) {
            bail!("a reply that is no signed answer");
        }
        return Ok(());
    }
}

fn length(head: &[u8]) -> anyhow::Result<usize> {
    let head = std::str::from_utf8(head)?;
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, value) = found.context("a reply without a length")?;
    Ok(value.trim().parse()?)
}
