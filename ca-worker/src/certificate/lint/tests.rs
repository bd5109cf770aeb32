//! One bad certificate for each rule: that rule finds it, and no other rule does.
mod fixture;

use ca_core::domain::profile::{KeyAlgorithm, ProfileName};
use rcgen::{
    BasicConstraints, CertificateParams, CrlDistributionPoint, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyUsagePurpose, SanType,
};

use super::*;
use crate::certificate::draft::parameters;
use crate::certificate::prepare::{assembled, parts};
use crate::signer::KeyPair;
use fixture::{Bench, replaced, root_named};

#[test]
fn a_good_certificate_breaks_nothing() {
    assert_eq!(Bench::new().broken_by(|_| ()), [""; 0]);
}

#[test]
fn rubbish_and_trailing_bytes_are_not_readable() {
    let bench = Bench::new();
    let draft = bench.draft();
    let mut trailing = bench.encoded(&draft, |_| ());
    trailing.push(0);
    assert_eq!(bench.broken(&draft, &trailing), ["readable"]);
    assert_eq!(bench.broken(&draft, b"rubbish"), ["readable"]);
}

#[test]
fn version_3() {
    let bench = Bench::new();
    let draft = bench.draft();
    let der = bench.encoded(&draft, |_| ());
    let version_2 = replaced(&der, &[0xa0, 3, 2, 1, 2], &[0xa0, 3, 2, 1, 1]);
    assert_eq!(bench.broken(&draft, &version_2), ["version-3"]);
}

#[test]
fn serial() {
    let bench = Bench::new();
    let serial = |bytes: &[u8]| {
        bench.broken_by(|p| p.serial_number = Some(rcgen::SerialNumber::from_slice(bytes)))
    };
    assert_eq!(
        serial(&[0x41; 16]),
        ["serial"],
        "another than the one drawn"
    );
    assert_eq!(serial(&[0x41; 4]), ["serial"], "too short");
    assert_eq!(serial(&[0xc1; 20]), ["serial"], "21 octets");
    let draft = bench.draft();
    let der = bench.encoded(&draft, |_| ());
    let mut negative = draft.serial.as_bytes().to_vec();
    negative[0] |= 0x80;
    let der = replaced(&der, draft.serial.as_bytes(), &negative);
    assert_eq!(bench.broken(&draft, &der), ["serial"], "negative");
}

#[test]
fn signature_algorithm() {
    let bench = Bench::new();
    let draft = bench.draft();
    let der = bench.encoded(&draft, |_| ());
    let (sha384, sha224) = (
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3],
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 1],
    );
    assert_eq!(
        bench.broken(&draft, &replaced(&der, &sha384, &sha224)),
        ["signature-algorithm"]
    );
    let (to_be_signed, _) = parts(&der).unwrap();
    // ecdsa-with-SHA1 outside, ecdsa-with-SHA384 inside.
    let sha1 = [0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
    assert_eq!(
        bench.broken(&draft, &assembled(&to_be_signed, &sha1, b"")),
        ["signature-algorithm"]
    );
}

#[test]
fn sha1_throughout() {
    let bench = Bench::new();
    let mut builder = openssl::x509::X509Builder::new().unwrap();
    let day = |days| openssl::asn1::Asn1Time::days_from_now(days).unwrap();
    builder.set_not_before(&day(0)).unwrap();
    builder.set_not_after(&day(1)).unwrap();
    builder.set_pubkey(bench.key.private()).unwrap();
    builder
        .sign(
            bench.root_key.private(),
            openssl::hash::MessageDigest::sha1(),
        )
        .unwrap();
    let der = builder.build().to_der().unwrap();
    assert!(
        bench
            .broken(&bench.draft(), &der)
            .contains(&"signature-algorithm")
    );
}

#[test]
fn issuer_name() {
    let bench = Bench::new();
    let draft = bench.draft();
    let other = root_named(&bench.root_key, "他の認証局");
    let parameters = parameters(&draft, bench.key.public_key(), 1).unwrap();
    let der = other
        .copy_to_lint(&parameters, bench.key.public_key())
        .unwrap();
    assert_eq!(bench.broken(&draft, &der), ["issuer-name"]);
}

#[test]
fn validity() {
    let second = time::Duration::seconds(1);
    assert_eq!(
        Bench::new().broken_by(|p| p.not_after += second),
        ["validity"]
    );
    assert_eq!(
        Bench::new().broken_by(|p| p.not_before -= second),
        ["validity", "within-issuers-life"][..1]
    );
}

#[test]
fn within_issuers_life() {
    let bench = Bench::new();
    let mut draft = bench.draft();
    draft.validity.not_after = bench.issuer.validity().not_after + chrono::Duration::seconds(1);
    assert_eq!(
        bench.broken(&draft, &bench.encoded(&draft, |_| ())),
        ["within-issuers-life"]
    );
}

#[test]
fn subject() {
    let bench = Bench::new();
    let other = |p: &mut CertificateParams| {
        p.distinguished_name
            .push(DnType::CommonName, "KJ2700000002")
    };
    assert_eq!(bench.broken_by(other), ["subject"]);
    let longer =
        |p: &mut CertificateParams| p.distinguished_name.push(DnType::LocalityName, "大阪");
    assert_eq!(bench.broken_by(longer), ["subject"]);
    let organisation_first = |p: &mut CertificateParams| {
        p.distinguished_name.remove(DnType::CommonName);
        p.distinguished_name
            .push(DnType::CommonName, "KJ2700000001");
    };
    assert_eq!(bench.broken_by(organisation_first), ["subject"]);
    let printable = |p: &mut CertificateParams| {
        let text = "KJ2700000001".try_into().unwrap();
        p.distinguished_name
            .push(DnType::CommonName, rcgen::DnValue::PrintableString(text));
    };
    assert_eq!(bench.broken_by(printable), ["subject"]);
}

#[test]
fn public_key() {
    let bench = Bench::new();
    let draft = bench.draft();
    let stranger = KeyPair::generate(KeyAlgorithm::P256).unwrap();
    let parameters = parameters(&draft, bench.key.public_key(), 1).unwrap();
    let der = bench
        .issuer
        .copy_to_lint(&parameters, stranger.public_key())
        .unwrap();
    assert_eq!(bench.broken(&draft, &der), ["public-key"]);

    let rsa = bench
        .profile
        .with_key_algorithm(KeyAlgorithm::Rsa3072)
        .unwrap();
    let draft = Draft {
        profile: &rsa,
        ..draft
    };
    assert_eq!(
        bench.broken(&draft, &bench.encoded(&draft, |_| ())),
        ["public-key"]
    );
}

#[test]
fn no_extension_twice_and_none_unknown() {
    let bench = Bench::new();
    let twice = |p: &mut CertificateParams| p.custom_extensions.extend(p.custom_extensions.clone());
    assert_eq!(bench.broken_by(twice), ["no-duplicate-extension"]);
    let unknown = |p: &mut CertificateParams| {
        p.custom_extensions
            .push(CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]));
    };
    assert_eq!(bench.broken_by(unknown), ["known-extensions"]);
}

#[test]
fn basic_constraints() {
    let bench = Bench::new();
    assert_eq!(
        bench.broken_by(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        ["basic-constraints"]
    );
    let missing = bench.broken_by(|p| p.is_ca = IsCa::NoCa);
    assert_eq!(
        missing,
        ["basic-constraints", "subject-key-identifier"],
        "the encoder drops both"
    );
}

#[test]
fn key_usage() {
    let bench = Bench::new();
    assert_eq!(
        bench.broken_by(|p| p.key_usages.push(KeyUsagePurpose::KeyCertSign)),
        ["key-usage"]
    );
    assert_eq!(bench.broken_by(|p| p.key_usages.clear()), ["key-usage"]);
}

#[test]
fn extended_key_usage() {
    let bench = Bench::new();
    for more in [
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::Any,
        ExtendedKeyUsagePurpose::OcspSigning,
        ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 2]),
    ] {
        assert_eq!(
            bench.broken_by(|p| p.extended_key_usages.push(more)),
            ["extended-key-usage"]
        );
    }
    assert_eq!(
        bench.broken_by(|p| p.extended_key_usages.clear()),
        ["extended-key-usage"]
    );
}

#[test]
fn key_identifiers() {
    let bench = Bench::new();
    let foreign = |p: &mut CertificateParams| {
        p.key_identifier_method = KeyIdMethod::PreSpecified(vec![7; 20])
    };
    assert_eq!(bench.broken_by(foreign), ["subject-key-identifier"]);
    let missing = |p: &mut CertificateParams| p.use_authority_key_identifier_extension = false;
    assert_eq!(bench.broken_by(missing), ["authority-key-identifier"]);
}

#[test]
fn alternative_names() {
    let bench = Bench::new();
    let host = SanType::DnsName("example.jp".try_into().unwrap());
    assert_eq!(
        bench.broken_by(|p| p.subject_alt_names.push(host)),
        ["alternative-names"]
    );
    let mail = SanType::Rfc822Name("a@example.jp".try_into().unwrap());
    assert_eq!(
        bench.broken_by(|p| p.subject_alt_names.push(mail)),
        ["alternative-names"]
    );
}

#[test]
fn http_addresses() {
    let bench = Bench::new();
    let point = |url: &str| {
        vec![CrlDistributionPoint {
            uris: vec![url.to_owned()],
        }]
    };
    for url in [
        "http://localhost:8080/crl/2.crl",
        "https://localhost:8080/crl/1.crl",
    ] {
        assert_eq!(
            bench.broken_by(|p| p.crl_distribution_points = point(url)),
            ["http-addresses"],
            "{url}"
        );
    }
    assert_eq!(
        bench.broken_by(|p| p.crl_distribution_points.clear()),
        ["http-addresses"]
    );
    assert_eq!(
        bench.broken_by(|p| p.custom_extensions.clear()),
        ["http-addresses"]
    );
}

#[test]
fn ocsp_nocheck() {
    const OID: [u64; 10] = [1, 3, 6, 1, 5, 5, 7, 48, 1, 5];
    let add = |p: &mut CertificateParams, content: &[u8]| {
        let extension = CustomExtension::from_oid_content(&OID, content.to_vec());
        p.custom_extensions.push(extension);
    };
    let client = Bench::new();
    assert_eq!(client.broken_by(|p| add(p, &[5, 0])), ["ocsp-nocheck"]);
    let mut responder = Bench::new();
    responder.profile = crate::fixture::profiles().get(ProfileName::Ocsp).clone();
    assert_eq!(responder.broken_by(|_| ()), [""; 0]);
    assert_eq!(
        responder.broken_by(|p| p.custom_extensions.clear()),
        ["ocsp-nocheck"]
    );
    let other = |p: &mut CertificateParams| {
        p.custom_extensions.clear();
        add(p, &[4, 0]);
    };
    assert_eq!(responder.broken_by(other), ["ocsp-nocheck"]);
    assert_eq!(
        responder.broken_by(|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
        ["extended-key-usage"]
    );
}

#[test]
fn an_error_names_rule_and_finding() {
    let bench = Bench::new();
    let draft = bench.draft();
    let der = bench.encoded(&draft, |p| p.key_usages.clear());
    let expected = Expectation {
        draft: &draft,
        key: bench.key.public_key(),
        issuer: &bench.issuer,
    };
    let message = lint(&der, &expected).unwrap_err().to_string();
    assert_eq!(message, "the certificate breaks key-usage: it is missing");
}

#[test]
fn no_bytes_in_the_place_of_others_make_the_lint_panic() {
    let bench = Bench::new();
    let draft = bench.draft();
    let good = bench.encoded(&draft, |_| ());
    // The signature is a throwaway key's and covers nothing here; what it signs begins behind two headers.
    let signed = 8..good.len() - 120;
    let places = proptest::collection::vec((signed, proptest::num::u8::ANY), 1..4);
    let mut runner = proptest::test_runner::TestRunner::default();
    let done = runner.run(&(places, 0..good.len()), |(places, cut)| {
        let mut changed = good.clone();
        for (place, byte) in places {
            changed[place] = byte;
        }
        let _ = bench.broken(&draft, &changed);
        changed.truncate(cut);
        proptest::prop_assert_eq!(bench.broken(&draft, &changed), ["readable"]);
        Ok(())
    });
    done.unwrap();
}
