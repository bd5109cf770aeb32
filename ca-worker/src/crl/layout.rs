//! A list as it is signed (RFC 5280 §5.1), in one buffer: entries first, what stands before them written backwards.
use ca_core::domain::profile::KeyAlgorithm;
use chrono::{DateTime, Utc};

use super::der::{
    BIT_STRING, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, TAGGED_0, header, integer, value,
    write_time,
};
use crate::certificate::Issuer;
use crate::journal::Noted;
use crate::signer::{Signer, SignerError};

/// authorityKeyIdentifier, 2.5.29.35.
pub(super) const AUTHORITY_KEY_IDENTIFIER: [u8; 3] = [0x55, 0x1d, 0x23];
/// cRLNumber, 2.5.29.20.
pub(super) const CRL_NUMBER: [u8; 3] = [0x55, 0x1d, 0x14];
/// Room for the four headers that stand before the entries; each takes at most ten octets.
const HEADERS: usize = 40;

/// What a list says besides its entries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) issuer: &'a Issuer,
    pub(super) number: i64,
    pub(super) this_update: DateTime<Utc>,
    pub(super) next_update: DateTime<Utc>,
}

/// A list whose entries are being written.
pub(super) struct Begun {
    /// Entries are appended here, and nothing is changed before them.
    pub(super) buffer: Vec<u8>,
    before: Vec<u8>,
    gap: usize,
}

/// A list that is laid out and not signed.
pub(super) struct LaidOut {
    buffer: Vec<u8>,
    start: usize,
    algorithm: Vec<u8>,
    generation: i64,
    number: i64,
}

/// Begins a list with room for `capacity` octets of entries.
pub(super) fn begin(head: &Head<'_>, capacity: usize) -> Begun {
    let mut before = integer(1);
    before.extend(algorithm(head.issuer.public_key().algorithm()));
    before.extend(head.issuer.subject());
    write_time(&mut before, head.this_update);
    write_time(&mut before, head.next_update);
    let gap = before.len() + HEADERS;
    // Room for the extensions and the signature as well, so that the buffer is never moved.
    let mut buffer = Vec::with_capacity(gap + capacity + 2_048);
    buffer.resize(gap, 0);
    Begun {
        buffer,
        before,
        gap,
    }
}

impl Begun {
    /// Writes what stands behind the entries and before them.
    pub(super) fn lay_out(mut self, head: &Head<'_>) -> LaidOut {
        let entries = self.buffer.len() - self.gap;
        self.buffer.extend(extensions(head));
        let mut laid_out = LaidOut {
            buffer: self.buffer,
            start: self.gap,
            algorithm: algorithm(head.issuer.public_key().algorithm()),
            generation: head.issuer.generation(),
            number: head.number,
        };
        // revokedCertificates is absent when there is none (§5.1.2.6).
        if entries > 0 {
            laid_out.put_before(&header(SEQUENCE, entries));
        }
        laid_out.put_before(&self.before);
        laid_out.put_before(&header(SEQUENCE, laid_out.tbs().len()));
        laid_out
    }
}

impl LaidOut {
    /// tbsCertList: what is signed.
    pub(super) fn tbs(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Has the list signed, once it is in the journal; the same buffer becomes the CertificateList.
    pub(super) fn sign(
        mut self,
        signer: &dyn Signer,
        noted: &Noted,
    ) -> Result<Vec<u8>, SignerError> {
        if !noted.covers_list(self.generation, self.number) {
            let list = format!("list {} of generation {}", self.number, self.generation);
            return Err(SignerError::Refused(format!(
                "{list} is not in the journal"
            )));
        }
        let signature = signer.sign(self.tbs())?;
        let signature = value(BIT_STRING, &[&[0], &signature]);
        let algorithm = std::mem::take(&mut self.algorithm);
        self.buffer.extend(algorithm);
        self.buffer.extend(signature);
        self.put_before(&header(SEQUENCE, self.tbs().len()));
        self.buffer.drain(..self.start);
        Ok(self.buffer)
    }

    fn put_before(&mut self, bytes: &[u8]) {
        let from = self.start.saturating_sub(bytes.len());
        if let Some(place) = self.buffer.get_mut(from..self.start) {
            place.copy_from_slice(bytes);
        }
        self.start = from;
    }
}

/// crlExtensions (§5.2): authorityKeyIdentifier and cRLNumber, neither critical. One full list for each generation,
/// at the one address that certificates name, needs no issuingDistributionPoint.
fn extensions(head: &Head<'_>) -> Vec<u8> {
    let identifier = value(0x80, &[head.issuer.key_identifier()]);
    let identifier = value(SEQUENCE, &[&identifier]);
    let all = [
        extension(&AUTHORITY_KEY_IDENTIFIER, &identifier),
        extension(&CRL_NUMBER, &integer(head.number)),
    ];
    value(TAGGED_0, &[&value(SEQUENCE, &[&all.concat()])])
}

fn extension(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let kind = value(OBJECT_IDENTIFIER, &[kind]);
    value(SEQUENCE, &[&kind, &value(OCTET_STRING, &[content])])
}

/// The AlgorithmIdentifier of signatures by a key of this kind (RFC 5758 §3.2, RFC 4055 §5).
pub(super) fn algorithm(key: KeyAlgorithm) -> Vec<u8> {
    let (oid, parameters): (&[u8], &[u8]) = match key {
        KeyAlgorithm::P256 => (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02], &[]),
        KeyAlgorithm::P384 => (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03], &[]),
        KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => (
            &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
            &[0x05, 0x00],
        ),
    };
    value(SEQUENCE, &[&value(OBJECT_IDENTIFIER, &[oid]), parameters])
}
