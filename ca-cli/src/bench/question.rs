//! A question about a certificate's state, as clients ask it: OCSP by POST, SHA-1 in the CertID (RFC 6960 appendix A.1).

use anyhow::ensure;
use ca_core::domain::serial::SerialNumber;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspCertId, OcspRequest};
use openssl::x509::X509;

/// The whole HTTP request about `serial` under `root`.
pub(super) fn question(root: &X509, serial: SerialNumber) -> anyhow::Result<Vec<u8>> {
    let mut subject = X509::builder()?;
    let number = BigNum::from_slice(serial.as_bytes())?.to_asn1_integer()?;
    subject.set_serial_number(&number)?;
    subject.set_issuer_name(root.subject_name())?;
    let id = OcspCertId::from_cert(MessageDigest::sha1(), &subject.build(), root)?;
    let mut question = OcspRequest::new()?;
    question.add_id(id)?;
    let body = question.to_der()?;
    let head = format!(
        "POST /ocsp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ocsp-request\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    Ok([head.as_bytes(), &body].concat())
}

/// An error for anything but an OCSP answer that says "successful".
pub(super) fn expect_answer(body: &[u8]) -> anyhow::Result<()> {
    // 30 82 xx xx 0a 01 00: a sequence that begins with responseStatus successful.
    let begins = body.get(4..7) == Some(&[0x0a, 1, 0]);
    ensure!(begins, "a reply that is no signed answer");
    Ok(())
}
