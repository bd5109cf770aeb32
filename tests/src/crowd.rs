//! A stranger with thousands of sockets, from an address that is not the visitors'.

use openssl::ssl::{SslConnector, SslMethod, SslStream, SslVerifyMode};
use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The stranger's own address: the loopback has many, and our visitors come from the first.
const FROM: [u8; 4] = [127, 0, 0, 2];

/// What the stranger does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Nothing.
    Idle,
    /// A request's head, a byte at a time.
    DripsHead,
    /// A whole head, then the body, a byte at a time.
    DripsBody,
    /// The same under TLS, after a whole handshake.
    DripsBodyInTls,
}

impl Manner {
    /// What is sent at once; what drips afterwards.
    fn parts(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Self::Idle => (b"", b""),
            Self::DripsHead => (b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"x"),
            Self::DripsBody | Self::DripsBodyInTls => (
                b"POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: 1000\r\n\r\n",
                b"x",
            ),
        }
    }
}

/// Connections that are opened again as soon as they are hung up on. Dropping the crowd ends it.
pub struct Crowd {
    stop: Arc<AtomicBool>,
    opened: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Crowd {
    /// So many sockets to each port, in this manner; returns when all were opened once.
    pub fn gather(parts: &[(u16, Manner, usize)]) -> Self {
        let mut crowd = Self {
            stop: Arc::default(),
            opened: Arc::default(),
            refused: Arc::default(),
            thread: None,
        };
        let mut members = Vec::new();
        for (port, manner, count) in parts {
            members.extend((0..*count).map(|_| Member::new(*port, *manner)));
        }
        let (stop, opened, refused) = (
            Arc::clone(&crowd.stop),
            Arc::clone(&crowd.opened),
            Arc::clone(&crowd.refused),
        );
        for member in &mut members {
            member.open(&opened);
        }
        crowd.thread = Some(thread::spawn(move || {
            while !stop.load(Ordering::SeqCst) {
                for member in &mut members {
                    if member.was_hung_up_on() {
                        refused.fetch_add(1, Ordering::SeqCst);
                        member.open(&opened);
                    } else {
                        member.drip();
                    }
                }
                thread::sleep(Duration::from_millis(250));
            }
        }));
        crowd
    }

    /// Connections that were opened, and those that were hung up on.
    pub fn counts(&self) -> (u64, u64) {
        (
            self.opened.load(Ordering::SeqCst),
            self.refused.load(Ordering::SeqCst),
        )
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Member {
    to: SocketAddr,
    manner: Manner,
    line: Option<Line>,
}

/// A connection of the crowd.
enum Line {
    Plain(Socket),
    Tls(SslStream<TcpStream>),
}

impl Member {
    fn new(port: u16, manner: Manner) -> Self {
        Self {
            to: ([127, 0, 0, 1], port).into(),
            manner,
            line: None,
        }
    }

    fn open(&mut self, opened: &AtomicU64) {
        self.line = self.connected().ok();
        if self.line.is_some() {
            opened.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn connected(&self) -> std::io::Result<Line> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((FROM, 0)).into())?;
        socket.connect(&self.to.into())?;
        let (at_once, _) = self.manner.parts();
        if self.manner == Manner::DripsBodyInTls {
            let mut connector = SslConnector::builder(SslMethod::tls_client())?;
            connector.set_verify(SslVerifyMode::NONE);
            let mut stream = connector
                .build()
                .connect("localhost", TcpStream::from(socket))
                .map_err(std::io::Error::other)?;
            stream.write_all(at_once)?;
            stream.get_ref().set_nonblocking(true)?;
            return Ok(Line::Tls(stream));
        }
        socket.set_nonblocking(true)?;
        if !at_once.is_empty() {
            socket.send(at_once)?;
        }
        Ok(Line::Plain(socket))
    }

    fn was_hung_up_on(&mut self) -> bool {
        let read = match &mut self.line {
            None => return true,
            Some(Line::Plain(socket)) => socket.peek(&mut [MaybeUninit::uninit()]),
            Some(Line::Tls(stream)) => stream.read(&mut [0]),
        };
        match read {
            Ok(count) => count == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    }

    fn drip(&mut self) {
        let (_, drop) = self.manner.parts();
        if drop.is_empty() {
            return;
        }
        // Full, or gone: looked at in the next round.
        let _ = match &mut self.line {
            Some(Line::Plain(socket)) => socket.send(drop),
            Some(Line::Tls(stream)) => stream.write(drop),
            None => return,
        };
    }
}
