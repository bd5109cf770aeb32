//! The self-test of a finished PKCS#12: what a reader does first, by other code than the packer's.
//!
//! 1. The MAC is recomputed from the password: a reader will not say "wrong password".
//! 2. The key is decrypted from the password by OpenSSL and belongs to the certificate.
//!
//! The certificates' own bag is not decrypted: that would cost a third derivation, and the MAC covers
//! its bytes. Key derivation is nearly all that packing costs, so each one counts.
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use sha2::{Digest, Sha256};
use yasna::models::ObjectIdentifier;
use yasna::{ASN1Error, ASN1ErrorKind, ASN1Result, BERReader, BERReaderSeq, Tag};
use zeroize::Zeroizing;

use crate::certificate::SignedCertificate;

/// `data` (RFC 5652 §4).
const DATA: [u64; 7] = [1, 2, 840, 113_549, 1, 7, 1];
/// `pkcs8ShroudedKeyBag` (RFC 7292 §4.2).
const SHROUDED_KEY: [u64; 9] = [1, 2, 840, 113_549, 1, 12, 10, 1, 2];

/// Opens `file` with `password` and holds it against `certificate`.
pub(super) fn self_test(
    file: &[u8],
    password: &str,
    certificate: &SignedCertificate,
) -> Result<(), &'static str> {
    let parts = yasna::parse_der(file, Parts::read).map_err(|_| "it cannot be read back")?;
    if parts.mac(password).map_err(|_| "OpenSSL computes no MAC")? != parts.digest {
        return Err("its MAC is not the password's");
    }
    let key = PKey::private_key_from_pkcs8_passphrase(&parts.shrouded_key, password.as_bytes())
        .map_err(|_| "its key does not open")?;
    if key.public_eq(certificate.key.private()) {
        Ok(())
    } else {
        Err("its key is another one")
    }
}

/// The parts of a PFX (RFC 7292 §4) that the self-test looks at.
struct Parts {
    authenticated_safe: Vec<u8>,
    shrouded_key: Vec<u8>,
    digest: Vec<u8>,
    salt: Vec<u8>,
    rounds: u32,
}

impl Parts {
    fn read(reader: BERReader<'_, '_>) -> ASN1Result<Self> {
        reader.read_sequence(|reader| {
            reader.next().read_u8()?;
            let authenticated_safe = read_content(reader.next())?;
            let (digest, salt, rounds) = reader.next().read_sequence(read_mac)?;
            let shrouded_key = yasna::parse_der(&authenticated_safe, read_shrouded_key)?;
            Ok(Self {
                authenticated_safe,
                shrouded_key,
                digest,
                salt,
                rounds,
            })
        })
    }

    fn mac(&self, password: &str) -> Result<Vec<u8>, openssl::error::ErrorStack> {
        let key = mac_key(password, &self.salt, self.rounds);
        let key = PKey::hmac(key.as_ref())?;
        Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(&self.authenticated_safe)
    }
}

/// ContentInfo of type `data`: its octets.
fn read_content(reader: BERReader<'_, '_>) -> ASN1Result<Vec<u8>> {
    reader.read_sequence(|reader| {
        reader.next().read_oid()?;
        reader
            .next()
            .read_tagged(Tag::context(0), |reader| reader.read_bytes())
    })
}

/// MacData: digest, salt, rounds (§4, appendix A).
fn read_mac(reader: &mut BERReaderSeq<'_, '_>) -> ASN1Result<(Vec<u8>, Vec<u8>, u32)> {
    let digest = reader.next().read_sequence(|reader| {
        reader.next().read_der()?;
        reader.next().read_bytes()
    })?;
    Ok((
        digest,
        reader.next().read_bytes()?,
        reader.next().read_u32()?,
    ))
}

/// The encrypted key: in the first ContentInfo of type `data`, its first shrouded key bag.
fn read_shrouded_key(reader: BERReader<'_, '_>) -> ASN1Result<Vec<u8>> {
    let contents = reader.collect_sequence_of(|reader| {
        reader.read_sequence(|reader| {
            let kind = reader.next().read_oid()?;
            Ok((
                kind,
                reader
                    .next()
                    .read_tagged(Tag::context(0), |reader| reader.read_der())?,
            ))
        })
    })?;
    let data = ObjectIdentifier::from_slice(&DATA);
    let plain = contents.into_iter().find(|(kind, _)| *kind == data);
    let (_, octets) = plain.ok_or_else(|| ASN1Error::new(ASN1ErrorKind::Invalid))?;
    let bags = yasna::parse_der(&octets, |reader| reader.read_bytes())?;
    let bags = yasna::parse_der(&bags, |reader| reader.collect_sequence_of(read_bag))?;
    let shrouded = ObjectIdentifier::from_slice(&SHROUDED_KEY);
    let key = bags.into_iter().find(|(kind, _)| *kind == shrouded);
    key.map(|(_, key)| key)
        .ok_or_else(|| ASN1Error::new(ASN1ErrorKind::Invalid))
}

/// SafeBag: its kind and value (§4.2).
fn read_bag(reader: BERReader<'_, '_>) -> ASN1Result<(ObjectIdentifier, Vec<u8>)> {
    reader.read_sequence(|reader| {
        let kind = reader.next().read_oid()?;
        let value = reader
            .next()
            .read_tagged(Tag::context(0), |reader| reader.read_der())?;
        reader.read_optional(|reader| reader.read_der())?;
        Ok((kind, value))
    })
}

/// The MAC's key from the password (RFC 7292 appendix B.2 with SHA-256, ID 3, one block of output).
fn mac_key(password: &str, salt: &[u8], rounds: u32) -> Zeroizing<[u8; 32]> {
    const BLOCK: usize = 64;
    let units = password.encode_utf16().chain([0]);
    let password: Zeroizing<Vec<u8>> = Zeroizing::new(units.flat_map(u16::to_be_bytes).collect());
    let mut input = Zeroizing::new(vec![3; BLOCK]);
    for part in [salt, &password] {
        let length = part.len().div_ceil(BLOCK) * BLOCK;
        input.extend(part.iter().cycle().take(length));
    }
    let mut key: Zeroizing<[u8; 32]> = Zeroizing::new(Sha256::digest(input.as_slice()).into());
    for _ in 1..rounds {
        *key = Sha256::digest(key.as_ref()).into();
    }
    key
}
