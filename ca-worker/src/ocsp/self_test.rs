//! A stranger reads an answer before it is stored: OpenSSL's client side.
use ca_core::domain::ocsp::Standing;
use openssl::asn1::Asn1Integer;
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspCertId, OcspCertStatus, OcspFlag, OcspResponse};
use openssl::stack::Stack;
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyFlags;

use super::response::Statement;

/// Whether `der` is a response that the root `root` vouches for, and says what it was meant to say under both digests.
pub(super) fn self_test(der: &[u8], root: &[u8], statement: &Statement) -> Result<(), String> {
    let found = read(der, root, statement).map_err(|error| format!("OpenSSL says {error}"))?;
    let expected = match statement.standing {
        Standing::Good => OcspCertStatus::GOOD,
        Standing::Revoked { .. } => OcspCertStatus::REVOKED,
    };
    if found == [Some(expected); 2] {
        Ok(())
    } else {
        Err(format!("it says {found:?}, {expected:?} was meant"))
    }
}

pub(super) fn read(
    der: &[u8],
    root: &[u8],
    statement: &Statement,
) -> Result<[Option<OcspCertStatus>; 2], ErrorStack> {
    let root = X509::from_der(root)?;
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(root.clone())?;
    // Whether dates are right is not asked here: the worker's clock is an argument.
    store.set_flags(X509VerifyFlags::NO_CHECK_TIME)?;
    let basic = OcspResponse::from_der(der)?.basic()?;
    basic.verify(&*Stack::new()?, &store.build(), OcspFlag::empty())?;
    let status = |digest| -> Result<_, ErrorStack> {
        let id = id(&root, statement, digest)?;
        Ok(basic.find_status(&id).map(|found| found.status))
    };
    Ok([
        status(MessageDigest::sha1())?,
        status(MessageDigest::sha256())?,
    ])
}

/// The CertID. The crate makes one only of a certificate, and takes issuer name and serial number from it.
fn id(root: &X509, statement: &Statement, digest: MessageDigest) -> Result<OcspCertId, ErrorStack> {
    let mut subject = X509::builder()?;
    let serial = BigNum::from_slice(statement.serial.as_bytes())?;
    let serial: Asn1Integer = serial.to_asn1_integer()?;
    subject.set_serial_number(&serial)?;
    subject.set_issuer_name(root.subject_name())?;
    OcspCertId::from_cert(digest, &subject.build(), root)
}
