//! Taking an address, and what to say when it cannot be had.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

/// Why the site does not start; each says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another program (often a second start of this one) has the port.
    #[error(
        "{address} is in use by another program, so the {listener} listener cannot start; stop that program, or \
         choose another port: [listen] {listener} in the configuration"
    )]
    InUse {
        /// Which listener.
        listener: &'static str,
        /// The address.
        address: String,
    },
    /// The address is malformed, not of this machine, or needs rights that we lack.
    #[error(
        "cannot listen on {address} for {listener}: {why}; correct [listen] {listener} in the configuration"
    )]
    Address {
        /// Which listener.
        listener: &'static str,
        /// The address.
        address: String,
        /// What the system says.
        why: io::Error,
    },
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

/// Takes `address` for `listener`.
pub fn bind(listener: &'static str, address: &str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).map_err(|why| match why.kind() {
        io::ErrorKind::AddrInUse => ServeError::InUse {
            listener,
            address: address.to_owned(),
        },
        _ => ServeError::Address {
            listener,
            address: address.to_owned(),
            why,
        },
    })
}

/// The address really bound: the port may have been 0.
pub fn address(listener: &TcpListener) -> Result<SocketAddr, ServeError> {
    listener.local_addr().map_err(ServeError::Start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_says_what_to_do() {
        let first = bind("https", "127.0.0.1:0").unwrap();
        let taken = address(&first).unwrap().to_string();
        let error = bind("https", &taken).unwrap_err().to_string();
        assert!(
            error.contains(&taken) && error.contains("[listen] https"),
            "{error}"
        );
    }

    #[test]
    fn a_malformed_address_names_its_setting() {
        let error = bind("console", "nowhere").unwrap_err().to_string();
        assert!(error.contains("[listen] console"), "{error}");
    }
}
