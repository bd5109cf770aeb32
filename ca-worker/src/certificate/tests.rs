//! Certificates hold before OpenSSL's strictest check, and only what was linted is signed.
use ca_core::domain::profile::{KeyAlgorithm, Profile, ProfileName};
use ca_core::domain::random::OsRandom;
use ca_core::domain::serial::SerialNumber;
use chrono::DateTime;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509PurposeId, X509StoreContext};

use super::*;
use crate::fixture::{morning, noted_and_signed, profiles, root, root_of};
use crate::signer::{CountingSigner, KeyPair, Signer, SignerError};

fn draft<'a>(
    profile: &'a Profile,
    issuer: &Issuer,
    name: &str,
    hosts: &'a [AlternativeName],
) -> Draft<'a> {
    Draft {
        profile,
        subject: profile.subject_of(name).unwrap(),
        alternative_names: hosts,
        serial: SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom),
        validity: profile.validity(morning(), &issuer.validity()).unwrap(),
    }
}

fn issued(
    profile: &Profile,
    issuer: &Issuer,
    signer: &dyn Signer,
    hosts: &[AlternativeName],
) -> SignedCertificate {
    let draft = draft(profile, issuer, "KJ2700000001", hosts);
    let key = KeyPair::generate(profile.key_algorithm()).unwrap();
    noted_and_signed(prepare(&draft, key, issuer).unwrap(), issuer, signer).unwrap()
}

fn strict_store(issuer: &Issuer, purpose: X509PurposeId) -> X509Store {
    let mut store = X509StoreBuilder::new().unwrap();
    store
        .add_cert(X509::from_der(issuer.certificate()).unwrap())
        .unwrap();
    store
        .set_flags(X509VerifyFlags::X509_STRICT | X509VerifyFlags::CHECK_SS_SIGNATURE)
        .unwrap();
    store.set_purpose(purpose).unwrap();
    let mut param = openssl::x509::verify::X509VerifyParam::new().unwrap();
    param.set_time(morning().timestamp());
    store.set_param(&param).unwrap();
    store.build()
}

fn verify(
    certificate: &[u8],
    issuer: &Issuer,
    purpose: X509PurposeId,
) -> openssl::x509::X509VerifyResult {
    let (store, leaf) = (
        strict_store(issuer, purpose),
        X509::from_der(certificate).unwrap(),
    );
    let chain = Stack::new().unwrap();
    let mut context = X509StoreContext::new().unwrap();
    context
        .init(&store, &leaf, &chain, |context| {
            context.verify_cert()?;
            Ok(context.error())
        })
        .unwrap()
}

#[test]
fn openssl_strict_accepts_every_profile_and_key() {
    let (issuer, signer) = root();
    let profiles = profiles();
    let hosts = [
        AlternativeName::parse("localhost").unwrap(),
        AlternativeName::parse("127.0.0.1").unwrap(),
    ];
    let client = profiles.get(ProfileName::Client);
    let rsa = client.with_key_algorithm(KeyAlgorithm::Rsa3072).unwrap();
    for (profile, hosts, purpose) in [
        (client, &[][..], X509PurposeId::SSL_CLIENT),
        (&rsa, &[][..], X509PurposeId::SSL_CLIENT),
        (
            profiles.get(ProfileName::Operator),
            &[][..],
            X509PurposeId::SSL_CLIENT,
        ),
        (
            profiles.get(ProfileName::Server),
            &hosts[..],
            X509PurposeId::SSL_SERVER,
        ),
    ] {
        let certificate = issued(profile, &issuer, &signer, hosts);
        let result = verify(&certificate.der, &issuer, purpose);
        assert_eq!(result.error_string(), "ok", "{}", profile.name());
    }
}

#[test]
fn openssl_strict_accepts_an_rsa_root() {
    let (issuer, signer) = root_of(KeyAlgorithm::Rsa4096);
    let certificate = issued(profiles().get(ProfileName::Client), &issuer, &signer, &[]);
    assert_eq!(
        verify(&certificate.der, &issuer, X509PurposeId::SSL_CLIENT).error_string(),
        "ok"
    );
}

#[test]
fn a_client_certificate_does_not_pass_for_a_server() {
    let (issuer, signer) = root();
    let certificate = issued(profiles().get(ProfileName::Client), &issuer, &signer, &[]);
    assert_ne!(
        verify(&certificate.der, &issuer, X509PurposeId::SSL_SERVER).error_string(),
        "ok"
    );
}

#[test]
fn what_is_signed_is_what_the_intent_names() {
    let (issuer, signer) = root();
    let signer = CountingSigner::new(signer);
    let profiles = profiles();
    let client = profiles.get(ProfileName::Client);
    let draft = draft(client, &issuer, "KJ2700000001", &[]);
    let prepared = prepare(
        &draft,
        KeyPair::generate(KeyAlgorithm::P256).unwrap(),
        &issuer,
    )
    .unwrap();
    assert!(
        signer.signed().is_empty(),
        "preparing and linting never touch the CA key"
    );
    let (tbs, profile) = (prepared.tbs_sha256(), prepared.profile_sha256().to_owned());
    let certificate = noted_and_signed(prepared, &issuer, &signer).unwrap();
    assert_eq!(signer.signed(), [tbs]);
    assert_eq!(profile, client.sha256());
    assert_eq!(certificate.serial, draft.serial);
    assert_eq!(
        certificate.subject.to_string(),
        "CN=KJ2700000001, O=電子請求受付センター"
    );
    assert_eq!(certificate.thumbprint.sha1_hex().len(), 40);
}

#[test]
fn changed_bytes_a_foreign_key_and_a_lost_token_sign_nothing() {
    let (issuer, signer) = root();
    let (_, stranger) = root();
    let signer = CountingSigner::new(signer);
    let profiles = profiles();
    let draft = draft(
        profiles.get(ProfileName::Client),
        &issuer,
        "KJ2700000001",
        &[],
    );
    let fresh = || {
        prepare(
            &draft,
            KeyPair::generate(KeyAlgorithm::P256).unwrap(),
            &issuer,
        )
        .unwrap()
    };

    let mut changed = fresh();
    *changed.to_be_signed.last_mut().unwrap() ^= 1;
    let error = noted_and_signed(changed, &issuer, &signer).unwrap_err();
    assert!(matches!(error, SignError::Changed) && !error.is_infrastructure());

    let error = noted_and_signed(fresh(), &issuer, &stranger).unwrap_err();
    assert!(matches!(error, SignError::WrongKey(1)) && error.is_infrastructure());

    signer.set_away(true);
    let error = noted_and_signed(fresh(), &issuer, &signer).unwrap_err();
    assert!(
        matches!(error, SignError::Signer(SignerError::Unavailable(_)))
            && error.is_infrastructure()
    );
    assert!(signer.signed().is_empty());
}

#[test]
fn the_root_is_its_own_issuer_and_a_leaf_is_none() {
    let (issuer, signer) = root();
    let root = X509::from_der(issuer.certificate()).unwrap();
    assert_eq!(
        root.subject_name().to_der().unwrap(),
        root.issuer_name().to_der().unwrap()
    );
    assert_eq!(
        verify(issuer.certificate(), &issuer, X509PurposeId::ANY).error_string(),
        "ok"
    );

    let leaf = issued(profiles().get(ProfileName::Client), &issuer, &signer, &[]);
    assert!(matches!(
        Issuer::from_der(1, &leaf.der),
        Err(IssuerError::Unfit(_))
    ));
    let mut broken = issuer.certificate().to_vec();
    *broken.last_mut().unwrap() ^= 1;
    assert!(matches!(
        Issuer::from_der(1, &broken),
        Err(IssuerError::Unfit("is not signed by its own key"))
    ));
    broken.push(0);
    assert!(matches!(
        Issuer::from_der(1, &broken),
        Err(IssuerError::Unreadable)
    ));
}

#[test]
fn a_root_with_two_departments_is_refused_instead_of_misnamed() {
    use openssl::x509::{X509Builder, X509NameBuilder};
    let key = KeyPair::generate(KeyAlgorithm::P384).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    for department in ["one", "two"] {
        name.append_entry_by_text("OU", department).unwrap();
    }
    let name = name.build();
    let mut root = X509Builder::new().unwrap();
    root.set_version(2).unwrap();
    root.set_subject_name(&name).unwrap();
    root.set_issuer_name(&name).unwrap();
    root.set_pubkey(key.private()).unwrap();
    root.set_not_before(&openssl::asn1::Asn1Time::from_unix(0).unwrap())
        .unwrap();
    root.set_not_after(&openssl::asn1::Asn1Time::from_unix(4_000_000_000).unwrap())
        .unwrap();
    use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectKeyIdentifier};
    root.append_extension(BasicConstraints::new().critical().ca().build().unwrap())
        .unwrap();
    root.append_extension(
        KeyUsage::new()
            .critical()
            .key_cert_sign()
            .crl_sign()
            .build()
            .unwrap(),
    )
    .unwrap();
    let identifier = SubjectKeyIdentifier::new()
        .build(&root.x509v3_context(None, None))
        .unwrap();
    root.append_extension(identifier).unwrap();
    root.sign(key.private(), openssl::hash::MessageDigest::sha384())
        .unwrap();
    let der = root.build().to_der().unwrap();
    assert!(matches!(Issuer::from_der(1, &der), Err(IssuerError::Name)));
}
