//! How the file is laid out (RFC 7292 §4): certificates encrypted in one part, the key in another, a MAC over both.
//!
//! ```text
//! PFX ─┬─ encryptedData ── certificate bag (friendly name, key id), root's certificate bag
//!      ├─ data ─────────── shrouded key bag (friendly name, key id)
//!      └─ MAC
//! ```
use ca_core::domain::random::{self, Random};
use hmac::{Hmac, KeyInit, Mac};
use openssl::error::ErrorStack;
use openssl::symm::{Cipher, encrypt};
use sha2::Sha256;
use yasna::models::ObjectIdentifier;
use yasna::{DERWriter, Tag, construct_der};
use zeroize::Zeroizing;

use super::derivation::Derivation;

/// PFX version 3, the only one.
pub(super) const VERSION: u8 = 3;
pub(super) const DATA: [u64; 7] = [1, 2, 840, 113_549, 1, 7, 1];
pub(super) const ENCRYPTED_DATA: [u64; 7] = [1, 2, 840, 113_549, 1, 7, 6];
pub(super) const SHROUDED_KEY_BAG: [u64; 9] = [1, 2, 840, 113_549, 1, 12, 10, 1, 2];
pub(super) const CERTIFICATE_BAG: [u64; 9] = [1, 2, 840, 113_549, 1, 12, 10, 1, 3];
pub(super) const X509_CERTIFICATE: [u64; 8] = [1, 2, 840, 113_549, 1, 9, 22, 1];
const FRIENDLY_NAME: [u64; 7] = [1, 2, 840, 113_549, 1, 9, 20];
const LOCAL_KEY_ID: [u64; 7] = [1, 2, 840, 113_549, 1, 9, 21];
const PBES2: [u64; 7] = [1, 2, 840, 113_549, 1, 5, 13];
const PBKDF2: [u64; 7] = [1, 2, 840, 113_549, 1, 5, 12];
const HMAC_SHA_256: [u64; 6] = [1, 2, 840, 113_549, 2, 9];
const AES_256_CBC: [u64; 9] = [2, 16, 840, 1, 101, 3, 4, 1, 42];
pub(super) const SHA_256: [u64; 9] = [2, 16, 840, 1, 101, 3, 4, 2, 1];

/// What goes into the file.
#[derive(Clone, Copy)]
pub(super) struct Content<'a> {
    /// PKCS#8.
    pub(super) key: &'a [u8],
    /// DER.
    pub(super) certificate: &'a [u8],
    /// DER.
    pub(super) root: &'a [u8],
    /// What Windows lists.
    pub(super) friendly_name: &'a str,
    /// Ties key and certificate together.
    pub(super) key_id: &'a [u8],
}

/// Writes the file.
pub(super) fn write(
    content: &Content<'_>,
    derivation: &Derivation,
    random: &dyn Random,
) -> Result<Vec<u8>, ErrorStack> {
    let certificates = Encrypted::of(&certificate_bags(content), derivation, random)?;
    let key = Encrypted::of(content.key, derivation, random)?;
    let authenticated_safe = construct_der(|writer| {
        writer.write_sequence(|writer| {
            write_content(writer.next(), &ENCRYPTED_DATA, |writer| {
                write_encrypted_data(writer, &certificates)
            });
            let bags = key_bags(content, &key);
            write_content(writer.next(), &DATA, |writer| writer.write_bytes(&bags));
        });
    });
    let mac = mac(&authenticated_safe, derivation);
    Ok(construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_u8(VERSION);
            write_content(writer.next(), &DATA, |writer| {
                writer.write_bytes(&authenticated_safe)
            });
            write_mac(writer.next(), &mac, derivation);
        });
    }))
}

/// HMAC-SHA-256 over the authenticated safe.
pub(super) fn mac(authenticated_safe: &[u8], derivation: &Derivation) -> [u8; 32] {
    // A key shorter than a block is filled up with zeros (RFC 2104 §2).
    let mut block = Zeroizing::new([0; 64]);
    for (place, byte) in block.iter_mut().zip(derivation.mac_key.iter()) {
        *place = *byte;
    }
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(authenticated_safe);
    mac.finalize().into_bytes().into()
}

/// Bytes under the file's key, with what is needed to decrypt them.
struct Encrypted {
    algorithm: Vec<u8>,
    bytes: Vec<u8>,
}

impl Encrypted {
    fn of(plain: &[u8], derivation: &Derivation, random: &dyn Random) -> Result<Self, ErrorStack> {
        let vector: [u8; 16] = random::bytes(random);
        let key = derivation.encryption_key.as_ref();
        let bytes = encrypt(Cipher::aes_256_cbc(), key, Some(&vector), plain)?;
        Ok(Self {
            algorithm: pbes2(derivation, &vector),
            bytes,
        })
    }
}

/// PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC 8018 appendix A.4).
fn pbes2(derivation: &Derivation, vector: &[u8]) -> Vec<u8> {
    construct_der(|writer| {
        write_algorithm(writer, &PBES2, |writer| {
            writer.write_sequence(|writer| {
                write_algorithm(writer.next(), &PBKDF2, |writer| {
                    writer.write_sequence(|writer| {
                        writer.next().write_bytes(&derivation.encryption_salt);
                        writer.next().write_u32(derivation.rounds);
                        write_algorithm(writer.next(), &HMAC_SHA_256, |writer| writer.write_null());
                    });
                });
                write_algorithm(writer.next(), &AES_256_CBC, |writer| {
                    writer.write_bytes(vector)
                });
            });
        });
    })
}

/// SafeContents with the certificate, named and tied to its key, and the root.
fn certificate_bags(content: &Content<'_>) -> Vec<u8> {
    construct_der(|writer| {
        writer.write_sequence(|writer| {
            write_bag(writer.next(), &CERTIFICATE_BAG, Some(content), |writer| {
                write_certificate(writer, content.certificate);
            });
            write_bag(writer.next(), &CERTIFICATE_BAG, None, |writer| {
                write_certificate(writer, content.root)
            });
        });
    })
}

/// SafeContents with the shrouded key.
fn key_bags(content: &Content<'_>, key: &Encrypted) -> Vec<u8> {
    construct_der(|writer| {
        writer.write_sequence(|writer| {
            write_bag(writer.next(), &SHROUDED_KEY_BAG, Some(content), |writer| {
                writer.write_sequence(|writer| {
                    writer.next().write_der(&key.algorithm);
                    writer.next().write_bytes(&key.bytes);
                });
            });
        });
    })
}

/// SafeBag (§4.2); `named` gives it the content's friendly name and key id.
fn write_bag(
    writer: DERWriter<'_>,
    kind: &[u64],
    named: Option<&Content<'_>>,
    value: impl FnOnce(DERWriter<'_>),
) {
    writer.write_sequence(|writer| {
        writer.next().write_oid(&ObjectIdentifier::from_slice(kind));
        writer.next().write_tagged(Tag::context(0), value);
        if let Some(content) = named {
            writer.next().write_set_of(|writer| {
                write_attribute(writer.next(), &FRIENDLY_NAME, |writer| {
                    writer.write_bmp_string(content.friendly_name);
                });
                write_attribute(writer.next(), &LOCAL_KEY_ID, |writer| {
                    writer.write_bytes(content.key_id)
                });
            });
        }
    });
}

fn write_attribute(writer: DERWriter<'_>, kind: &[u64], value: impl FnOnce(DERWriter<'_>)) {
    writer.write_sequence(|writer| {
        writer.next().write_oid(&ObjectIdentifier::from_slice(kind));
        writer.next().write_set(|writer| value(writer.next()));
    });
}

/// CertBag (§4.2.3).
fn write_certificate(writer: DERWriter<'_>, certificate: &[u8]) {
    write_content(writer, &X509_CERTIFICATE, |writer| {
        writer.write_bytes(certificate)
    });
}

/// EncryptedData (RFC 5652 §8) with the certificates' SafeContents.
fn write_encrypted_data(writer: DERWriter<'_>, encrypted: &Encrypted) {
    writer.write_sequence(|writer| {
        writer.next().write_u8(0);
        writer.next().write_sequence(|writer| {
            writer
                .next()
                .write_oid(&ObjectIdentifier::from_slice(&DATA));
            writer.next().write_der(&encrypted.algorithm);
            let tag = Tag::context(0);
            writer
                .next()
                .write_tagged_implicit(tag, |writer| writer.write_bytes(&encrypted.bytes));
        });
    });
}

fn write_mac(writer: DERWriter<'_>, mac: &[u8], derivation: &Derivation) {
    writer.write_sequence(|writer| {
        writer.next().write_sequence(|writer| {
            write_algorithm(writer.next(), &SHA_256, |writer| writer.write_null());
            writer.next().write_bytes(mac);
        });
        writer.next().write_bytes(&derivation.mac_salt);
        writer.next().write_u32(derivation.rounds);
    });
}

/// A type and its value under the explicit tag 0: ContentInfo (RFC 5652 §3), and CertBag in the same shape.
fn write_content(writer: DERWriter<'_>, kind: &[u64], content: impl FnOnce(DERWriter<'_>)) {
    writer.write_sequence(|writer| {
        writer.next().write_oid(&ObjectIdentifier::from_slice(kind));
        writer.next().write_tagged(Tag::context(0), content);
    });
}

fn write_algorithm(writer: DERWriter<'_>, kind: &[u64], parameters: impl FnOnce(DERWriter<'_>)) {
    writer.write_sequence(|writer| {
        writer.next().write_oid(&ObjectIdentifier::from_slice(kind));
        parameters(writer.next());
    });
}
