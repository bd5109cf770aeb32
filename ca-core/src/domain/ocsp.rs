//! OCSP (RFC 6960, in the light-weight form of RFC 5019): what is asked, and what can be said without a signature.
//!
//! Requests come from anybody. They are read strictly and without recursion: definite minimal lengths, no byte left
//! over, and no more of them than [`MAX_REQUEST`].
mod reader;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};

use super::revocation::RevocationReason;
use super::serial::SerialNumber;
use reader::{Reader, Shape};

/// Octets of the longest request that is read. A lone CertID takes about 80, RFC 5019 §5 keeps GET below 255; a nonce
/// and a signature fit too.
pub const MAX_REQUEST: usize = 8_192;

/// Digests that name an issuer in a CertID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertIdHash {
    /// SHA-1: what clients ask by when nobody told them otherwise (RFC 5019 §2.1.1).
    Sha1,
    /// SHA-256.
    Sha256,
}

/// The certificate asked about: issuer's name, issuer's key and serial number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CertId {
    /// The serial number.
    pub serial: SerialNumber,
    /// `issuerNameHash`, `issuerKeyHash` and `serialNumber` as they stand in the request: an answer is one to this
    /// question if and only if it holds the same octets.
    pub octets: Vec<u8>,
}

/// What is said without a signature (RFC 6960 §4.2.1, OCSPResponseStatus).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// What was sent is no OCSP request.
    Malformed,
    /// Something failed here.
    InternalError,
    /// There will be an answer, not yet.
    TryLater,
    /// Nothing can be said about this certificate with authority (RFC 5019 §2.2.3).
    Unauthorized,
}

impl Refusal {
    /// The whole response, DER.
    pub const fn der(self) -> [u8; 5] {
        let code = match self {
            Self::Malformed => 1,
            Self::InternalError => 2,
            Self::TryLater => 3,
            Self::Unauthorized => 6,
        };
        [0x30, 3, 0x0a, 1, code]
    }
}

/// What is known of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Issued and neither revoked nor suspended.
    Good,
    /// Revoked, suspended or abandoned.
    Revoked {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        reason: RevocationReason,
    },
}

impl Standing {
    /// What a response says whose `thisUpdate` is set back: no revocation of its future.
    #[must_use]
    pub fn known_at(self, this_update: DateTime<Utc>) -> Self {
        match self {
            Self::Good => Self::Good,
            Self::Revoked { at, reason } => Self::Revoked {
                at: at.min(this_update),
                reason,
            },
        }
    }
}

/// Reads a request for the state of one certificate.
///
/// # Errors
/// [`Refusal::Malformed`] for what is no request; [`Refusal::Unauthorized`] for several certificates at once, other
/// digests and serial numbers that are not of our form: signed answers are to one question each (RFC 5019 §2.1.1).
pub fn read_request(bytes: &[u8]) -> Result<CertId, Refusal> {
    if bytes.len() > MAX_REQUEST {
        return Err(Refusal::Malformed);
    }
    let mut questions = request_list(bytes).map_err(|Shape| Refusal::Malformed)?;
    match (questions.pop(), questions.is_empty()) {
        (Some(question), true) => question.known(),
        (Some(_), false) => Err(Refusal::Unauthorized),
        (None, _) => Err(Refusal::Malformed),
    }
}

/// One CertID as it was sent.
struct Question<'a> {
    algorithm: &'a [u8],
    name_hash: &'a [u8],
    key_hash: &'a [u8],
    serial: &'a [u8],
    octets: &'a [u8],
}

impl Question<'_> {
    fn known(&self) -> Result<CertId, Refusal> {
        let length = match hash_of(self.algorithm) {
            Some(CertIdHash::Sha1) => 20,
            Some(CertIdHash::Sha256) => 32,
            None => return Err(Refusal::Unauthorized),
        };
        if self.name_hash.len() != length || self.key_hash.len() != length {
            return Err(Refusal::Malformed);
        }
        let serial = SerialNumber::from_bytes(self.serial);
        Ok(CertId {
            serial: serial.map_err(|_| Refusal::Unauthorized)?,
            octets: self.octets.to_vec(),
        })
    }
}

/// The digest that an AlgorithmIdentifier's content names; its parameters are NULL or absent.
fn hash_of(algorithm: &[u8]) -> Option<CertIdHash> {
    const SHA1: &[u8] = &[6, 5, 0x2b, 0x0e, 3, 2, 0x1a];
    const SHA256: &[u8] = &[6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    let is = |oid: &[u8]| matches!(algorithm.strip_prefix(oid), Some([] | [5, 0]));
    match (is(SHA1), is(SHA256)) {
        (true, _) => Some(CertIdHash::Sha1),
        (_, true) => Some(CertIdHash::Sha256),
        _ => None,
    }
}

/// `OCSPRequest` (RFC 6960 §4.1.1): the questions in it. Names, extensions (a nonce among them) and signatures are
/// read past: answers are signed ahead and the same for everybody.
fn request_list(bytes: &[u8]) -> Result<Vec<Question<'_>>, Shape> {
    let mut outside = Reader::new(bytes);
    let mut request = outside.enter(reader::SEQUENCE)?;
    outside.end()?;
    let mut to_be_signed = request.enter(reader::SEQUENCE)?;
    request.skip_if(reader::explicit(0))?;
    request.end()?;
    if let Some(mut version) = to_be_signed.enter_if(reader::explicit(0))?
        && version.content(reader::INTEGER)? != [0]
    {
        return Err(Shape);
    }
    to_be_signed.skip_if(reader::explicit(1))?;
    let mut list = to_be_signed.enter(reader::SEQUENCE)?;
    to_be_signed.skip_if(reader::explicit(2))?;
    to_be_signed.end()?;
    let mut questions = Vec::new();
    while !list.is_empty() {
        questions.push(question(&mut list)?);
    }
    Ok(questions)
}

fn question<'a>(list: &mut Reader<'a>) -> Result<Question<'a>, Shape> {
    let mut one = list.enter(reader::SEQUENCE)?;
    let mut id = one.enter(reader::SEQUENCE)?;
    one.skip_if(reader::explicit(0))?;
    one.end()?;
    let algorithm = id.content(reader::SEQUENCE)?;
    let octets = id.rest();
    let question = Question {
        algorithm,
        name_hash: id.content(reader::OCTET_STRING)?,
        key_hash: id.content(reader::OCTET_STRING)?,
        serial: id.content(reader::INTEGER)?,
        octets,
    };
    id.end()?;
    Ok(question)
}
