//! A checkpoint as CMS SignedData (RFC 5652): attached content, one signer, its certificate inside, no attributes.
//!
//! Anybody opens it: `openssl cms -verify -inform DER -in FILE -CAfile root.pem -purpose any -attime …`.
use ca_core::domain::checkpoint::{Checkpoint, VERSION};
use ca_core::domain::serial::SerialNumber;
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509StoreContext};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::certificate::SignedCertificate;
use crate::crl::der::{INTEGER, OBJECT_IDENTIFIER, SEQUENCE, SET, TAGGED_0, expect};

/// 1.2.840.113549.1.7.2, id-signedData (RFC 5652 §5.1).
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// id-kp-documentSigning (RFC 9336 §3.1).
const DOCUMENT_SIGNING: &str = "1.3.6.1.5.5.7.3.36";
/// A file that is larger is none of ours.
const LARGEST: usize = 64 * 1024;

/// Why a file is no checkpoint to be relied on.
#[derive(Debug, thiserror::Error)]
pub enum UnsoundCheckpoint {
    /// Not the form that this program writes.
    #[error("it is no checkpoint, or was damaged or cut off on its way")]
    Form,
    /// The signature does not hold.
    #[error("its signature does not hold: it was changed, or damaged on its way")]
    Signature,
    /// Somebody else's.
    #[error("it was signed by a key that is not the site's: {0}")]
    Foreign(String),
    /// Ours, and for something else.
    #[error("it was signed by a certificate of the site that is not for checkpoints")]
    Purpose,
    /// What is signed is nothing that this version reads.
    #[error("what is signed in it is no checkpoint that this version reads")]
    Content,
    /// OpenSSL cannot do its work.
    #[error("OpenSSL: {0}")]
    OpenSsl(#[from] ErrorStack),
}

impl UnsoundCheckpoint {
    /// Whether nothing can be read in the file: then it shows nothing, neither of the audit nor of who made it.
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Form | Self::Content | Self::OpenSsl(_))
    }
}

/// A checkpoint whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The serial number of its signer's certificate.
    pub signer: SerialNumber,
}

/// Signs; the result is DER.
pub(super) fn sign(content: &[u8], signer: &SignedCertificate) -> Result<Vec<u8>, ErrorStack> {
    let certificate = X509::from_der(&signer.der)?;
    let flags = CMSOptions::BINARY | CMSOptions::NOATTR | CMSOptions::NOSMIMECAP;
    let key = signer.key.private();
    CmsContentInfo::sign(Some(&certificate), Some(key), None, Some(content), flags)?.to_der()
}

/// The same bytes as a PEM block `CMS`.
pub(super) fn to_pem(der: &[u8]) -> Result<String, ErrorStack> {
    let pem = CmsContentInfo::from_der(der)?.to_pem()?;
    Ok(String::from_utf8_lossy(&pem).into_owned())
}

/// Opens a checkpoint: the signature holds, one of `roots` issued the signer's certificate for checkpoints, and it was
/// valid at the instant that the checkpoint names.
pub fn open(der: &[u8], roots: &[Vec<u8>]) -> Result<Opened, UnsoundCheckpoint> {
    if der.len() > LARGEST {
        return Err(UnsoundCheckpoint::Form);
    }
    let certificate = certificate_in(der).ok_or(UnsoundCheckpoint::Form)?;
    let content = content_signed_by(der, certificate)?;
    let checkpoint: Checkpoint =
        serde_json::from_slice(&content).map_err(|_| UnsoundCheckpoint::Content)?;
    if checkpoint.version != VERSION || checkpoint.entries < 0 {
        return Err(UnsoundCheckpoint::Content);
    }
    expect_chain(certificate, roots, &checkpoint)?;
    let (_, parsed) =
        X509Certificate::from_der(certificate).map_err(|_| UnsoundCheckpoint::Form)?;
    if !is_for_checkpoints(&parsed) {
        return Err(UnsoundCheckpoint::Purpose);
    }
    let signer = SerialNumber::from_bytes(parsed.raw_serial());
    let signer = signer.map_err(|_| UnsoundCheckpoint::Form)?;
    Ok(Opened { checkpoint, signer })
}

/// What the file says without a look at who signed it: for telling apart files whose folder is trusted.
pub(super) fn read_unjudged(der: &[u8]) -> Result<Checkpoint, UnsoundCheckpoint> {
    let certificate = certificate_in(der).ok_or(UnsoundCheckpoint::Form)?;
    let content = content_signed_by(der, certificate)?;
    serde_json::from_slice(&content).map_err(|_| UnsoundCheckpoint::Content)
}

/// Whether the bytes have the form that this program writes; nothing is said of the signature.
pub(super) fn has_form(der: &[u8]) -> bool {
    der.len() <= LARGEST && certificate_in(der).is_some()
}

/// The one certificate of a SignedData with one signer and no lists (RFC 5652 §5.1). What is not in that form is refused:
/// a verifier that took no signer for a good one would be fooled by a file without any.
fn certificate_in(der: &[u8]) -> Option<&[u8]> {
    let (content, after) = expect(SEQUENCE, der)?;
    let (kind, content) = expect(OBJECT_IDENTIFIER, content)?;
    let (tagged, beside) = expect(TAGGED_0, content)?;
    let (signed, behind) = expect(SEQUENCE, tagged)?;
    let (_version, signed) = expect(INTEGER, signed)?;
    let (_digests, signed) = expect(SET, signed)?;
    let (_content, signed) = expect(SEQUENCE, signed)?;
    let (certificate, signed) = expect(TAGGED_0, signed)?;
    let (signers, end) = expect(SET, signed)?;
    let (_, more_certificates) = expect(SEQUENCE, certificate)?;
    let (_, more_signers) = expect(SEQUENCE, signers)?;
    let rests = [after, beside, behind, end, more_certificates, more_signers];
    let is_ours = kind == SIGNED_DATA && rests.iter().all(|rest| rest.is_empty());
    is_ours.then_some(certificate)
}

/// The content, if the holder of this certificate signed it.
fn content_signed_by(der: &[u8], certificate: &[u8]) -> Result<Vec<u8>, UnsoundCheckpoint> {
    let mut signed = CmsContentInfo::from_der(der).map_err(|_| UnsoundCheckpoint::Form)?;
    let mut signers = Stack::new()?;
    signers.push(X509::from_der(certificate).map_err(|_| UnsoundCheckpoint::Form)?)?;
    let flags = CMSOptions::BINARY | CMSOptions::NOINTERN | CMSOptions::NO_SIGNER_CERT_VERIFY;
    let mut content = Vec::new();
    signed
        .verify(Some(&signers), None, None, Some(&mut content), flags)
        .map_err(|_| UnsoundCheckpoint::Signature)?;
    Ok(content)
}

fn expect_chain(
    certificate: &[u8],
    roots: &[Vec<u8>],
    checkpoint: &Checkpoint,
) -> Result<(), UnsoundCheckpoint> {
    let mut store = X509StoreBuilder::new()?;
    for root in roots {
        store.add_cert(X509::from_der(root)?)?;
    }
    let mut rule = X509VerifyParam::new()?;
    rule.set_time(checkpoint.at.timestamp());
    store.set_param(&rule)?;
    let (store, none) = (store.build(), Stack::new()?);
    let certificate = X509::from_der(certificate)?;
    let mut why = String::new();
    let holds = X509StoreContext::new()?.init(&store, &certificate, &none, |context| {
        let holds = context.verify_cert()?;
        why = context.error().to_string();
        Ok(holds)
    })?;
    if holds {
        return Ok(());
    }
    Err(UnsoundCheckpoint::Foreign(why))
}

/// digitalSignature and documentSigning, and nothing else.
fn is_for_checkpoints(certificate: &X509Certificate<'_>) -> bool {
    let usage = certificate.key_usage().ok().flatten();
    let purposes = certificate.extended_key_usage().ok().flatten();
    let usage = usage.is_some_and(|usage| usage.value.flags == 1);
    usage
        && purposes.is_some_and(|found| {
            let found = found.value;
            let others = found.any
                || found.client_auth
                || found.server_auth
                || found.code_signing
                || found.email_protection
                || found.time_stamping
                || found.ocsp_signing;
            let named: Vec<String> = found.other.iter().map(|oid| oid.to_id_string()).collect();
            !others && named == [DOCUMENT_SIGNING]
        })
}
