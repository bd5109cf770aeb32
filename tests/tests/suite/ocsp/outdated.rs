//! Responses that ran out: nobody gets one, and the log is not filled by those who ask.

use super::{openssl_says, sites_certificate, until};
use inkan_tests::database::Engine;
use inkan_tests::service::Service;

#[test]
fn an_outdated_response_is_logged_once_however_often_it_is_asked_for() {
    let service = Service::set_up(Engine::Sqlite);
    service.work_once().ok();
    service
        .database
        .connect()
        .run("UPDATE ocsp_answer SET next_update = 1");
    let site = service.start_site();
    let (root, leaf) = (service.root_file(), sites_certificate(&service));
    for _ in 0..10 {
        until("trylater", || openssl_says(&service, &root, &leaf, "-sha1"));
    }
    let said = site.said();
    assert_eq!(
        said.matches("an OCSP response ran out").count(),
        1,
        "{said}"
    );
}
