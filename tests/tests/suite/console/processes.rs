//! Offices and operators served by processes of their own: the one that offices reach holds no key of approvals.

use std::os::unix::fs::PermissionsExt;

use inkan_tests::database::Engine;
use inkan_tests::service::Service;

#[test]
fn offices_without_the_approval_key_and_operators_with_it_work_on_one_queue() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut service = Service::set_up(engine);
        let key = service.folder().join("data/keys/approval.key");
        let elsewhere = service.folder().join("operators-approval.key");
        std::fs::rename(&key, &elsewhere).expect("the key moves");
        let with_key = format!("console.approval_key_file = \"{}\"", elsewhere.display());

        let offices = service.start_part("offices", &["console"], "");
        assert!(offices.said().contains("console=off"), "{}", offices.said());
        let operators = service.start_part("operators", &["http", "https", "portal"], &with_key);
        assert!(
            operators.said().contains("https=off"),
            "{}",
            operators.said()
        );

        service.office("KJ2700000001").apply_first();
        service
            .operator("suzuki")
            .approve_all()
            .shows(&["承認しました"]);
        service.configure(&with_key);
        service.work_once().ok();
        let mut sql = service.database.connect();
        assert_eq!(sql.count("certificate WHERE purpose = 'client'"), 1);
    }
}

#[test]
fn a_console_without_its_key_does_not_start_and_says_why() {
    let service = Service::set_up(Engine::Sqlite);
    let key = service.folder().join("data/keys/approval.key");
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&key, open).expect("the key's mode");
    let refused = |what: &str| {
        for answer in [service.serve_to_the_end(), service.work_once()] {
            answer.refused(&["approval.key", what]);
        }
    };
    refused("chmod 600");
    std::fs::write(&key, "not a key\n").expect("the key's content");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("its mode");
    refused("64 hexadecimal");
    std::fs::remove_file(&key).expect("the key goes");
    refused("ca-cli operator approval-key");

    service.cli(&["operator", "approval-key"]).ok();
    let made = std::fs::read_to_string(&key).expect("a new key");
    assert_eq!(made.trim_end().len(), 64);
    service
        .cli(&["operator", "approval-key"])
        .refused(&["not overwritten"]);
    assert_eq!(std::fs::read_to_string(&key).expect("the key"), made);
}

#[test]
fn approvals_under_an_older_key_are_asked_for_again() {
    let mut service = Service::set_up(Engine::Sqlite);
    let site = service.start_site();
    service.office("KJ2700000001").apply_first();
    let suzuki = service.operator("suzuki");
    suzuki.approve_all();
    drop(site);
    std::fs::remove_file(service.folder().join("data/keys/approval.key")).expect("the old key");
    service.cli(&["operator", "approval-key"]).ok();
    let answer = service.work_once();
    assert!(answer.err.contains("alarm"), "{}", answer.err);

    let _site = service.start_site();
    let visitor = suzuki.signed_in();
    let mut sql = service.database.connect();
    let id = sql.lines("SELECT id AS line FROM request").remove(0);
    visitor
        .open(&format!("/console/requests/{id}"))
        .form("やり直す")
        .send(&visitor)
        .shows(&["承認待ちに戻しました"]);
    suzuki.approve_all().shows(&["承認しました"]);
    service.work_once().ok();
    assert_eq!(sql.count("certificate WHERE purpose = 'client'"), 1);
}
