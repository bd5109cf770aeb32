//! The list over http: there from the start, new within the worker's poll, judged by OpenSSL, GnuTLS and pkilint.

use std::path::PathBuf;

use inkan_tests::database::Engine;
use inkan_tests::page::Page;
use inkan_tests::process::Process;
use inkan_tests::service::Service;

use super::judge::{
    gnutls_reads, openssl_reads, openssl_verify, pkilint_certificate, pkilint_list,
};

/// The serial of the one certificate of that profile, and a file with it.
fn certificate(service: &Service, profile: &str) -> (String, PathBuf) {
    let listed = service.cli(&["certificate", "list", "--json"]).ok().out;
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let rows = listed.as_array().expect("a list").iter();
    let mut of_profile = rows.filter(|row| row["purpose"] == profile);
    let serial = of_profile.next().expect("a certificate")["serial"].as_str();
    let serial = serial.expect("a serial").to_owned();
    let file = service.folder().join(&format!("{serial}.pem"));
    let path = file.display().to_string();
    service
        .cli(&["certificate", "show", &serial, "--pem", &path])
        .ok();
    (serial, file)
}

fn fetch(service: &Service) -> Page {
    service
        .visitor()
        .open(&format!("{}/crl/1.crl", service.plain()))
}

/// The list, once it is another than the one with that tag.
fn fetch_after(service: &Service, worker: &mut Process, tag: &str) -> Page {
    worker.until("a new list", || {
        let page = fetch(service);
        (page.status == 200 && page.header("etag") != tag).then_some(page)
    })
}

/// The status of a request under that condition.
fn asked(service: &Service, header: &str, value: &str) -> u16 {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build();
    let request = ureq::Agent::from(agent).get(format!("{}/crl/1.crl", service.plain()));
    request
        .header(header, value)
        .call()
        .expect("an answer")
        .status()
        .as_u16()
}

#[test]
fn a_revoked_certificate_is_on_the_list_within_the_poll_and_every_judge_agrees() {
    let service = Service::set_up(Engine::Sqlite);
    let operator = service.operator("suzuki");
    let _site = service.start_site();
    assert_eq!(fetch(&service).status, 404, "no worker has run yet");
    let mut worker = service.start_worker();
    let first = fetch_after(&service, &mut worker, "");
    assert_eq!(first.header("content-type"), "application/pkix-crl");
    assert_eq!(first.header("cache-control"), "public, max-age=60");
    let (serial, file) = certificate(&service, "operator");
    let root = service.root_file();
    let [der, pem] = ["list.crl", "list.pem"].map(|name| service.folder().join(name));
    std::fs::write(&der, &first.body).expect("a file");
    openssl_reads(&root, &der, &pem);
    openssl_verify(&root, &pem, &file).ok();
    gnutls_reads(&root, &pem);
    pkilint_list(&der);
    pkilint_certificate(&file);

    let order = [
        "certificate",
        "revoke",
        "--serial",
        &serial,
        "--reason",
        "keyCompromise",
    ];
    let seen = service.cli(&[&order[..], &["--dry-run"]].concat()).ok().out;
    assert!(
        seen.contains("would be revoked") && seen.contains(&serial),
        "{seen}"
    );
    operator.signed_in();
    service.cli(&order).ok();
    let door = operator.visitor().open("/console/login");
    assert_eq!(door.status, 403);
    assert!(door.text().contains("失効"), "{}", door.text());
    service.cli(&order).refused(&["no certificate was found"]);
    let tag = first.header("etag").to_owned();
    let second = fetch_after(&service, &mut worker, &tag);
    std::fs::write(&der, &second.body).expect("a file");
    let printed = openssl_reads(&root, &der, &pem);
    assert!(printed.contains(&serial.to_uppercase()), "{printed}");
    assert!(printed.contains("Key Compromise") && !printed.contains("Issuing Distrib"));
    openssl_verify(&root, &pem, &file).refused(&["certificate revoked"]);
    assert!(gnutls_reads(&root, &pem).contains(&serial));
    pkilint_list(&der);

    let tag = second.header("etag").to_owned();
    let modified = second.header("last-modified").to_owned();
    assert_eq!(asked(&service, "if-none-match", &tag), 304);
    assert_eq!(
        asked(&service, "if-none-match", &format!("\"x\", W/{tag}")),
        304
    );
    assert_eq!(asked(&service, "if-none-match", first.header("etag")), 200);
    assert_eq!(asked(&service, "if-modified-since", &modified), 304);
    assert_eq!(
        asked(
            &service,
            "if-modified-since",
            "Thu, 01 Jan 1970 00:00:00 GMT"
        ),
        200
    );
    assert_eq!(asked(&service, "if-none-match", "nonsense"), 200);
    for nothing in ["2.crl", "x.crl", "1", "01.crl", "..%2f1.crl"] {
        let address = format!("{}/crl/{nothing}", service.plain());
        assert_eq!(service.visitor().open(&address).status, 404, "{nothing}");
    }
    let shown = service
        .cli(&["crl", "show", "--entries", "--json"])
        .ok()
        .out;
    assert!(
        shown.contains(&serial) && shown.contains("keyCompromise"),
        "{shown}"
    );
}

#[test]
fn a_suspended_certificate_leaves_the_list_when_it_is_released() {
    let service = Service::set_up(Engine::Postgres);
    service.operator("suzuki");
    let (serial, _) = certificate(&service, "operator");
    let listed = || {
        service
            .cli(&["crl", "show", "--entries"])
            .ok()
            .out
            .contains(&serial)
    };
    service
        .cli(&["certificate", "hold", "--serial", &serial])
        .ok();
    service.cli(&["crl", "publish"]).ok();
    assert!(listed());
    service
        .cli(&["certificate", "release", "--profile", "operator"])
        .ok();
    service.work_once().ok();
    assert!(!listed());
}

#[test]
fn what_is_typed_wrong_revokes_nothing_and_says_what_to_type() {
    let service = Service::set_up(Engine::Sqlite);
    let why = ["--reason", "superseded"];
    let revoke = |more: &[&str]| {
        let all = [&["certificate", "revoke"], more, &why].concat();
        service.cli(&all)
    };
    revoke(&[]).refused(&["--serial"]);
    revoke(&["--serial", "xyz"]).refused(&["certificate list"]);
    revoke(&["--user-id", "KJ2700000009"]).refused(&["no account KJ2700000009"]);
    revoke(&["--from", "yesterday"]).refused(&["2026-11-25T09:00:00+09:00"]);
    revoke(&["--profile", "clint"]).refused(&["clint"]);
    service
        .cli(&[
            "certificate",
            "revoke",
            "--profile",
            "server",
            "--reason",
            "removeFromCRL",
        ])
        .refused(&["keyCompromise"]);
    service
        .cli(&["crl", "show"])
        .refused(&["ca-cli crl publish"]);
    let mut sql = service.database.connect();
    assert_eq!(sql.count("revocation"), 0);
}
