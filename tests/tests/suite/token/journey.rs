//! An office gets its certificate from a root whose key nobody can copy; lists and answers are signed by it.

use inkan_tests::database::Engine;
use inkan_tests::program::tool;
use inkan_tests::service::Service;
use inkan_tests::token::Token;

use super::with_approved;

#[test]
fn certificates_lists_and_answers_come_from_the_token() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let token = Token::new();
        // Two threads share the one session.
        let mut service = Service::set_up_on(engine, &token, "worker.jobs = 2");
        assert!(
            !service.folder().join("data/keys/ca.key").exists(),
            "no CA key outside the token"
        );
        let _site = with_approved(&mut service, 6);
        let logins = token.calls("C_Login");
        service.work_once().ok();
        assert_eq!(
            token.calls("C_Login"),
            logins + 1,
            "one login for all of it"
        );
        let mut sql = service.database.connect();
        assert_eq!(sql.count("request WHERE state = 'issued'"), 6);
        let root = service.root_file().display().to_string();
        strangers_verify(&service, &root);
        let site = service.folder().join("data/tls/server.crt");
        let said = ocsp(&service, &root, &site.display().to_string());
        assert!(
            said.contains("Response verify OK") && said.contains(": good"),
            "{said}"
        );
        service.cli(&["audit", "verify"]).ok();
    }
}

/// Every certificate that was issued, and the list, by OpenSSL.
fn strangers_verify(service: &Service, root: &str) {
    let hex = match service.database.url().starts_with("sqlite") {
        true => "hex(certificate_der)",
        false => "encode(certificate_der, 'hex')",
    };
    let query = format!("SELECT {hex} AS line FROM certificate WHERE purpose = 'client'");
    let certificates = service.database.connect().lines(&query);
    assert_eq!(certificates.len(), 6);
    for (number, der) in certificates.iter().enumerate() {
        let x509 = openssl::x509::X509::from_der(&bytes(der)).expect("a certificate");
        let file = format!("client-{number}.pem");
        let file = service.folder().write(&file, x509.to_pem().expect("PEM"));
        let file = file.display().to_string();
        tool(
            "/usr/bin/openssl",
            ["verify", "-x509_strict", "-CAfile", root, &file],
        )
        .ok();
    }
    let list = service
        .visitor()
        .open(&format!("{}/crl/1.crl", service.plain()));
    let list = service.folder().write("1.crl", &list.body);
    let list = list.display().to_string();
    let arguments = [
        "crl", "-inform", "DER", "-verify", "-noout", "-CAfile", root, "-in", &list,
    ];
    let said = tool("/usr/bin/openssl", arguments).ok();
    assert!(said.err.contains("verify OK"), "{}", said.err);
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16);
    digits
        .chunks(2)
        .map(|pair| byte(pair).expect("hex"))
        .collect()
}

fn ocsp(service: &Service, root: &str, certificate: &str) -> String {
    let url = format!("{}/ocsp", service.plain());
    let arguments = [
        "ocsp",
        "-issuer",
        root,
        "-CAfile",
        root,
        "-cert",
        certificate,
        "-url",
        &url,
        "-no_nonce",
    ];
    let answer = tool("openssl", arguments);
    format!("{}{}", answer.out, answer.err)
}
