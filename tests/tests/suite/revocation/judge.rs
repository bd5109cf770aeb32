//! Programs that are not ours, asked about a list and a certificate.

use std::path::Path;
use std::process::Command;

use inkan_tests::program::{self, Answer};
use inkan_tests::repository::root;

/// OpenSSL's verdict about the certificate under this list (PEM).
pub fn openssl_verify(root_pem: &Path, list_pem: &Path, certificate: &Path) -> Answer {
    let mut command = Command::new("openssl");
    command
        .args(["verify", "-crl_check", "-CAfile"])
        .arg(root_pem);
    command.arg("-CRLfile").arg(list_pem).arg(certificate);
    program::run(&mut command)
}

/// The list (DER) as OpenSSL prints it, its signature checked; also written as PEM.
pub fn openssl_reads(root_pem: &Path, list: &Path, list_pem: &Path) -> String {
    let mut command = Command::new("openssl");
    command.args(["crl", "-inform", "DER", "-text", "-verify", "-CAfile"]);
    command
        .arg(root_pem)
        .arg("-in")
        .arg(list)
        .arg("-out")
        .arg(list_pem);
    let answer = program::run(&mut command).ok();
    assert!(answer.err.contains("verify OK"), "{}", answer.err);
    std::fs::read_to_string(list_pem).expect("the list as text and PEM")
}

/// GnuTLS verifies the list (PEM) under the root and prints it.
pub fn gnutls_reads(root_pem: &Path, list_pem: &Path) -> String {
    let mut verify = Command::new("certtool");
    verify.args(["--verify-crl", "--load-ca-certificate"]);
    verify.arg(root_pem).arg("--infile").arg(list_pem);
    let verdict = program::run(&mut verify).ok();
    let said = format!("{}{}", verdict.out, verdict.err);
    assert!(
        said.contains("Verified. The certificate is trusted."),
        "{said}"
    );
    let mut print = Command::new("certtool");
    print.args(["--crl-info", "--infile"]).arg(list_pem);
    program::run(&mut print).ok().out
}

/// pkilint finds nothing at all in the list.
pub fn pkilint_list(list: &Path) {
    let options = ["lint", "-t", "CRL", "-p", "PKIX", "-s", "NOTICE"];
    let answer = lint("lint_crl", &options, list);
    let said = format!("{}{}", answer.out, answer.err);
    assert!(answer.status == Some(0) && said.trim().is_empty(), "{said}");
}

/// pkilint finds nothing at all in the OCSP answer, and would say so of something that is none.
pub fn pkilint_answer(answer: &Path, not_an_answer: &Path) {
    let look = |file| lint("lint_ocsp_response", &["lint", "-s", "NOTICE"], file);
    let said = look(answer);
    let text = format!("{}{}", said.out, said.err);
    assert!(said.status == Some(0) && text.trim().is_empty(), "{text}");
    assert_ne!(look(not_an_answer).status, Some(0), "it takes anything");
}

/// pkilint finds nothing in the certificate but that `localhost` is no name for the whole world.
pub fn pkilint_certificate(certificate: &Path) {
    let answer = lint("lint_pkix_cert", &["lint", "-s", "WARNING"], certificate);
    let worse = ["(WARNING)", "(ERROR)", "(FATAL)"];
    let findings = answer.out.lines();
    let findings = findings.filter(|line| worse.iter().any(|word| line.contains(word)));
    let (local, others): (Vec<&str>, Vec<&str>) =
        findings.partition(|line| line.contains("Invalid URI syntax: \"http://localhost:"));
    assert_eq!(
        local.len(),
        3,
        "it looked at all addresses:\n{}{}",
        answer.out,
        answer.err
    );
    assert!(others.is_empty(), "{others:?}");
}

fn lint(name: &str, arguments: &[&str], file: &Path) -> Answer {
    let place = root().join("target/pkilint/bin").join(name);
    let place = place.display();
    assert!(
        Path::new(&place.to_string()).exists(),
        "{place} is missing; tests/run installs it"
    );
    let mut command = Command::new(place.to_string());
    command.args(arguments).arg(file);
    program::run(&mut command)
}
