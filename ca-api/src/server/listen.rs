//! Taking an address, and what to say when it cannot be had.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use ca_core::config::{Listen, ListenConfig};
use socket2::SockRef;

/// Why the site does not start; each says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another program (often a second start of this one) has the port.
    #[error(
        "{address} is in use by another program, so the {listener} listener cannot start; stop that program, or \
         choose another port: {listener} in the configuration"
    )]
    InUse {
        /// Which listener, by its key.
        listener: &'static str,
        /// The address.
        address: SocketAddr,
    },
    /// The address is not of this machine, or needs rights that we lack.
    #[error(
        "cannot listen on {address} for {listener}: {why}; correct {listener} in the configuration"
    )]
    Address {
        /// Which listener, by its key.
        listener: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        why: io::Error,
    },
    /// Every listener is switched off.
    #[error("every listener is off, so there is nothing to serve; give one of [listen] an address")]
    Nothing,
    /// The site's certificate or key cannot be used.
    #[error(
        "cannot use {file} for TLS: {why}; issue the site's certificate with `ca-cli certificate issue-server`, or \
         correct [tls] in the configuration"
    )]
    Certificate {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The configuration says that every browser trusts the certificate, and our own root issued it.
    #[error(
        "{} was issued by our own root, which browsers do not trust by themselves; remove [tls] publicly_trusted, or name \
         the certificate of a public CA in [tls]", .0.display()
    )]
    PubliclyTrusted(PathBuf),
    /// There is no CA yet.
    #[error("there is no certificate authority yet; make one with `ca-cli ca init`")]
    NoAuthority,
    /// The CA's own certificate is unreadable.
    #[error("the CA's certificate cannot be used: {0}; run `ca-cli ca show`")]
    Authority(String),
    /// OpenSSL or the system refuses.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] openssl::error::ErrorStack),
    /// Threads or sockets are exhausted.
    #[error("the web server cannot start: {0}")]
    Start(io::Error),
}

/// The sockets of a site, held from the moment its addresses are known; none for what is off.
#[derive(Debug)]
pub struct Listeners {
    /// Plain http.
    pub http: Option<TcpListener>,
    /// https for applicants.
    pub https: Option<TcpListener>,
    /// https for the portal.
    pub portal: Option<TcpListener>,
    /// https for operators.
    pub console: Option<TcpListener>,
}

/// The addresses really bound, none for what is off: a configured port may have been 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// Plain http.
    pub http: Option<SocketAddr>,
    /// Applicants.
    pub https: Option<SocketAddr>,
    /// The portal.
    pub portal: Option<SocketAddr>,
    /// Operators.
    pub console: Option<SocketAddr>,
}

impl Listeners {
    /// Takes every address of the configuration, or none.
    pub fn bind(listen: &ListenConfig) -> Result<Self, ServeError> {
        let take = |name, listen: Listen| {
            let address = listen.address();
            address.map(|address| bind(name, address)).transpose()
        };
        Ok(Self {
            http: take("[listen] http", listen.http)?,
            https: take("[listen] https", listen.https)?,
            portal: take("[listen] portal", listen.portal)?,
            console: take("[listen] console", listen.console)?,
        })
    }

    /// Where they are.
    pub fn addresses(&self) -> Result<Addresses, ServeError> {
        let of = |listener: &Option<TcpListener>| {
            let address = listener.as_ref().map(TcpListener::local_addr);
            address.transpose().map_err(ServeError::Start)
        };
        Ok(Addresses {
            http: of(&self.http)?,
            https: of(&self.https)?,
            portal: of(&self.portal)?,
            console: of(&self.console)?,
        })
    }
}

/// How many connections may have arrived and not be taken in; the system has a limit of its own (`net.core.somaxconn`).
const ARRIVING: i32 = 4_096;

/// Takes `address` for `listener`.
pub(super) fn bind(listener: &'static str, address: SocketAddr) -> Result<TcpListener, ServeError> {
    let taken = TcpListener::bind(address).and_then(|taken| {
        send_at_once(&taken)?;
        let_many_arrive(&taken)?;
        Ok(taken)
    });
    taken.map_err(|why| match why.kind() {
        io::ErrorKind::AddrInUse => ServeError::InUse { listener, address },
        _ => ServeError::Address {
            listener,
            address,
            why,
        },
    })
}

/// `TCP_NODELAY` for every connection that is accepted here, which Linux hands on from the listening socket, so that it
/// counts before the handshake. Else the kernel keeps a reply back behind TLS 1.3's tickets until the browser, which
/// waits for more before it says so, has confirmed them: some 40 ms for each new connection.
fn send_at_once(listener: &TcpListener) -> io::Result<()> {
    SockRef::from(listener).set_tcp_nodelay(true)
}

/// A longer queue before the door than the standard library's 128: where it is full, a browser's next try comes a second
/// later, whoever filled it.
fn let_many_arrive(listener: &TcpListener) -> io::Result<()> {
    SockRef::from(listener).listen(ARRIVING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_says_what_to_do() {
        let first = bind("[listen] https", ([127, 0, 0, 1], 0).into()).unwrap();
        let taken = first.local_addr().unwrap();
        let error = bind("[listen] https", taken).unwrap_err().to_string();
        assert!(
            error.contains(&taken.to_string()) && error.contains("[listen] https"),
            "{error}"
        );
    }

    #[test]
    fn a_foreign_address_names_its_setting() {
        let error = bind("[listen] console", ([192, 0, 2, 1], 1).into())
            .unwrap_err()
            .to_string();
        assert!(error.contains("[listen] console"), "{error}");
    }
}
