//! OCSP and root generations from outside: strangers ask over HTTP about certificates of a running service.

mod generations;
mod judges;
mod outdated;
mod revocation;

use ca_core::domain::serial::SerialNumber;
use inkan_tests::program::tool;
use inkan_tests::service::Service;
use openssl::x509::X509;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The certificate of the site in PEM: issued by the service as any other.
fn sites_certificate(service: &Service) -> PathBuf {
    service.folder().join("data/tls/server.crt")
}

fn serial_of(file: &Path) -> SerialNumber {
    let pem = std::fs::read(file).expect("a certificate");
    let certificate = X509::from_pem(&pem).expect("PEM");
    let number = certificate.serial_number().to_bn().expect("a number");
    let hex = number.to_hex_str().expect("hex").to_lowercase();
    SerialNumber::from_hex(&hex).expect("a serial number of ours")
}

fn revoke(service: &Service, serial: SerialNumber) {
    let serial = serial.to_hex();
    let command = ["certificate", "revoke", "--serial", &serial];
    let order = [&command[..], &["--reason", "keyCompromise"]].concat();
    service.cli(&order).ok();
}

/// Where OpenSSL leaves the answer that it got last.
const ANSWER: &str = "answer.der";

/// What `openssl ocsp` says of `certificate`, asking by `digest`.
fn openssl_says(service: &Service, root: &Path, certificate: &Path, digest: &str) -> String {
    let url = format!("{}/ocsp", service.plain());
    let (root, certificate) = (
        root.display().to_string(),
        certificate.display().to_string(),
    );
    let answer = tool(
        "openssl",
        [
            "ocsp",
            "-issuer",
            &root,
            "-CAfile",
            &root,
            digest,
            "-cert",
            &certificate,
            "-url",
            &url,
            "-no_nonce",
            "-respout",
            &service.folder().join(ANSWER).display().to_string(),
        ],
    );
    format!("{}{}", answer.out, answer.err)
}

/// Asks until the answer contains `word`.
fn until(word: &str, ask: impl Fn() -> String) -> String {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let said = ask();
        if said.contains(word) {
            return said;
        }
        assert!(Instant::now() < end, "no {word:?} in a minute:\n{said}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
