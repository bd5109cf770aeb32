//! A wire to the database that can be cut at the worst moment: when COMMIT was done and its answer is on the way.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Not armed.
const NEVER: i64 = -1;

/// A proxy on the loopback address, for as long as the process lives.
pub struct Wire {
    url: String,
    countdown: Arc<AtomicI64>,
}

impl Wire {
    /// A wire to the server of a `postgres://user:password@host:port/name` address.
    ///
    /// # Panics
    /// When the address is another.
    pub fn to(url: &str) -> Self {
        let (before, rest) = url.split_once('@').expect("an address with a user");
        let (server, name) = rest.split_once('/').expect("an address with a database");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let countdown = Arc::new(AtomicI64::new(NEVER));
        let (server, armed) = (server.to_owned(), countdown.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(&server) {
                    connect(&client, &server, &armed);
                }
            }
        });
        Self {
            url: format!("{before}@127.0.0.1:{port}/{name}"),
            countdown,
        }
    }

    /// The database's address through the wire.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Cuts the wire when the answer to a COMMIT comes: the first one from now, after `others`.
    pub fn cut_after(&self, others: i64) {
        self.countdown.store(others, Ordering::SeqCst);
    }

    /// Whether it was cut since it was armed.
    pub fn was_cut(&self) -> bool {
        self.countdown.load(Ordering::SeqCst) == NEVER
    }
}

fn connect(client: &TcpStream, server: &TcpStream, armed: &Arc<AtomicI64>) {
    let there = (clone(client), clone(server));
    let back = (clone(server), clone(client), armed.clone());
    std::thread::spawn(move || pass(there.0, there.1, |_| true));
    std::thread::spawn(move || {
        let (server, client, armed) = back;
        // CommandComplete of the protocol names the command: `C`, four octets of length, the name, a nought.
        let is_answer = |bytes: &[u8]| {
            bytes
                .windows(12)
                .any(|some| some[0] == b'C' && &some[5..] == b"COMMIT\0")
        };
        pass(server, client, |bytes| {
            !is_answer(bytes)
                || armed.load(Ordering::SeqCst) == NEVER
                || armed.fetch_sub(1, Ordering::SeqCst) > 0
        });
    });
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a second handle")
}

/// Passes on what comes, as long as it may; then both ends are closed.
fn pass(mut from: TcpStream, mut to: TcpStream, may: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !may(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
