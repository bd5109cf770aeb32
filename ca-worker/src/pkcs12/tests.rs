//! The file opens in two libraries, tells old from new, and a bad one fails the self-test.
use ca_core::domain::profile::{KeyAlgorithm, ProfileName};
use ca_core::domain::random::OsRandom;
use ca_core::domain::serial::SerialNumber;
use chrono::DateTime;
use openssl::pkcs12::Pkcs12;
use openssl::x509::X509;
use p12_keystore::KeyStore;
use p12_keystore::Pkcs12ImportPolicy;

use super::reading::Parts;
use super::*;
use crate::certificate::{Draft, Issuer, prepare};
use crate::fixture::{morning, noted_and_signed, profiles, root};
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
        serial: SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom),
        validity: profile.validity(morning(), &issuer.validity()).unwrap(),
    };
    noted_and_signed(
        prepare(&draft, KeyPair::generate(algorithm).unwrap(), issuer).unwrap(),
        issuer,
        signer,
    )
    .unwrap()
}

fn rounds(rounds: u32) -> Packing<'static> {
    Packing {
        iterations: Iterations::for_bench(rounds),
        self_test: SelfTest::Thorough,
        random: &OsRandom,
    }
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
        rounds(2_048),
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
    let rounds = Packing {
        iterations: Iterations::new(10_000).unwrap(),
        ..rounds(2)
    };
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
    assert_eq!((name, chain.certs().len()), ("KJ2700000001 2029", 2));
    // The certificate bag's name is what Windows' certificate manager lists.
    let opened = Pkcs12::from_der(&file).unwrap().parse2(PASSWORD).unwrap();
    assert_eq!(
        opened.cert.unwrap().alias(),
        Some(b"KJ2700000001 2029".as_slice())
    );
}

#[test]
fn only_aes_256_sha_256_and_the_rounds_asked_for_are_inside() {
    let (file, _, _) = packed(PASSWORD);
    let count = |needle: &[u8]| {
        file.windows(needle.len())
            .filter(|window| *window == needle)
            .count()
    };
    let aes_256_cbc = [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 0x2a];
    let hmac_sha256 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 2, 9];
    assert_eq!((count(&aes_256_cbc), count(&hmac_sha256)), (2, 2));
    assert_eq!(
        count(&[2, 2, 8, 0]),
        3,
        "2,048 for certificates, key and MAC"
    );
}

#[test]
fn two_files_share_no_salt_and_no_vector() {
    let (one, two) = (packed(PASSWORD).0, packed(PASSWORD).0);
    let parts = |file: &[u8]| Parts::of(file).unwrap();
    let (one, two) = (parts(&one), parts(&two));
    assert_ne!(one.key.salt, two.key.salt);
    assert_ne!(one.mac.salt, two.mac.salt);
    assert_ne!(one.key.salt, one.mac.salt);
    assert_ne!(one.key.vector, one.certificates.vector);
    assert_ne!(one.key.vector, two.key.vector);
}

#[test]
fn strangers_open_what_we_pack() {
    let (issuer, _) = root();
    for rounds in [2, 2_048, 10_000] {
        try_readers(
            issuer.certificate(),
            Iterations::for_bench(rounds),
            &OsRandom,
        )
        .unwrap();
    }
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
            rounds(2),
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
fn every_flipped_byte_fails_the_self_test() {
    let (issuer, signer) = root();
    let mine = certificate(&issuer, &signer, KeyAlgorithm::P256);
    let key = mine.key.to_pkcs8().unwrap();
    let content = Content {
        key: &key,
        certificate: &mine.der,
        root: issuer.certificate(),
        friendly_name: "KJ2700000001 2029",
        key_id: &[1],
    };
    let derivation = Derivation::of(PASSWORD, Iterations::for_bench(16), &OsRandom);
    let file = layout::write(&content, &derivation, &OsRandom).unwrap();
    assert_eq!(self_test::reopen(&file, &derivation, &content), Ok(()));
    for at in 0..file.len() {
        let mut flipped = file.clone();
        flipped[at] ^= 1;
        assert!(
            self_test::reopen(&flipped, &derivation, &content).is_err(),
            "byte {at}"
        );
    }
    for shorter in [0, 1, 100, file.len() - 1] {
        assert!(self_test::reopen(&file[..shorter], &derivation, &content).is_err());
    }
    let other = Derivation::of(PASSWORD, Iterations::for_bench(16), &OsRandom);
    assert!(self_test::reopen(&file, &other, &content).is_err());
    assert_eq!(
        self_test::reopen(
            &file,
            &derivation,
            &Content {
                key: &[1],
                ..content
            }
        ),
        Err("its key is another one")
    );
    assert_eq!(
        self_test::reopen(
            &file,
            &derivation,
            &Content {
                root: &[1],
                ..content
            }
        ),
        Err("its certificates are other ones")
    );
    assert!(self_test::open_by_stranger(&file, "another", &content).is_err());
    assert!(self_test::open_by_stranger(&file, PASSWORD, &content).is_ok());
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = Parts::of(&bytes);
        let _ = super::reading::certificates(&bytes);
    }
}

#[test]
fn no_bytes_in_the_place_of_others_make_the_reader_panic() {
    let (file, _, _) = packed(PASSWORD);
    let places = proptest::collection::vec((0..file.len(), proptest::num::u8::ANY), 1..6);
    let mut runner = proptest::test_runner::TestRunner::default();
    let done = runner.run(&(places, 0..file.len()), |(places, cut)| {
        let mut changed = file.clone();
        for (place, byte) in places {
            changed[place] = byte;
        }
        let _ = Parts::of(&changed);
        changed.truncate(cut);
        let _ = Parts::of(&changed);
        Ok(())
    });
    done.unwrap();
}
