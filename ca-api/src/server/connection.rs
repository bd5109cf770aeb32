//! A connection that a slow client does not hold for long: from the first byte of a request to the last one of its reply
//! there is one limit, however the bytes drip.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::rt::net::{ActixStream, Ready, TcpStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use crate::door::Place;

/// A connection and its place behind the door.
///
/// It is below TLS, so it does not see requests. But whoever speaks HTTP/1.1 with us waits for our reply, and the reply is flushed:
/// the time runs from the first byte that comes in, and stops when what we wrote went out whole. An idle connection has
/// no time running; how long it is kept is the protocol's business.
#[derive(Debug)]
pub struct Connection {
    io: TcpStream,
    place: Place,
    limit: Duration,
    end: Pin<Box<Sleep>>,
    is_timed: bool,
    has_written: bool,
}

impl Connection {
    /// A connection whose requests and replies may take `limit` each.
    pub fn new(io: TcpStream, place: Place, limit: Duration) -> Self {
        Self {
            io,
            place,
            limit,
            end: Box::pin(sleep(limit)),
            is_timed: false,
            has_written: false,
        }
    }

    /// Who is on the other side.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.io.peer_addr().ok()
    }

    /// Lets the time run, unless it does.
    fn begin(&mut self) {
        if !self.is_timed {
            self.is_timed = true;
            self.end.as_mut().reset(Instant::now() + self.limit);
        }
    }

    /// An error when the time is over; otherwise whoever waits is woken then.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.is_timed && self.end.as_mut().poll(context).is_ready() {
            self.place.is_cut();
            // Once is enough; what is asked of the connection from now on fails by the socket.
            self.is_timed = false;
            return Err(ErrorKind::TimedOut.into());
        }
        Ok(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check(context)?;
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.io).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            this.begin();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.begin();
        this.check(context)?;
        let written = ready!(Pin::new(&mut this.io).poll_write(context, bytes))?;
        this.has_written = true;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.io).poll_flush(context))?;
        if std::mem::take(&mut this.has_written) {
            this.is_timed = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }
}

impl ActixStream for Connection {
    fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(&self.io, context)
    }

    fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(&self.io, context)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream as Plain};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::door::{Budget, Door};

    const LIMIT: Duration = Duration::from_millis(300);

    /// A connection and its other side.
    fn pair() -> (Connection, Plain) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let client = Plain::connect(listener.local_addr().unwrap()).unwrap();
        let (server, from) = listener.accept().unwrap();
        server.set_nonblocking(true).unwrap();
        let place = Door::new("test", Budget::new(1, 1))
            .enter(from.ip(), false)
            .unwrap();
        let io = TcpStream::from_std(server).unwrap();
        (Connection::new(io, place, LIMIT), client)
    }

    async fn reads_until_it_fails(connection: &mut Connection) -> ErrorKind {
        let mut buffer = [0; 16];
        loop {
            if let Err(error) = connection.read(&mut buffer).await {
                return error.kind();
            }
        }
    }

    #[actix_web::test]
    async fn a_request_that_drips_has_one_limit_from_its_first_byte() {
        let (mut connection, mut client) = pair();
        let dripping = std::thread::spawn(move || {
            while client.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        assert_eq!(
            reads_until_it_fails(&mut connection).await,
            ErrorKind::TimedOut
        );
        assert_eq!(connection.place_cut(), 1);
        drop(connection);
        dripping.join().unwrap();
    }

    #[actix_web::test]
    async fn a_reply_that_nobody_takes_has_its_end() {
        let (mut connection, client) = pair();
        let endless = vec![0; 1 << 16];
        let error = loop {
            if let Err(error) = connection.write_all(&endless).await {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        drop(client);
    }

    #[actix_web::test]
    async fn whoever_is_answered_in_time_may_ask_again_and_an_idle_one_has_no_limit_here() {
        let (mut connection, mut client) = pair();
        let mut buffer = [0; 16];
        for _ in 0..3 {
            client.write_all(b"ask").unwrap();
            assert_eq!(connection.read(&mut buffer).await.unwrap(), 3);
            connection.write_all(b"reply").await.unwrap();
            connection.flush().await.unwrap();
            client.read_exact(&mut [0; 5]).unwrap();
            let idle = tokio::time::timeout(LIMIT * 2, connection.read(&mut buffer)).await;
            assert!(idle.is_err(), "it waits, and is not cut");
        }
        assert_eq!(connection.place_cut(), 0);
    }

    impl Connection {
        fn place_cut(&self) -> u64 {
            self.place.door().cut()
        }
    }
}
