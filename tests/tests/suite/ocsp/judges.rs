//! OpenSSL, GnuTLS and Java take the answers; pkilint finds nothing in them.

use super::{ANSWER, openssl_says, revoke, serial_of, sites_certificate};
use crate::revocation::judge::pkilint_answer;
use inkan_tests::database::Engine;
use inkan_tests::program::{Answer, tool};
use inkan_tests::repository::root as repository;
use inkan_tests::service::Service;

fn gnutls(service: &Service) -> Answer {
    let url = format!("{}/ocsp", service.plain());
    let root = service.root_file().display().to_string();
    let leaf = sites_certificate(service).display().to_string();
    tool(
        "ocsptool",
        [
            &format!("--ask={url}"),
            "--load-cert",
            &leaf,
            "--load-issuer",
            &root,
            "--no-nonce",
        ],
    )
}

fn java(service: &Service) -> String {
    let source = repository().join("tests/tests/suite/ocsp/Judge.java");
    let (root, leaf) = (service.root_file(), sites_certificate(service));
    let answer = tool("java", [source, root, leaf]);
    answer.ok().out
}

#[test]
fn strangers_take_good_and_revoked() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let service = Service::set_up(engine);
        let _site = service.start_site();
        let (root, leaf) = (service.root_file(), sites_certificate(&service));
        let early = openssl_says(&service, &root, &leaf, "-sha1");
        assert!(early.contains("trylater"), "nothing is signed yet: {early}");
        service.work_once().ok();
        for digest in ["-sha1", "-sha256"] {
            let said = openssl_says(&service, &root, &leaf, digest);
            assert!(
                said.contains("Response verify OK") && said.contains(": good"),
                "{said}"
            );
        }
        let answer = service.folder().join(ANSWER);
        pkilint_answer(&answer, &leaf);
        let said = gnutls(&service).ok();
        assert!(
            said.out.contains("Certificate Status: good"),
            "{}{}",
            said.out,
            said.err
        );
        assert!(said.out.contains("Success"), "{}{}", said.out, said.err);
        assert_eq!(java(&service).trim(), "good");

        revoke(&service, serial_of(&leaf));
        service.work_once().ok();
        for digest in ["-sha1", "-sha256"] {
            let said = super::until(": revoked", || openssl_says(&service, &root, &leaf, digest));
            assert!(
                said.contains("Response verify OK") && said.contains("keyCompromise"),
                "{said}"
            );
        }
        pkilint_answer(&answer, &leaf);
        let said = gnutls(&service);
        assert!(
            said.out.contains("Certificate Status: revoked"),
            "{}{}",
            said.out,
            said.err
        );
        assert_eq!(java(&service).trim(), "REVOKED");
    }
}

#[test]
fn a_serial_that_was_never_ours_is_unauthorized_and_rubbish_is_refused() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    service.work_once().ok();
    let root = service.root_file();
    let said = openssl_says(&service, &root, &root, "-sha1");
    assert!(said.contains("unauthorized"), "{said}");
    let visitor = service.visitor();
    for path in ["/ocsp/", "/ocsp/%00", "/ocsp/..%2f..", "/ocsp?x=1"] {
        let status = visitor.open(&format!("{}{path}", service.plain())).status;
        assert!((400..500).contains(&status), "{path}: {status}");
    }
}
