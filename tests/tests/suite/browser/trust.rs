//! What our browser harness promises: it trusts what its computer imported and nothing else.

use inkan_tests::authority::Authority;
use inkan_tests::browser::{Browser, Computer};
use inkan_tests::folder::Folder;
use inkan_tests::port;
use inkan_tests::process::Process;
use std::process::Command;

#[tokio::test]
async fn a_computer_trusts_the_roots_that_it_imported() {
    let folder = Folder::new("trust");
    let authority = Authority::new("試験ルート");
    let root = folder.write("root.pem", authority.pem());
    let [port] = port::free();
    let _site = foreign_site(&folder, &authority, port);
    let address = format!("https://localhost:{port}/");

    let stranger = Computer::new();
    let without = Browser::open(&stranger, "ja").await;
    without.visit(&address).await;
    without.shows(&["NET::ERR_CERT_AUTHORITY_INVALID"]).await;
    without.close().await;

    let computer = Computer::new();
    computer.trust(&root);
    let with = Browser::open(&computer, "ja").await;
    with.visit(&address).await;
    with.shows(&["Ciphers supported"]).await;
    assert_eq!(with.script("return navigator.language").await, "ja");
    with.close().await;
}

/// A site that is not ours.
fn foreign_site(folder: &Folder, authority: &Authority, port: u16) -> Process {
    let (certificate, key) = authority.server_certificate("localhost", folder.path());
    let mut command = Command::new("/usr/bin/openssl");
    command.args(["s_server", "-quiet", "-www", "-accept", &port.to_string()]);
    command.arg("-cert").arg(certificate).arg("-key").arg(key);
    let mut site = Process::start(&mut command, folder.join("site.log"));
    site.until_it_listens(port);
    site
}
