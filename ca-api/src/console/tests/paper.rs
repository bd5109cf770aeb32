//! Certificates as browsers hold them; self-signed, because the handshake is not what these tests are about.

use ca_core::domain::serial::SerialNumber;
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Builder, X509NameBuilder};
use sha2::{Digest, Sha256};

pub(super) fn certificate(name: &str, serial: SerialNumber) -> X509 {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = EcKey::generate(&group).unwrap();
    signed(name, serial, &PKey::from_ec_key(key).unwrap())
}

pub(super) fn rsa_certificate(name: &str, serial: SerialNumber) -> X509 {
    let key = Rsa::generate(1_024).unwrap();
    signed(name, serial, &PKey::from_rsa(key).unwrap())
}

pub(super) fn spki_sha256(certificate: &X509) -> String {
    let key = certificate
        .public_key()
        .unwrap()
        .public_key_to_der()
        .unwrap();
    hex::encode(Sha256::digest(&key))
}

fn signed(name: &str, serial: SerialNumber, key: &PKey<Private>) -> X509 {
    let mut names = X509NameBuilder::new().unwrap();
    names.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    let names = names.build();
    let serial = BigNum::from_slice(serial.as_bytes()).unwrap();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder
        .set_serial_number(&Asn1Integer::from_bn(&serial).unwrap())
        .unwrap();
    builder.set_subject_name(&names).unwrap();
    builder.set_issuer_name(&names).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(30).unwrap())
        .unwrap();
    builder.set_pubkey(key).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build()
}
