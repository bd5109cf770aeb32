//! What an issued certificate says by itself, and whether its line says the same.
//!
//! The root signed the certificate, and nobody signed the line: what can be read in the certificate is taken from
//! there, and a line that says something else is an alarm. What is in no certificate is covered by the line's MAC alone.
use ca_core::domain::certificate::Purpose;
use ca_core::domain::profile::Validity;
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::user_id::UserId;
use ca_core::store::certificate::Certificate;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::Fact;
use crate::certificate::{Identity, Issuer, subject_of};
use crate::signer::PublicKey;

/// id-kp-documentSigning (RFC 9336 §3.1).
const DOCUMENT_SIGNING: &str = "1.3.6.1.5.5.7.3.36";

const UNREADABLE: &str = "it holds something that is no certificate";

/// A certificate as its line and its own bytes agree on it.
#[derive(Debug)]
pub(crate) struct Certified {
    /// Its row; the account is not known from the journal.
    pub(super) row: Certificate,
    /// The user ID in a client's subject.
    pub(super) user_id: Option<UserId>,
    /// SHA-256 of what was signed, hex.
    pub(super) tbs_sha256: String,
    tbs: Vec<u8>,
    signature: Vec<u8>,
}

impl Certified {
    /// Reads the certificate in the line of a fact; none if the fact is another one.
    ///
    /// Subject, user ID, validity and key are the certificate's. Request, generation and time of recording are the
    /// line's. Serial number and purpose are the line's, and have to be the certificate's.
    ///
    /// # Errors
    /// What is no certificate, or where the line says something else than the certificate.
    pub(crate) fn of(fact: &Fact) -> Option<Result<Self, &'static str>> {
        let Fact::Issued {
            serial,
            purpose,
            generation,
            request,
            subject,
            der,
            issued_at,
        } = fact
        else {
            return None;
        };
        let read = read(der, *purpose, *generation, *issued_at).and_then(|mut own| {
            if own.row.serial != *serial {
                return Err("its certificate has another serial number");
            }
            if own.row.subject != *subject {
                return Err("its certificate names another subject");
            }
            if request.is_some() && *purpose != Purpose::Client {
                return Err("it names a request, and its certificate is no client's");
            }
            own.row.request_id.clone_from(request);
            Ok(own)
        });
        Some(read)
    }

    /// Whether the root signed it.
    pub(super) fn is_signed_by(&self, issuer: &Issuer) -> bool {
        issuer.public_key().verifies(&self.tbs, &self.signature)
    }
}

/// Everything that the certificate says, with what its line says of generation and time.
fn read(
    der: &[u8],
    purpose: Purpose,
    generation: i64,
    issued_at: DateTime<Utc>,
) -> Result<Certified, &'static str> {
    let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| UNREADABLE)?;
    if !rest.is_empty() {
        return Err(UNREADABLE);
    }
    if !is_for(&parsed, purpose) {
        return Err("its certificate is for another purpose");
    }
    let key = PublicKey::from_spki(parsed.public_key().raw).map_err(|_| UNREADABLE)?;
    let subject = subject_of(&parsed).ok_or("its certificate's subject is none of ours")?;
    let instant = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(UNREADABLE);
    let validity = parsed.validity();
    let tbs = parsed.tbs_certificate.as_ref();
    let identity = Identity {
        serial: SerialNumber::from_bytes(parsed.raw_serial()).map_err(|_| UNREADABLE)?,
        subject: subject.to_string(),
        validity: Validity {
            not_before: instant(validity.not_before.timestamp())?,
            not_after: instant(validity.not_after.timestamp())?,
        },
        spki_sha256: key.spki_sha256(),
        der: der.to_vec(),
    };
    Ok(Certified {
        user_id: user_id(purpose, subject.common_name())?,
        tbs_sha256: hex::encode(Sha256::digest(tbs)),
        tbs: tbs.to_vec(),
        signature: parsed.signature_value.data.to_vec(),
        row: identity.row(purpose, generation, issued_at),
    })
}

/// A client's common name is its user ID.
fn user_id(purpose: Purpose, name: Option<&str>) -> Result<Option<UserId>, &'static str> {
    if purpose != Purpose::Client {
        return Ok(None);
    }
    let user_id = name.map(|name| UserId::try_from(name.to_owned()));
    match user_id {
        Some(Ok(user_id)) => Ok(Some(user_id)),
        _ => Err("its certificate is a client's and names no user ID"),
    }
}

/// Whether the extended key usage (RFC 5280 §4.2.1.12) is that of the purpose. Clients and operators have the same one.
fn is_for(parsed: &X509Certificate<'_>, purpose: Purpose) -> bool {
    let Ok(Some(usage)) = parsed.extended_key_usage() else {
        return false;
    };
    let usage = usage.value;
    match purpose {
        Purpose::Client | Purpose::Operator => usage.client_auth,
        Purpose::Server => usage.server_auth,
        Purpose::Ocsp => usage.ocsp_signing,
        Purpose::Audit => {
            let mut others = usage.other.iter();
            others.any(|oid| oid.to_id_string() == DOCUMENT_SIGNING)
        }
    }
}
