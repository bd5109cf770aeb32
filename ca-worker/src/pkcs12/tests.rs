//! The file opens in two libraries, tells old from new, and a bad one fails the self-test.
use ca_core::domain::profile::{KeyAlgorithm, ProfileName};
use ca_core::domain::random::OsRandom;
use ca_core::domain::serial::SerialNumber;
use openssl::pkcs12::Pkcs12;
use openssl::x509::X509;
use p12_keystore::Pkcs12ImportPolicy;

use super::*;
use crate::certificate::{Draft, Issuer, prepare, sign};
use crate::fixture::{morning, profiles, root};
use crate::signer::{KeyPair, Signer};

const PASSWORD: &str = "p@ss\"w'0$\\`{}~|<>";

fn certificate(issuer: &Issuer, signer: &dyn Signer, algorithm: KeyAlgorithm) -> SignedCertificate {
    let profile = profiles()
        .get(ProfileName::Client)
        .with_key_algorithm(algorithm)
        .unwrap();
    let draft = Draft {
        profile: &profile,
        subject: profile.subject_of("KJ2700000001").unwrap(),
        alternative_names: &[],
        serial: SerialNumber::random(&OsRandom),
        validity: profile.validity(morning(), &issuer.validity()).unwrap(),
    };
    sign(
        prepare(&draft, KeyPair::generate(algorithm).unwrap(), issuer).unwrap(),
        issuer,
        signer,
    )
    .unwrap()
}

fn packed(password: &str) -> (Vec<u8>, Vec<u8>, Issuer) {
    let (issuer, signer) = root();
    let certificate = certificate(&issuer, &signer, KeyAlgorithm::P256);
    let der = certificate.der.clone();
    let file = pack(
        certificate,
        "KJ2700000001",
        issuer.certificate(),
        &password.into(),
        Iterations::for_bench(2_048),
    );
    (file.unwrap(), der, issuer)
}

#[test]
fn openssl_finds_key_certificate_and_root() {
    let (file, der, issuer) = packed(PASSWORD);
    let opened = Pkcs12::from_der(&file).unwrap().parse2(PASSWORD).unwrap();
    let leaf = opened.cert.unwrap();
    assert_eq!(leaf.to_der().unwrap(), der);
    assert!(opened.pkey.unwrap().public_eq(&leaf.public_key().unwrap()));
    let chain: Vec<X509> = opened.ca.unwrap().into_iter().collect();
    assert_eq!(chain.len(), 1);
    assert_eq!(chain[0].to_der().unwrap(), issuer.certificate());
    assert!(Pkcs12::from_der(&file).unwrap().parse2("wrong").is_err());
    assert!(Pkcs12::from_der(&file).unwrap().parse2("").is_err());
}

#[test]
fn rsa_keys_are_packed_as_well() {
    let (issuer, signer) = root();
    let certificate = certificate(&issuer, &signer, KeyAlgorithm::Rsa3072);
    let rounds = Iterations::new(10_000).unwrap();
    let file = pack(
        certificate,
        "KJ2700000001",
        issuer.certificate(),
        &PASSWORD.into(),
        rounds,
    )
    .unwrap();
    let opened = Pkcs12::from_der(&file).unwrap().parse2(PASSWORD).unwrap();
    assert_eq!(opened.pkey.unwrap().bits(), 3_072);
}

#[test]
fn names_say_whose_it_is_and_when_it_ends() {
    let (file, _, _) = packed(PASSWORD);
    let store = KeyStore::from_pkcs12(&file, PASSWORD, Pkcs12ImportPolicy::Strict).unwrap();
    let (name, chain) = store.private_key_chain().unwrap();
    assert_eq!(name, "KJ2700000001 2029");
    // Windows lists the certificate by this one.
    assert!(
        chain.certs()[0].subject().starts_with("CN=KJ2700000001"),
        "{}",
        chain.certs()[0].subject()
    );
    assert_eq!(chain.certs().len(), 2);
}

#[test]
fn only_aes_256_sha_256_and_the_rounds_asked_for_are_inside() {
    let (file, _, _) = packed(PASSWORD);
    let count = |needle: &[u8]| {
        file.windows(needle.len())
            .filter(|window| *window == needle)
            .count()
    };
    let (aes_256_cbc, hmac_sha256) = (
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 0x2a],
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 2, 9],
    );
    assert_eq!(count(&aes_256_cbc), 2);
    assert_eq!(count(&hmac_sha256), 2);
    assert_eq!(
        count(&[2, 2, 8, 0]),
        3,
        "2,048 for certificates, key and MAC"
    );
}

#[test]
fn passwords_that_readers_disagree_on_are_refused() {
    let (issuer, signer) = root();
    for bad in ["", "パスワード", "tab\t", "ｆｕｌｌ"] {
        let certificate = certificate(&issuer, &signer, KeyAlgorithm::P256);
        let error = pack(
            certificate,
            "KJ2700000001",
            issuer.certificate(),
            &bad.into(),
            Iterations::for_bench(1),
        );
        assert!(matches!(error, Err(Pkcs12Error::Password)), "{bad:?}");
    }
}

#[test]
fn rounds_have_a_floor_and_a_ceiling() {
    for rounds in [0, 2_048, 9_999, 600_001, u32::MAX] {
        assert!(
            matches!(Iterations::new(rounds), Err(Pkcs12Error::Iterations(_))),
            "{rounds}"
        );
    }
    assert!(Iterations::new(10_000).is_ok() && Iterations::new(600_000).is_ok());
}

#[test]
fn self_test_finds_what_a_reader_would() {
    let (issuer, signer) = root();
    let mine = certificate(&issuer, &signer, KeyAlgorithm::P256);
    let (file, _, _) = packed(PASSWORD);
    assert_eq!(
        check::self_test(&file, PASSWORD, &mine),
        Err("its key is another one")
    );
    assert_eq!(
        check::self_test(&file, "other", &mine),
        Err("its MAC is not the password's")
    );
    assert_eq!(
        check::self_test(&file[..file.len() - 1], PASSWORD, &mine),
        Err("it cannot be read back")
    );
    let mut flipped = file.clone();
    flipped[300] ^= 1;
    assert_eq!(
        check::self_test(&flipped, PASSWORD, &mine),
        Err("its MAC is not the password's")
    );
}
