//! The downloaded PKCS#12, judged by OpenSSL: does it open, is it the user's, does it lead to the root.

use std::fs;
use std::path::{Path, PathBuf};

use ca_core::private_file::{self, PUBLIC};

use anyhow::{Context, bail};
use openssl::nid::Nid;
use openssl::pkcs12::{ParsedPkcs12_2, Pkcs12};
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509PurposeId, X509Ref, X509StoreContext};
use secrecy::ExposeSecret;

use crate::letter::LetterText;

/// Judges the file and writes its certificate beside it as PEM; returns that file.
pub(super) fn judge(p12: &Path, letter: &LetterText, root: &[u8]) -> anyhow::Result<PathBuf> {
    let bytes = fs::read(p12)?;
    let root = X509::from_der(root)?;
    let opened = open(&bytes, letter.issuance_password.expose_secret())
        .with_context(|| format!("{} with the issuance password", p12.display()))?;
    if open(&bytes, "not the password").is_ok() {
        bail!("{} opens with any password", p12.display());
    }
    let (Some(own), Some(key)) = (opened.cert, opened.pkey) else {
        bail!("{} holds no certificate with a key", p12.display());
    };
    if !own.public_key()?.public_eq(&key) {
        bail!(
            "{}: key and certificate do not belong together",
            p12.display()
        );
    }
    let chain = opened
        .ca
        .iter()
        .flatten()
        .any(|certificate| same(certificate, &root));
    if !chain {
        bail!("{} does not bring the root along", p12.display());
    }
    check_name(&own, letter.user_id.as_str())?;
    check_chain(&own, root)?;
    let pem = p12.with_extension("pem");
    private_file::replace(&pem, &own.to_pem()?, PUBLIC)?;
    Ok(pem)
}

pub(super) fn open(bytes: &[u8], password: &str) -> anyhow::Result<ParsedPkcs12_2> {
    Ok(Pkcs12::from_der(bytes)?.parse2(password)?)
}

fn same(one: &X509Ref, other: &X509) -> bool {
    matches!((one.to_der(), other.to_der()), (Ok(one), Ok(other)) if one == other)
}

fn check_name(own: &X509, user_id: &str) -> anyhow::Result<()> {
    let name = own.subject_name().entries_by_nid(Nid::COMMONNAME).next();
    let name = name
        .context("the certificate has no common name")?
        .data()
        .to_string()?;
    if name != user_id {
        bail!("the certificate is {name}'s, not {user_id}'s");
    }
    Ok(())
}

/// As a relying site checks a client: chain to this root, dates, purpose.
fn check_chain(own: &X509, root: X509) -> anyhow::Result<()> {
    let mut trusted = X509StoreBuilder::new()?;
    trusted.add_cert(root)?;
    trusted.set_purpose(X509PurposeId::SSL_CLIENT)?;
    let trusted = trusted.build();
    let mut context = X509StoreContext::new()?;
    let (good, why) = context.init(&trusted, own, &*Stack::new()?, |context| {
        Ok((context.verify_cert()?, context.error()))
    })?;
    if !good {
        bail!("the certificate does not lead to the root: {why}");
    }
    Ok(())
}
