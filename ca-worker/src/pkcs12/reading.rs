//! A finished file read back, part by part, from its bytes alone.
use yasna::models::ObjectIdentifier;
use yasna::{ASN1Error, ASN1ErrorKind, ASN1Result, BERReader, BERReaderSeq, Tag, parse_der};

use super::layout::{
    CERTIFICATE_BAG, DATA, ENCRYPTED_DATA, SHA_256, SHROUDED_KEY_BAG, VERSION, X509_CERTIFICATE,
};

/// The parts of a file of ours (RFC 7292 §4).
pub(super) struct Parts {
    /// The bytes that the MAC covers.
    pub(super) authenticated_safe: Vec<u8>,
    /// The certificates.
    pub(super) certificates: Encrypted,
    /// The key.
    pub(super) key: Encrypted,
    /// The MAC.
    pub(super) mac: Mac,
}

/// Encrypted bytes and how their key is derived.
pub(super) struct Encrypted {
    pub(super) salt: Vec<u8>,
    pub(super) rounds: u32,
    pub(super) vector: Vec<u8>,
    pub(super) bytes: Vec<u8>,
}

/// MacData.
pub(super) struct Mac {
    pub(super) digest: Vec<u8>,
    pub(super) salt: Vec<u8>,
    pub(super) rounds: u32,
}

impl Parts {
    /// Reads a whole file.
    pub(super) fn of(file: &[u8]) -> ASN1Result<Self> {
        let (authenticated_safe, mac) = parse_der(file, |reader| {
            reader.read_sequence(|reader| {
                if reader.next().read_u8()? != VERSION {
                    return Err(ASN1Error::new(ASN1ErrorKind::Invalid));
                }
                let safe = read_content(reader.next(), &DATA, |reader| reader.read_bytes())?;
                Ok((safe, reader.next().read_sequence(read_mac)?))
            })
        })?;
        let (certificates, bags) = parse_der(&authenticated_safe, |reader| {
            reader.read_sequence(|reader| {
                let certificates =
                    read_content(reader.next(), &ENCRYPTED_DATA, read_encrypted_data)?;
                Ok((
                    certificates,
                    read_content(reader.next(), &DATA, |reader| reader.read_bytes())?,
                ))
            })
        })?;
        let key = parse_der(&bags, |reader| {
            reader.read_sequence(|reader| read_bag(reader.next(), &SHROUDED_KEY_BAG, read_shrouded))
        })?;
        Ok(Self {
            authenticated_safe,
            certificates,
            key,
            mac,
        })
    }
}

/// The certificates in decrypted SafeContents, in order.
pub(super) fn certificates(safe_contents: &[u8]) -> ASN1Result<Vec<Vec<u8>>> {
    parse_der(safe_contents, |reader| {
        reader.collect_sequence_of(|reader| {
            read_bag(reader, &CERTIFICATE_BAG, |reader| {
                read_content(reader, &X509_CERTIFICATE, |reader| reader.read_bytes())
            })
        })
    })
}

fn read_content<T>(
    reader: BERReader<'_, '_>,
    kind: &[u64],
    content: impl FnOnce(BERReader<'_, '_>) -> ASN1Result<T>,
) -> ASN1Result<T> {
    reader.read_sequence(|reader| {
        expect(reader.next(), kind)?;
        reader.next().read_tagged(Tag::context(0), content)
    })
}

fn read_bag<T>(
    reader: BERReader<'_, '_>,
    kind: &[u64],
    value: impl FnOnce(BERReader<'_, '_>) -> ASN1Result<T>,
) -> ASN1Result<T> {
    reader.read_sequence(|reader| {
        expect(reader.next(), kind)?;
        let value = reader.next().read_tagged(Tag::context(0), value)?;
        reader.read_optional(|reader| reader.read_der())?;
        Ok(value)
    })
}

fn read_encrypted_data(reader: BERReader<'_, '_>) -> ASN1Result<Encrypted> {
    reader.read_sequence(|reader| {
        reader.next().read_u8()?;
        reader.next().read_sequence(|reader| {
            expect(reader.next(), &DATA)?;
            let algorithm = reader.next().read_der()?;
            let tag = Tag::context(0);
            let bytes = reader
                .next()
                .read_tagged_implicit(tag, |reader| reader.read_bytes())?;
            with_algorithm(&algorithm, bytes)
        })
    })
}

fn read_shrouded(reader: BERReader<'_, '_>) -> ASN1Result<Encrypted> {
    reader.read_sequence(|reader| {
        let algorithm = reader.next().read_der()?;
        with_algorithm(&algorithm, reader.next().read_bytes()?)
    })
}

/// PBES2 parameters; the algorithms that they name lie under the MAC.
fn with_algorithm(algorithm: &[u8], bytes: Vec<u8>) -> ASN1Result<Encrypted> {
    parse_der(algorithm, |reader| {
        read_parameters(reader, |reader| {
            reader.read_sequence(|reader| {
                let (salt, rounds) = read_parameters(reader.next(), |reader| {
                    reader.read_sequence(|reader| {
                        let derived = (reader.next().read_bytes()?, reader.next().read_u32()?);
                        reader.next().read_der()?;
                        Ok(derived)
                    })
                })?;
                let vector = read_parameters(reader.next(), |reader| reader.read_bytes())?;
                Ok(Encrypted {
                    salt,
                    rounds,
                    vector,
                    bytes,
                })
            })
        })
    })
}

fn read_parameters<T>(
    reader: BERReader<'_, '_>,
    parameters: impl FnOnce(BERReader<'_, '_>) -> ASN1Result<T>,
) -> ASN1Result<T> {
    reader.read_sequence(|reader| {
        reader.next().read_oid()?;
        parameters(reader.next())
    })
}

fn read_mac(reader: &mut BERReaderSeq<'_, '_>) -> ASN1Result<Mac> {
    let digest = reader.next().read_sequence(|reader| {
        reader.next().read_sequence(|reader| {
            expect(reader.next(), &SHA_256)?;
            reader.next().read_null()
        })?;
        reader.next().read_bytes()
    })?;
    Ok(Mac {
        digest,
        salt: reader.next().read_bytes()?,
        rounds: reader.next().read_u32()?,
    })
}

fn expect(reader: BERReader<'_, '_>, kind: &[u64]) -> ASN1Result<()> {
    if reader.read_oid()? == ObjectIdentifier::from_slice(kind) {
        return Ok(());
    }
    Err(ASN1Error::new(ASN1ErrorKind::Invalid))
}
