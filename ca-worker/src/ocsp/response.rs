//! The DER of one answer (RFC 6960 §4.2.1).
//!
//! It holds two SingleResponses, one for each digest that a client may name the issuer by: RFC 5019 §2.2.1 allows
//! more than one, clients look for the one they asked for, and one signature does for both. SHA-1 stands first,
//! because some clients look at the first alone, and they ask by SHA-1.
use ca_core::domain::ocsp::Standing;
use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::revocation::RevocationReason;
use ca_core::domain::serial::SerialNumber;
use chrono::{DateTime, Utc};
use yasna::models::ObjectIdentifier;
use yasna::tags::{TAG_GENERALIZEDTIME, TAG_INTEGER};
use yasna::{DERWriter, Tag};

use super::responder::{IssuerHashes, Responder};
use crate::signer::SignerError;

const OCSP_BASIC: [u64; 10] = [1, 3, 6, 1, 5, 5, 7, 48, 1, 1];
const SHA1: [u64; 6] = [1, 3, 14, 3, 2, 26];
const SHA256: [u64; 9] = [2, 16, 840, 1, 101, 3, 4, 2, 1];
const ECDSA_SHA256: [u64; 7] = [1, 2, 840, 10045, 4, 3, 2];
const ECDSA_SHA384: [u64; 7] = [1, 2, 840, 10045, 4, 3, 3];
const RSA_SHA256: [u64; 7] = [1, 2, 840, 113_549, 1, 1, 11];
const SUCCESSFUL: i64 = 0;

/// What an answer says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement {
    pub(super) serial: SerialNumber,
    pub(super) standing: Standing,
    /// Whole seconds.
    pub(super) this_update: DateTime<Utc>,
    /// Whole seconds.
    pub(super) next_update: DateTime<Utc>,
}

/// The signed response to whoever asks for this serial.
pub(super) fn response(
    responder: &Responder,
    statement: &Statement,
) -> Result<Vec<u8>, SignerError> {
    let to_be_signed = yasna::construct_der(|writer| response_data(writer, responder, statement));
    let key = &responder.certificate.key;
    let signature = key.sign(&to_be_signed)?;
    let basic = yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_der(&to_be_signed);
            signature_algorithm(writer.next(), key.public_key().algorithm());
            let bits = signature.len() * 8;
            writer.next().write_bitvec_bytes(&signature, bits);
            writer.next().write_tagged(Tag::context(0), |writer| {
                writer.write_sequence(|writer| {
                    writer.next().write_der(&responder.certificate.der);
                });
            });
        });
    });
    Ok(yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_enum(SUCCESSFUL);
            writer.next().write_tagged(Tag::context(0), |writer| {
                writer.write_sequence(|writer| {
                    oid(writer.next(), &OCSP_BASIC);
                    writer.next().write_bytes(&basic);
                });
            });
        });
    }))
}

fn response_data(writer: DERWriter<'_>, responder: &Responder, statement: &Statement) {
    writer.write_sequence(|writer| {
        writer.next().write_tagged(Tag::context(2), |writer| {
            writer.write_bytes(&responder.key_hash);
        });
        time(writer.next(), statement.this_update);
        writer.next().write_sequence(|writer| {
            single(writer.next(), &SHA1, &responder.sha1, statement);
            single(writer.next(), &SHA256, &responder.sha256, statement);
        });
    });
}

fn single(writer: DERWriter<'_>, digest: &[u64], issuer: &IssuerHashes, statement: &Statement) {
    writer.write_sequence(|writer| {
        writer.next().write_sequence(|writer| {
            writer.next().write_sequence(|writer| {
                oid(writer.next(), digest);
                writer.next().write_null();
            });
            writer.next().write_bytes(&issuer.name);
            writer.next().write_bytes(&issuer.key);
            // The first octet is 0x40 to 0x7f: minimal and positive as they are.
            let serial = statement.serial;
            writer.next().write_tagged_implicit(TAG_INTEGER, |writer| {
                writer.write_bytes(serial.as_bytes());
            });
        });
        standing(writer.next(), statement.standing);
        time(writer.next(), statement.this_update);
        writer.next().write_tagged(Tag::context(0), |writer| {
            time(writer, statement.next_update)
        });
    });
}

/// `CertStatus`. `unspecified` is said by leaving the reason out.
fn standing(writer: DERWriter<'_>, standing: Standing) {
    match standing {
        Standing::Good => {
            writer.write_tagged_implicit(Tag::context(0), |writer| writer.write_null());
        }
        Standing::Revoked { at, reason } => {
            writer.write_tagged_implicit(Tag::context(1), |writer| {
                writer.write_sequence(|writer| {
                    time(writer.next(), at);
                    if reason != RevocationReason::Unspecified {
                        writer.next().write_tagged(Tag::context(0), |writer| {
                            writer.write_enum(i64::from(reason.code()));
                        });
                    }
                });
            });
        }
    }
}

/// `GeneralizedTime`, whole seconds, Z (RFC 6960 §4.2.2.1).
fn time(writer: DERWriter<'_>, at: DateTime<Utc>) {
    let text = at.format("%Y%m%d%H%M%SZ").to_string();
    writer.write_tagged_implicit(TAG_GENERALIZEDTIME, |writer| {
        writer.write_bytes(text.as_bytes());
    });
}

fn signature_algorithm(writer: DERWriter<'_>, algorithm: KeyAlgorithm) {
    writer.write_sequence(|writer| match algorithm {
        KeyAlgorithm::P256 => oid(writer.next(), &ECDSA_SHA256),
        KeyAlgorithm::P384 => oid(writer.next(), &ECDSA_SHA384),
        KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => {
            oid(writer.next(), &RSA_SHA256);
            writer.next().write_null();
        }
    });
}

fn oid(writer: DERWriter<'_>, parts: &[u64]) {
    writer.write_oid(&ObjectIdentifier::from_slice(parts));
}
