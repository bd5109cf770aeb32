//! A second root while programs run: taken up by itself, both told about, the first one retired.

use super::{openssl_says, sites_certificate, until};
use inkan_tests::database::Engine;
use inkan_tests::program::tool;
use inkan_tests::service::Service;
use std::path::PathBuf;

fn exported(service: &Service, generation: &str) -> PathBuf {
    let file = service.folder().join(&format!("root-{generation}.pem"));
    let path = file.display().to_string();
    service
        .cli(&[
            "ca",
            "export",
            "--pem",
            "--generation",
            generation,
            "--out",
            &path,
        ])
        .ok();
    file
}

#[test]
fn a_second_root_is_taken_up_by_running_programs_and_the_first_ends() {
    let service = Service::set_up(Engine::Sqlite);
    let site = service.start_site();
    let _worker = service.start_worker();
    let old_leaf = service.folder().join("old.crt");
    std::fs::copy(sites_certificate(&service), &old_leaf).expect("a copy");
    service.cli(&["ca", "rollover"]).ok();
    service
        .cli(&["ca", "rollover"])
        .refused(&["both active", "ca retire"]);
    service.cli(&["certificate", "issue-server"]).ok();
    let new_leaf = sites_certificate(&service);
    let (first, second) = (exported(&service, "1"), exported(&service, "2"));
    for (root, leaf) in [(&first, &old_leaf), (&second, &new_leaf)] {
        let (root_path, leaf_path) = (root.display().to_string(), leaf.display().to_string());
        tool(
            "openssl",
            ["verify", "-x509_strict", "-CAfile", &root_path, &leaf_path],
        )
        .ok();
        let said = until(": good", || openssl_says(&service, root, leaf, "-sha1"));
        assert!(said.contains("Response verify OK"), "{said}");
    }
    let thumbprints = service.cli(&["thumbprint"]).ok().out;
    assert_eq!(thumbprints.lines().count(), 2, "{thumbprints}");
    // The site's certificate comes from the new root now, and so does the visitor's trust.
    drop(site);
    let _site = service.start_site();
    let visitor = service.visitor();
    let top = visitor
        .open("/")
        .shows(&["これまでの認証局証明書", "認証局 G1"]);
    let older = visitor
        .open(&top.link("これまでの認証局証明書（電子請求受付センター 認証局 G1）のダウンロード"));
    assert_eq!(older.status, 200);
    assert_ne!(older.body, visitor.open("/ca.crt").body);
    assert_eq!(visitor.open("/ca/2.crt").body, visitor.open("/ca.crt").body);
    for bad in [
        "/ca/3.crt",
        "/ca/0.crt",
        "/ca/-1.crt",
        "/ca/1",
        "/ca/99999999999999999999.crt",
    ] {
        assert_eq!(visitor.open(bad).status, 404, "{bad}");
    }

    let retire = ["ca", "retire", "--generation", "1"];
    service.cli(&retire).refused(&["still valid", "--force"]);
    service.cli(&[&retire[..], &["--force"]].concat()).ok();
    service
        .cli(&["ca", "retire", "--generation", "2", "--force"])
        .refused(&["issues"]);
    until(": revoked", || {
        openssl_says(&service, &first, &old_leaf, "-sha1")
    });
    assert_eq!(visitor.open("/ca/1.crt").status, 404);
    assert_eq!(service.cli(&["thumbprint"]).ok().out.lines().count(), 1);
    let said = openssl_says(&service, &second, &new_leaf, "-sha256");
    assert!(said.contains(": good"), "{said}");
}
