//! One kept connection, and requests on it, byte by byte: what is measured is the server, not a client library.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, ensure};
use openssl::ssl::{SslConnector, SslMethod};
use openssl::x509::X509;

/// A server that says nothing for so long is a failure.
const PATIENCE: Duration = Duration::from_secs(30);
/// The head of a reply and a short body at once; longer replies make it grow.
const BUFFER: usize = 16 * 1024;

/// A connection, in clear or not.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
}

trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

impl Wire {
    /// To a plain listener.
    pub(super) fn plain(address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self::over(connect(address)?))
    }

    /// To `localhost` at a listener with TLS, trusting `root` (DER).
    pub(super) fn tls(address: SocketAddr, root: &[u8]) -> anyhow::Result<Self> {
        let mut connector = SslConnector::builder(SslMethod::tls_client())?;
        connector.cert_store_mut().add_cert(X509::from_der(root)?)?;
        let stream = connector
            .build()
            .connect("localhost", connect(address)?)
            .context("the TLS handshake")?;
        Ok(Self::over(stream))
    }

    fn over(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            buffer: vec![0; BUFFER],
        }
    }

    /// Sends a whole request and reads the reply to its end.
    ///
    /// # Errors
    /// Any reply but 200, or one that does not say how long it is.
    pub(super) fn ask(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        let (head, length) = loop {
            filled = self.read_more(filled)?;
            let so_far = self.buffer.get(..filled).unwrap_or_default();
            if let Some(end) = so_far.windows(4).position(|part| part == b"\r\n\r\n") {
                let head = so_far.get(..end).unwrap_or_default();
                ensure!(
                    head.starts_with(b"HTTP/1.1 200"),
                    "a reply that is not 200: {}",
                    String::from_utf8_lossy(head)
                );
                break (end + 4, length(head)?);
            }
        };
        let end = head + length;
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        while filled < end {
            filled = self.read_more(filled)?;
        }
        self.buffer.get(head..end).context("the reply's body")
    }

    fn read_more(&mut self, filled: usize) -> anyhow::Result<usize> {
        let free = self.buffer.get_mut(filled..).unwrap_or_default();
        ensure!(!free.is_empty(), "a reply with a head that long");
        let read = self.stream.read(free)?;
        ensure!(read > 0, "the server closed the connection");
        Ok(filled + read)
    }
}

fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn length(head: &[u8]) -> anyhow::Result<usize> {
    let head = std::str::from_utf8(head)?;
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, value) = found.context("a reply without a length")?;
    Ok(value.trim().parse()?)
}

/// A request for a path, as a browser sends it on a connection that it keeps.
pub(super) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Language: ja\r\n\r\n").into_bytes()
}
