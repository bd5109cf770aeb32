//! A running worker follows a revocation by itself.

use super::{openssl_says, revoke, serial_of, sites_certificate, until};
use inkan_tests::database::Engine;
use inkan_tests::service::Service;

#[test]
fn good_becomes_revoked_within_the_workers_poll() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let _worker = service.start_worker();
    let (root, leaf) = (service.root_file(), sites_certificate(&service));
    let ask = || openssl_says(&service, &root, &leaf, "-sha256");
    until(": good", ask);
    revoke(&service, serial_of(&leaf));
    until(": revoked", ask);
    let said = ask();
    assert!(said.contains(": revoked"), "and stays so: {said}");
}
