//! The token is pulled: the queue waits, nobody loses a try, everything goes on when it is back.

use inkan_tests::database::Engine;
use inkan_tests::process::until;
use inkan_tests::service::Service;
use inkan_tests::token::Token;

use super::{until_issued, until_told, with_approved};

#[test]
fn a_token_that_goes_in_mid_batch_pauses_the_queue_and_nothing_is_lost() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let token = Token::new();
        let mut service = Service::set_up_on(engine, &token, "worker.jobs = 1");
        pack_slowly(&service);
        let _site = with_approved(&mut service, 8);
        let mut sql = service.database.connect();
        let mut worker = service.start_worker();
        worker.until("the first intents", || {
            (sql.count("intent WHERE purpose = 'client'") == 8).then_some(())
        });
        let signed = token.calls("C_SignInit");
        worker.until("a signature of the batch", || {
            (token.calls("C_SignInit") > signed).then_some(())
        });
        token.take_away();
        let detail = until_told(&mut sql, "signer-away");
        assert!(detail.contains("by itself when it is back"), "{detail}");
        let spent = sql.count("intent WHERE state = 'abandoned'");
        assert!(spent > 0, "it went in mid-batch");
        assert_eq!(sql.count("request WHERE attempts > 1"), 0);
        assert_eq!(
            sql.count("request WHERE state = 'approved' AND attempts > 0"),
            0
        );
        let (asked, logins) = (token.calls("C_Initialize"), token.calls("C_Login"));
        worker.until("another look for the token", || {
            (token.calls("C_Initialize") > asked + 1).then_some(())
        });
        assert_eq!(
            token.calls("C_Login"),
            logins,
            "no PIN for a token that is away"
        );
        assert_eq!(
            sql.count("intent WHERE state = 'abandoned'"),
            spent,
            "while it is away nothing is begun"
        );
        token.bring_back();
        until_issued(&mut sql, 8);
        until_told(&mut sql, "working");
        assert_eq!(sql.count("intent WHERE purpose = 'client'"), 8 + spent);
        assert_eq!(
            sql.count("request WHERE attempts <> 1"),
            0,
            "nobody lost a try"
        );
        assert!(worker.stop().success(), "{}", worker.said());
        service.cli(&["audit", "verify"]).ok();
    }
}

/// Packing takes its time, so that the batch lasts while the token goes.
pub(super) fn pack_slowly(service: &Service) {
    let file = service.folder().join("inkan.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration");
    let slow = text.replace("iterations = 10000\n", "iterations = 600000\n");
    assert_ne!(slow, text);
    service.folder().write("inkan.toml", slow);
}

#[test]
fn a_worker_starts_without_its_token_and_people_are_told() {
    let token = Token::new();
    let mut service = Service::set_up_on(Engine::Sqlite, &token, "");
    let site = service.start_site();
    let mut office = service.office("KJ2700000001");
    office.apply_first();
    service.operator("suzuki").approve_all();
    token.take_away();
    let mut worker = service.start_worker();
    let mut sql = service.database.connect();
    until_told(&mut sql, "signer-away");
    let console = service.again("suzuki").signed_in().open("/console");
    console.shows(&["署名装置に接続できません"]);
    let mine = || office.visitor.open("/service/certificates");
    mine().shows(&["一時停止", "順番はそのまま"]);
    assert!(worker.ended().is_none(), "{}", worker.said());
    assert_eq!(
        sql.count("intent WHERE purpose = 'client'"),
        0,
        "nothing is begun"
    );
    token.bring_back();
    until_issued(&mut sql, 1);
    let page = until("the delay to be over", || {
        let text = mine().text();
        (!text.contains("一時停止")).then_some(text)
    });
    assert!(page.contains("ダウンロード"), "{page}");
    assert!(worker.stop().success(), "{}", worker.said());
    drop(site);
}

#[test]
fn what_needs_no_key_goes_on_and_a_single_run_says_what_is_missing() {
    let token = Token::new();
    let mut service = Service::set_up_on(Engine::Sqlite, &token, "");
    let _site = with_approved(&mut service, 2);
    service.work_once().ok();
    let mut sql = service.database.connect();
    sql.run("UPDATE outbox SET state = 'waiting', next_try_at = 0");
    token.take_away();
    let answer = service.work_once();
    assert_eq!(answer.status, Some(1), "{}", answer.err);
    assert!(
        answer.err.contains("the CA key cannot be used"),
        "{}",
        answer.err
    );
    assert_eq!(sql.count("outbox WHERE state = 'sent'"), 2, "mail goes on");
    service
        .cli(&["certificate", "issue-server"])
        .refused(&["the CA key cannot be used"]);
    assert_eq!(
        sql.count("intent WHERE state = 'intended'"),
        0,
        "no serial is spent"
    );
    token.bring_back();
    service.cli(&["certificate", "issue-server"]).ok();
    service.work_once().ok();
}
