//! A certificate authority of the tests' own, made by OpenSSL alone: for servers that are not ours and
//! for certificates that must be refused.

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::stack::Stack;
use openssl::x509::extension::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
};
use openssl::x509::{X509, X509Builder, X509Name, X509NameBuilder};
use std::path::{Path, PathBuf};

/// A root with its key.
pub struct Authority {
    certificate: X509,
    key: PKey<Private>,
}

impl Authority {
    /// A new root of that name.
    pub fn new(name: &str) -> Self {
        let key = new_key();
        let mut builder = started(&subject(name), &subject(name), &key);
        let constraints = BasicConstraints::new()
            .critical()
            .ca()
            .build()
            .expect("constraints");
        builder.append_extension(constraints).expect("an extension");
        let usage = KeyUsage::new()
            .critical()
            .key_cert_sign()
            .crl_sign()
            .build()
            .expect("usage");
        builder.append_extension(usage).expect("an extension");
        builder
            .sign(&key, MessageDigest::sha256())
            .expect("a signature");
        Self {
            certificate: builder.build(),
            key,
        }
    }

    /// The root in PEM.
    pub fn pem(&self) -> String {
        String::from_utf8(self.certificate.to_pem().expect("PEM")).expect("PEM is ASCII")
    }

    /// A server's certificate and key as PEM files in `folder`.
    pub fn server_certificate(&self, host: &str, folder: &Path) -> (PathBuf, PathBuf) {
        let key = new_key();
        let mut builder = started(&subject(host), self.certificate.subject_name(), &key);
        let usage = ExtendedKeyUsage::new()
            .server_auth()
            .build()
            .expect("usage");
        builder.append_extension(usage).expect("an extension");
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let names = SubjectAlternativeName::new()
            .dns(host)
            .ip("127.0.0.1")
            .build(&context)
            .expect("names");
        builder.append_extension(names).expect("an extension");
        builder
            .sign(&self.key, MessageDigest::sha256())
            .expect("a signature");
        let paths = (
            folder.join(format!("{host}.crt")),
            folder.join(format!("{host}.key")),
        );
        std::fs::write(&paths.0, builder.build().to_pem().expect("PEM"))
            .expect("a certificate file");
        std::fs::write(&paths.1, key.private_key_to_pem_pkcs8().expect("PEM")).expect("a key file");
        paths
    }

    /// A client's PKCS#12 with that common name.
    pub fn client_pkcs12(&self, name: &str, password: &str) -> Vec<u8> {
        let key = new_key();
        let mut builder = started(&subject(name), self.certificate.subject_name(), &key);
        let usage = ExtendedKeyUsage::new()
            .client_auth()
            .build()
            .expect("usage");
        builder.append_extension(usage).expect("an extension");
        builder
            .sign(&self.key, MessageDigest::sha256())
            .expect("a signature");
        let mut chain = Stack::new().expect("a chain");
        chain.push(self.certificate.clone()).expect("a chain");
        let certificate = builder.build();
        let mut file = Pkcs12::builder();
        file.name(name).pkey(&key).cert(&certificate).ca(chain);
        file.build2(password)
            .expect("a PKCS#12")
            .to_der()
            .expect("DER")
    }
}

fn new_key() -> PKey<Private> {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("P-256");
    PKey::from_ec_key(EcKey::generate(&curve).expect("a key")).expect("a key")
}

fn subject(name: &str) -> X509Name {
    let mut builder = X509NameBuilder::new().expect("a name");
    builder
        .append_entry_by_nid(Nid::COMMONNAME, name)
        .expect("a common name");
    builder.build()
}

/// A certificate with everything but its extensions and its signature; valid for a day around now.
fn started(
    subject: &X509Name,
    issuer: &openssl::x509::X509NameRef,
    key: &PKey<Private>,
) -> X509Builder {
    let mut serial = BigNum::new().expect("a number");
    serial
        .rand(127, MsbOption::MAYBE_ZERO, false)
        .expect("a random number");
    let now = chrono::Utc::now().timestamp();
    let mut builder = X509Builder::new().expect("a builder");
    builder.set_version(2).expect("version 3");
    builder
        .set_serial_number(&Asn1Integer::from_bn(&serial).expect("a serial"))
        .expect("a serial");
    builder.set_subject_name(subject).expect("a subject");
    builder.set_issuer_name(issuer).expect("an issuer");
    builder.set_pubkey(key).expect("a key");
    builder
        .set_not_before(&Asn1Time::from_unix(now - 3600).expect("a time"))
        .expect("a start");
    builder
        .set_not_after(&Asn1Time::from_unix(now + 86_400).expect("a time"))
        .expect("an end");
    builder
}
