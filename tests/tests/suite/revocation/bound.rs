//! How far a revocation reaches and how soon: the portal at once, list and OCSP with the worker's next look.

use inkan_tests::database::Engine;
use inkan_tests::process::until;
use inkan_tests::program::tool;
use inkan_tests::service::Service;
use openssl::x509::X509Crl;

#[test]
fn the_portal_refuses_at_once_and_list_and_answer_follow_with_the_workers_next_look() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut service = Service::set_up(engine);
        let _site = service.start_site();
        let member = service.member();
        let _worker = service.start_worker();
        let file = member.pem_file(&service).display().to_string();
        let root = service.root_file().display().to_string();
        let url = format!("{}/ocsp", service.plain());
        let ask = || {
            let question = ["ocsp", "-issuer", &root, "-CAfile", &root, "-no_nonce"];
            let about = ["-cert", &file, "-url", &url];
            let answer = tool("openssl", [question.as_slice(), &about].concat());
            format!("{}{}", answer.out, answer.err)
        };
        let is_listed = || {
            let list = service
                .visitor()
                .open(&format!("{}/crl/1.crl", service.plain()));
            let list = X509Crl::from_der(&list.body).ok()?;
            let serial = member.serial();
            let mut entries = list.get_revoked().into_iter().flatten();
            Some(entries.any(|entry| {
                let number = entry.serial_number().to_bn().expect("a number");
                number
                    .to_hex_str()
                    .expect("hex")
                    .eq_ignore_ascii_case(&serial)
            }))
        };
        until("a good answer", || ask().contains(": good").then_some(()));
        until("a list", is_listed);
        assert_eq!(is_listed(), Some(false));
        let inside = member.signed_in();

        let serial = member.serial();
        let order = ["certificate", "revoke", "--serial", &serial];
        service
            .cli(&[order.as_slice(), &["--reason", "keyCompromise"]].concat())
            .ok();
        // The very next request, on the connection that was open.
        let refused = inside.open("/portal");
        assert!(
            refused.status == 403 && refused.text().contains("失効しています"),
            "{}",
            refused.text()
        );
        until("the list", || is_listed()?.then_some(()));
        until("the answer", || ask().contains(": revoked").then_some(()));
    }
}
