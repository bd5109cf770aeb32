//! A certificate authority of a test's own.

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use openssl::x509::{X509, X509Builder, X509Name, X509NameBuilder};

/// What a certificate is for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Purpose {
    Root,
    Client,
    Server,
}

/// A root and its key.
pub(crate) struct Authority {
    pub(crate) root: X509,
    key: PKey<Private>,
}

fn fresh_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn name(text: &str) -> X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, text).unwrap();
    name.build()
}

/// So many days from now, or ago.
fn day(days: i64) -> Asn1Time {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    Asn1Time::from_unix(i64::try_from(now).unwrap() + days * 86_400).unwrap()
}

impl Authority {
    pub(crate) fn new(text: &str) -> Self {
        let key = fresh_key();
        let subject = name(text);
        let root = build(&subject, &subject, (&key, &key), Purpose::Root, (0, 3_650));
        Self { root, key }
    }

    pub(crate) fn issue(&self, text: &str, purpose: Purpose, from: i64, until: i64) -> X509 {
        let own = fresh_key();
        let issuer = self.root.subject_name().to_owned().unwrap();
        build(
            &name(text),
            &issuer,
            (&own, &self.key),
            purpose,
            (from, until),
        )
    }
}

fn build(
    subject: &X509Name,
    issuer: &X509Name,
    (own, signer): (&PKey<Private>, &PKey<Private>),
    purpose: Purpose,
    (from, until): (i64, i64),
) -> X509 {
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial
        .pseudo_rand(120, openssl::bn::MsbOption::ONE, false)
        .unwrap();
    let serial = Asn1Integer::from_bn(&serial).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(subject).unwrap();
    builder.set_issuer_name(issuer).unwrap();
    builder.set_not_before(&day(from)).unwrap();
    builder.set_not_after(&day(until)).unwrap();
    builder.set_pubkey(own).unwrap();
    let extension = match purpose {
        Purpose::Root => BasicConstraints::new().critical().ca().build(),
        Purpose::Client => ExtendedKeyUsage::new().client_auth().build(),
        Purpose::Server => ExtendedKeyUsage::new().server_auth().build(),
    };
    builder.append_extension(extension.unwrap()).unwrap();
    if purpose == Purpose::Root {
        let usage = KeyUsage::new()
            .critical()
            .key_cert_sign()
            .crl_sign()
            .build();
        builder.append_extension(usage.unwrap()).unwrap();
    }
    builder.sign(signer, MessageDigest::sha256()).unwrap();
    builder.build()
}
