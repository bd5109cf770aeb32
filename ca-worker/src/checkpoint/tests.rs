//! A checkpoint opens as it was signed, and nothing else does; whatever form somebody kept it in.
use ca_core::domain::certificate::Purpose;
use ca_core::domain::checkpoint::{Checkpoint, VERSION};
use ca_core::domain::profile::ProfileName;
use ca_core::domain::random::OsRandom;
use ca_core::domain::serial::SerialNumber;
use chrono::{DateTime, Duration};
use proptest::prelude::*;

use super::cms::{sign, to_pem};
use super::*;
use crate::certificate::{Draft, Issuer, prepare};
use crate::fixture::{morning, noted_and_signed, profiles, root};
use crate::signer::{FileSigner, KeyPair};

fn signer(purpose: Purpose, (issuer, key): &(Issuer, FileSigner)) -> SignedCertificate {
    let profiles = profiles();
    let profile = profiles.get(ProfileName::from(purpose));
    let draft = Draft {
        profile,
        subject: profile.subject_of("Audit ca1").unwrap(),
        alternative_names: &[],
        serial: SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom),
        validity: profile.validity(morning(), &issuer.validity()).unwrap(),
    };
    let pair = KeyPair::generate(profile.key_algorithm()).unwrap();
    noted_and_signed(prepare(&draft, pair, issuer).unwrap(), issuer, key).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        version: VERSION,
        host: "ca.example.jp".into(),
        machine: "ca1".into(),
        at: morning(),
        entries: 1_234,
        head: "0123456789abcdef".repeat(4),
        previous: None,
    }
}

fn signed(checkpoint: &Checkpoint, signer: &SignedCertificate) -> Vec<u8> {
    sign(&serde_json::to_vec(checkpoint).unwrap(), signer).unwrap()
}

fn refusal(der: &[u8], root: &Issuer) -> String {
    let error = open(der, &[root.certificate().to_vec()]).unwrap_err();
    error.to_string()
}

#[test]
fn it_opens_under_the_root_of_its_signer_and_says_who_that_was() {
    let root = root();
    let signer = signer(Purpose::Audit, &root);
    let der = signed(&checkpoint(), &signer);
    let opened = open(&der, &[root.0.certificate().to_vec()]).unwrap();
    assert_eq!(opened.checkpoint, checkpoint());
    assert_eq!(opened.signer, signer.serial);
}

#[test]
fn a_foreign_root_another_purpose_and_a_wrong_instant_are_refused() {
    let (own, other) = (root(), root());
    let der = signed(&checkpoint(), &signer(Purpose::Audit, &other));
    assert!(refusal(&der, &own.0).contains("not the site's"));
    let der = signed(&checkpoint(), &signer(Purpose::Operator, &own));
    assert!(refusal(&der, &own.0).contains("not for checkpoints"));
    let late = Checkpoint {
        at: morning() + Duration::days(40),
        ..checkpoint()
    };
    let der = signed(&late, &signer(Purpose::Audit, &own));
    assert!(refusal(&der, &own.0).contains("expired"));
    let newer = Checkpoint {
        version: VERSION + 1,
        ..checkpoint()
    };
    let der = signed(&newer, &signer(Purpose::Audit, &own));
    assert!(refusal(&der, &own.0).contains("this version"));
}

#[test]
fn a_file_without_a_signer_is_no_checkpoint() {
    use openssl::cms::{CMSOptions, CmsContentInfo};
    use openssl::pkey::{PKeyRef, Private};
    use openssl::stack::Stack;
    use openssl::x509::X509;
    let root = root();
    let mut certificates = Stack::new().unwrap();
    let own = signer(Purpose::Audit, &root);
    certificates
        .push(X509::from_der(&own.der).unwrap())
        .unwrap();
    let content = serde_json::to_vec(&checkpoint()).unwrap();
    let nobody: Option<&PKeyRef<Private>> = None;
    let flags = CMSOptions::BINARY | CMSOptions::PARTIAL;
    let empty = CmsContentInfo::sign(None, nobody, Some(&certificates), Some(&content), flags);
    let der = empty.unwrap().to_der().unwrap();
    assert!(refusal(&der, &root.0).contains("no checkpoint"));
}

#[test]
fn a_copy_is_found_in_pem_in_replies_and_in_saved_mails() {
    let root = root();
    let der = signed(&checkpoint(), &signer(Purpose::Audit, &root));
    let pem = to_pem(&der).unwrap();
    assert_eq!(der_of(&der), der);
    assert_eq!(der_of(pem.as_bytes()), der);
    let quoted: String = pem.lines().map(|line| format!("> {line}\r\n")).collect();
    assert_eq!(der_of(format!("見てください\r\n{quoted}").as_bytes()), der);
    let text = format!("監査記録\n\n{pem}\n以上\n");
    let packed = openssl::base64::encode_block(text.as_bytes());
    let folded: Vec<String> = packed
        .as_bytes()
        .chunks(76)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let head = "Subject: x\r\nContent-Transfer-Encoding";
    let mail = format!("{head}: base64\r\n\r\n{}\r\n", folded.join("\r\n"));
    assert_eq!(der_of(mail.as_bytes()), der);
    let printable = text
        .replace('=', "=3D")
        .replace("監査記録\n", "=E7=9B=A3=\n=E6=9F=BB\n");
    let mail = format!("{head}: quoted-printable\n\n{printable}");
    assert_eq!(der_of(mail.as_bytes()), der);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_open_but_those_that_were_signed(place in 0_usize..900, value: u8) {
        let root = root();
        let mut der = signed(&checkpoint(), &signer(Purpose::Audit, &root));
        let place = place % der.len();
        prop_assume!(der[place] != value);
        der[place] = value;
        let opened = open(&der, &[root.0.certificate().to_vec()]);
        // Bytes outside what is signed may change without a lie, such as a NULL that may be there or not.
        if let Ok(opened) = opened {
            prop_assert_eq!(opened.checkpoint, checkpoint());
        }
        let _ = der_of(&der);
    }
}
