//! The client certificate of a connection, for the pages of listeners that ask for one.

use actix_tls::accept::openssl::TlsStream;
use actix_web::dev::Extensions;
use openssl::x509::{X509, X509VerifyResult};

use super::connection::Connection;
use super::is_out_of_date;

/// What the browser proved to hold. The handshake has checked chain and purpose; its dates, and whether the CA
/// still stands by it, are asked from the store on every request, because a resumed session skips the handshake's checks and
/// whoever comes too late gets a page that says so. Who reads it is [`crate::certified`] alone.
#[derive(Debug, Clone)]
pub struct PeerCertificate(pub X509);

/// Keeps the certificate with the connection: `request.conn_data::<PeerCertificate>()`.
pub(super) fn remember(stream: &TlsStream<Connection>, data: &mut Extensions) {
    let ssl = stream.ssl();
    // What was found in the first handshake is kept over a resumption. Anything else never comes so far.
    let verified = ssl.verify_result();
    if verified != X509VerifyResult::OK && !is_out_of_date(verified) {
        return;
    }
    if let Some(certificate) = ssl.peer_certificate() {
        data.insert(PeerCertificate(certificate));
    }
}
