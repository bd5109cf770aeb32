//! The certificate that the connection showed, and the operator it belongs to. The only place that reads it.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use ca_core::domain::certificate::{CertificateStatus, OperatorStatus};
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::log_in_operator::ShownCertificate;
use ca_core::store::operator::Operator;
use ca_core::store::{Store, StoreError, certificate, operator};
use chrono::{DateTime, Utc};
use openssl::nid::Nid;
use openssl::x509::{X509, X509Ref};
use sha2::{Digest, Sha256};

use crate::problem::Problem;
use crate::server::PeerCertificate;

/// What the browser proved to hold, as the store knows certificates.
#[derive(Debug, Clone)]
pub(super) struct Certified {
    /// Serial and public key. `None` for a serial that this product never gives.
    pub shown: Option<ShownCertificate>,
    /// The name in it, to be shown back.
    pub subject: String,
    /// The serial as people read it.
    pub serial: String,
}

/// Why a certificate that passed the handshake opens nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// No operator has it: another person's, an office's, or one that was replaced.
    Unknown,
    /// The operator is switched off.
    Disabled,
    /// It was revoked.
    Revoked,
    /// Its dates are over, or have not begun.
    OutOfDate,
}

impl Certified {
    fn of(certificate: &X509Ref) -> Result<Self, Problem> {
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

    /// The operator whose own certificate this is, and nobody else's.
    pub fn operator(
        &self,
        store: &Store,
        now: DateTime<Utc>,
    ) -> Result<Result<Operator, Unfit>, StoreError> {
        let Some(shown) = &self.shown else {
            return Ok(Err(Unfit::Unknown));
        };
        let (operators, recorded) = store.read(|db| {
            let recorded = certificate::find(db, shown.serial)?;
            Ok::<_, StoreError>((operator::list(db)?, recorded))
        })?;
        let own = operators.into_iter().find(|operator| {
            operator.certificate_serial == Some(shown.serial)
                && operator.certificate_spki_sha256.as_deref() == Some(&shown.spki_sha256)
        });
        let (Some(own), Some(recorded)) = (own, recorded) else {
            return Ok(Err(Unfit::Unknown));
        };
        Ok(if own.status != OperatorStatus::Active {
            Err(Unfit::Disabled)
        } else if recorded.status != CertificateStatus::Valid {
            Err(Unfit::Revoked)
        } else if !recorded.holds_at(now) {
            Err(Unfit::OutOfDate)
        } else {
            Ok(own)
        })
    }
}

impl FromRequest for Certified {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // The listener demands a certificate, so none here means a listener that was set up wrongly.
        let missing = Problem::Forbidden("no client certificate");
        ready(
            peer(request)
                .ok_or(missing)
                .and_then(|peer| Self::of(&peer)),
        )
    }
}

#[cfg(not(test))]
fn peer(request: &HttpRequest) -> Option<X509> {
    let peer = request.conn_data::<PeerCertificate>();
    peer.map(|peer| peer.0.clone())
}

/// Handler tests have no TLS connection: they lay the certificate beside the request.
#[cfg(test)]
fn peer(request: &HttpRequest) -> Option<X509> {
    use actix_web::HttpMessage;
    let laid = request.extensions().get::<PeerCertificate>().cloned();
    laid.map(|peer| peer.0)
}

fn common_name(certificate: &X509Ref) -> String {
    let mut names = certificate.subject_name().entries_by_nid(Nid::COMMONNAME);
    let text = names.next().and_then(|entry| entry.data().to_string().ok());
    text.unwrap_or_default()
}
