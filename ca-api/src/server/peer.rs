//! The client certificate of a connection, for the pages of listeners that ask for one.

use std::any::Any;

use actix_tls::accept::openssl::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use openssl::x509::X509;

/// What the browser proved to hold. The handshake has checked chain, validity and purpose; whether the CA still
/// stands by it is asked from the store on every request, because a resumed session skips the handshake's checks.
#[derive(Debug, Clone)]
pub struct PeerCertificate(pub X509);

/// Keeps the certificate with the connection: `request.conn_data::<PeerCertificate>()`.
pub fn remember(connection: &dyn Any, data: &mut Extensions) {
    let stream = connection.downcast_ref::<TlsStream<TcpStream>>();
    if let Some(certificate) = stream.and_then(|stream| stream.ssl().peer_certificate()) {
        data.insert(PeerCertificate(certificate));
    }
}
