//! EncryptedPrivateKeyInfo with scrypt (RFC 7914 §7) and AES-256-CBC, and its PEM.
use ca_core::domain::random::{self, Random};
use openssl::error::ErrorStack;
use openssl::symm::Cipher;
use yasna::models::ObjectIdentifier;
use zeroize::Zeroizing;

/// scrypt's cost: 16 MiB and five passes, OWASP's figure for that memory; OpenSSL reads at most 32 MiB.
const COST: u64 = 1 << 14;
const BLOCK_SIZE: u64 = 8;
const PARALLEL: u64 = 5;
const MEMORY: u64 = 32 << 20;

const PBES2: [u64; 7] = [1, 2, 840, 113_549, 1, 5, 13];
const SCRYPT: [u64; 9] = [1, 3, 6, 1, 4, 1, 11_591, 4, 11];
const AES_256_CBC: [u64; 9] = [2, 16, 840, 1, 101, 3, 4, 1, 42];

const BEGIN: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const END: &str = "-----END ENCRYPTED PRIVATE KEY-----";

/// Wraps PKCS#8 DER.
pub(super) fn encrypt(
    plain: &[u8],
    passphrase: &str,
    random: &dyn Random,
) -> Result<Vec<u8>, ErrorStack> {
    let (salt, iv): ([u8; 16], [u8; 16]) = (random::bytes(random), random::bytes(random));
    let mut key = Zeroizing::new([0; 32]);
    openssl::pkcs5::scrypt(
        passphrase.as_bytes(),
        &salt,
        COST,
        BLOCK_SIZE,
        PARALLEL,
        MEMORY,
        key.as_mut(),
    )?;
    let encrypted = openssl::symm::encrypt(Cipher::aes_256_cbc(), key.as_ref(), Some(&iv), plain)?;
    Ok(yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_sequence(|writer| {
                writer
                    .next()
                    .write_oid(&ObjectIdentifier::from_slice(&PBES2));
                writer.next().write_sequence(|writer| {
                    write_scrypt(writer.next(), &salt);
                    writer.next().write_sequence(|writer| {
                        writer
                            .next()
                            .write_oid(&ObjectIdentifier::from_slice(&AES_256_CBC));
                        writer.next().write_bytes(&iv);
                    });
                });
            });
            writer.next().write_bytes(&encrypted);
        });
    }))
}

fn write_scrypt(writer: yasna::DERWriter<'_>, salt: &[u8]) {
    writer.write_sequence(|writer| {
        writer
            .next()
            .write_oid(&ObjectIdentifier::from_slice(&SCRYPT));
        writer.next().write_sequence(|writer| {
            writer.next().write_bytes(salt);
            writer.next().write_u64(COST);
            writer.next().write_u64(BLOCK_SIZE);
            writer.next().write_u64(PARALLEL);
        });
    });
}

/// The PEM text (RFC 7468 §11), 64 characters a line.
pub(super) fn to_pem(der: &[u8]) -> String {
    let mut text = format!("{BEGIN}\n");
    for (index, character) in openssl::base64::encode_block(der).chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text + "\n" + END + "\n"
}

/// The DER inside a PEM text.
pub(super) fn from_pem(pem: &[u8]) -> Result<Vec<u8>, &'static str> {
    let text = std::str::from_utf8(pem).map_err(|_| "not text")?;
    let body = text
        .trim()
        .strip_prefix(BEGIN)
        .and_then(|rest| rest.strip_suffix(END))
        .ok_or("no ENCRYPTED PRIVATE KEY in it")?;
    let digits: String = body.split_whitespace().collect();
    openssl::base64::decode_block(&digits).map_err(|_| "not base64")
}
