//! The root and the certificate, judged by OpenSSL and GnuTLS.

use chrono::{DateTime, Months, NaiveDateTime, Utc};
use inkan_tests::folder::Folder;
use inkan_tests::program::tool;
use inkan_tests::walkthrough::Walkthrough;
use openssl::asn1::Asn1TimeRef;
use openssl::hash::MessageDigest;
use openssl::x509::{X509, X509Ref};

pub(super) fn judge(walk: &Walkthrough) {
    let (root, own) = (walk.root(), walk.certificate());
    the_root_is_self_signed_and_named_by_its_thumbprint(walk, &root);
    strangers_accept_the_chain(&root, &own);
    the_subject_is_the_user(&own, walk.word("user_id"));
    it_is_valid_for_three_calendar_years(&own, &root);
    it_is_for_clients_alone(&own);
    let serial = own.serial_number().to_bn().expect("a serial");
    assert!(
        serial.num_bits() > 128 && serial.num_bits() <= 159,
        "{} bits",
        serial.num_bits()
    );
}

fn the_root_is_self_signed_and_named_by_its_thumbprint(walk: &Walkthrough, root: &X509) {
    let [subject, issuer] =
        [root.subject_name(), root.issuer_name()].map(|name| name.to_der().expect("DER"));
    assert_eq!(subject, issuer, "users compare subject and issuer by eye");
    let key = root.public_key().expect("a key");
    assert!(
        root.verify(&key).expect("a verdict"),
        "the root signs itself"
    );
    let digest = root.digest(MessageDigest::sha1()).expect("a digest");
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(walk.word("thumbprint_sha1"), hex);
}

fn strangers_accept_the_chain(root: &X509, own: &X509) {
    let folder = Folder::new("chain");
    let [root, own] = [("root.pem", root), ("own.pem", own)].map(|(name, certificate)| {
        folder
            .write(name, certificate.to_pem().expect("PEM"))
            .display()
            .to_string()
    });
    tool(
        "/usr/bin/openssl",
        [
            "verify",
            "-x509_strict",
            "-purpose",
            "sslclient",
            "-CAfile",
            &root,
            &own,
        ],
    )
    .ok();
    tool(
        "/usr/bin/openssl",
        ["verify", "-x509_strict", "-CAfile", &root, &root],
    )
    .ok();
    let verdict = tool(
        "certtool",
        ["--verify", "--infile", &own, "--load-ca-certificate", &root],
    )
    .ok();
    assert!(
        format!("{}{}", verdict.out, verdict.err).contains("The certificate is trusted"),
        "{verdict:?}"
    );
    let server = tool(
        "/usr/bin/openssl",
        ["verify", "-purpose", "sslserver", "-CAfile", &root, &own],
    );
    assert_ne!(
        server.status,
        Some(0),
        "a client's certificate is no server's"
    );
}

fn the_subject_is_the_user(own: &X509, user_id: &str) {
    let names: Vec<String> = own
        .subject_name()
        .entries_by_nid(openssl::nid::Nid::COMMONNAME)
        .map(|entry| entry.data().to_string().expect("UTF-8"))
        .collect();
    assert_eq!(names, [user_id]);
}

fn it_is_valid_for_three_calendar_years(own: &X509, root: &X509) {
    let (start, end) = (time(own.not_before()), time(own.not_after()));
    let wanted =
        start.checked_add_months(Months::new(36)).expect("a date") - chrono::Duration::seconds(1);
    assert_eq!(end, wanted, "36 calendar months, both ends included");
    assert!(start <= Utc::now(), "it begins in the past");
    assert!(
        end <= time(root.not_after()) && start >= time(root.not_before()),
        "inside the root's life"
    );
}

fn time(asn1: &Asn1TimeRef) -> DateTime<Utc> {
    let text = asn1.to_string();
    let parsed = NaiveDateTime::parse_from_str(&text, "%b %e %H:%M:%S %Y GMT");
    parsed
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .and_utc()
}

fn it_is_for_clients_alone(own: &X509Ref) {
    let text = String::from_utf8(own.to_text().expect("text")).expect("UTF-8");
    let after = |heading: &str| {
        let mut lines = text
            .lines()
            .skip_while(|line| !line.contains(heading))
            .skip(1);
        lines.next().unwrap_or_default().trim().to_owned()
    };
    assert_eq!(
        after("X509v3 Extended Key Usage"),
        "TLS Web Client Authentication"
    );
    assert_eq!(after("X509v3 Key Usage"), "Digital Signature");
    assert_eq!(after("X509v3 Basic Constraints"), "CA:FALSE");
    for address in [
        "X509v3 CRL Distribution Points",
        "Authority Information Access",
    ] {
        assert!(text.contains(address), "{address} is missing:\n{text}");
    }
    assert!(
        !text.contains("URI:https"),
        "clients fetch CRL and issuer without TLS"
    );
}
