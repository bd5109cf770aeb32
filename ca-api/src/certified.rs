//! The certificate that a connection showed. The only place that reads it, for the portal and for the console.
//!
//! What it says is a serial number and a public key, nothing more: whose it is, whether it holds and until when is
//! asked from the store, at every request.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::judge_certificate::Presented;
use ca_core::flow::log_in_operator::ShownCertificate;
use openssl::nid::Nid;
use openssl::x509::{X509, X509Ref};
use sha2::{Digest, Sha256};

use crate::problem::Problem;
use crate::server::PeerCertificate;

/// What the browser proved to hold, as the store knows certificates.
#[derive(Debug, Clone)]
pub struct Certified {
    /// Serial and public key. `None` for a serial that this product never gives.
    pub shown: Option<ShownCertificate>,
    /// The name in it, to be shown back.
    pub subject: String,
    /// The serial as people read it.
    pub serial: String,
}

/// What the browser offered, where it need not.
#[derive(Debug, Clone)]
pub struct Offered(pub Option<Certified>);

impl Offered {
    /// As the decision takes it.
    pub fn presented(&self) -> Presented {
        match &self.0 {
            None => Presented::Nothing,
            Some(Certified { shown: None, .. }) => Presented::Foreign,
            Some(Certified {
                shown: Some(shown), ..
            }) => Presented::Certificate(shown.clone()),
        }
    }

    /// What this request's connection offered.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let read = peer(request).map(|peer| Certified::of(&peer));
        Ok(Self(read.transpose()?))
    }
}

impl Certified {
    /// Reads a certificate that a connection showed.
    pub fn of(certificate: &X509Ref) -> Result<Self, Problem> {
        let serial = certificate.serial_number().to_bn();
        let digits = hex::encode(serial.map_err(Problem::internal)?.to_vec());
        let key = certificate.public_key().map_err(Problem::internal)?;
        let key = key.public_key_to_der().map_err(Problem::internal)?;
        let shown = SerialNumber::from_hex(&digits).ok();
        Ok(Self {
            shown: shown.map(|serial| ShownCertificate {
                serial,
                spki_sha256: hex::encode(Sha256::digest(&key)),
            }),
            subject: common_name(certificate),
            serial: digits,
        })
    }
}

impl FromRequest for Offered {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl FromRequest for Certified {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // The console demands a certificate, so none here means a listener that was set up wrongly.
        let missing = Problem::Forbidden("no client certificate");
        ready(Offered::of(request).and_then(|offered| offered.0.ok_or(missing)))
    }
}

/// Behind a proxy it lies beside the request, where [`crate::proxy`] has put it after its checks (and handler tests,
/// which have no TLS connection); else it is the connection's.
fn peer(request: &HttpRequest) -> Option<X509> {
    let laid = request.extensions().get::<PeerCertificate>().cloned();
    let peer = laid.or_else(|| request.conn_data::<PeerCertificate>().cloned());
    peer.map(|peer| peer.0)
}

fn common_name(certificate: &X509Ref) -> String {
    let mut names = certificate.subject_name().entries_by_nid(Nid::COMMONNAME);
    let text = names.next().and_then(|entry| entry.data().to_string().ok());
    text.unwrap_or_default()
}
