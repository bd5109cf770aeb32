//! A module that hangs inside a call: what needs no key goes on, nobody loses a try, and it comes back by itself.

use inkan_tests::database::Engine;
use inkan_tests::process::until;
use inkan_tests::service::Service;
use inkan_tests::token::Token;

use super::away::pack_slowly;
use super::{until_issued, until_told, with_approved};

#[test]
fn a_module_that_hangs_in_a_signature_pauses_the_queue_and_nothing_is_lost() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let token = Token::that_can_hang();
        let more = "worker.jobs = 2\nauthority.signer_patience_seconds = 2";
        let mut service = Service::set_up_on(engine, &token, more);
        pack_slowly(&service);
        let _site = with_approved(&mut service, 8);
        let mut sql = service.database.connect();
        let mut worker = service.start_worker();
        worker.until("the first intents", || {
            (sql.count("intent WHERE purpose = 'client'") == 8).then_some(())
        });
        token.hang("C_Sign");
        let detail = until_told(&mut sql, "signer-away");
        for words in ["does not answer", "the network to it", "by itself"] {
            assert!(detail.contains(words), "{detail}");
        }
        let spent = sql.count("intent WHERE state = 'abandoned'");
        assert!(spent > 0, "it hung in mid-batch");
        let waits = sql.count("request WHERE state = 'approved' AND attempts = 0");
        assert_eq!(waits, spent, "what was not signed went back with its try");
        let (calls, logins) = (token.calls("C_SignInit"), token.calls("C_Login"));
        let site = "certificate WHERE purpose = 'server'";
        let site = sql.lines(&format!("SELECT serial AS line FROM {site}"));
        let revoke = ["certificate", "revoke", "--serial", &site[0]];
        let revoke = [&revoke[..], &["--reason", "superseded"]].concat();
        service.cli(&revoke).ok();
        worker.until_it_says("the last list stays; it is tried again");
        assert_eq!(token.calls("C_SignInit"), calls, "no call beside it");
        assert_eq!(token.calls("C_Login"), logins, "no PIN because of it");
        assert_eq!(sql.count("intent WHERE state = 'abandoned'"), spent);
        token.let_go("C_Sign");
        until_issued(&mut sql, 8);
        until_told(&mut sql, "working");
        assert_eq!(sql.count("intent WHERE state = 'abandoned'"), spent);
        assert_eq!(sql.count("intent WHERE purpose = 'client'"), 8 + spent);
        assert_eq!(sql.count("request WHERE attempts <> 1"), 0);
        assert_eq!(
            token.calls("C_Login"),
            logins + 1,
            "one session, begun anew"
        );
        until("a list with everything that was given up", || {
            let covered = "crl WHERE covered = (SELECT MAX(sequence) FROM revocation)";
            (sql.count(covered) > 0).then_some(())
        });
        assert!(worker.stop().success(), "{}", worker.said());
        service.cli(&["audit", "check"]).ok();
    }
}

#[test]
fn a_worker_whose_module_hangs_sends_mail_and_ends_when_it_is_told_to() {
    let token = Token::that_can_hang();
    let more = "authority.signer_patience_seconds = 1";
    let mut service = Service::set_up_on(Engine::Sqlite, &token, more);
    let _site = with_approved(&mut service, 2);
    service.work_once().ok();
    let mut sql = service.database.connect();
    for call in ["C_Initialize", "C_OpenSession", "C_Login"] {
        sql.run("UPDATE outbox SET state = 'waiting', next_try_at = 0");
        sql.run("DELETE FROM worker_status");
        token.hang(call);
        let mut worker = service.start_worker();
        let detail = until_told(&mut sql, "signer-away");
        assert!(detail.contains("does not answer"), "{call}: {detail}");
        worker.until("the mails", || {
            (sql.count("outbox WHERE state = 'sent'") == 2).then_some(())
        });
        assert!(worker.stop().success(), "{call}: {}", worker.said());
        token.let_go(call);
    }
    // One that hangs even when the program ends is left behind.
    token.hang("C_Initialize");
    token.hang("exit");
    sql.run("DELETE FROM worker_status");
    let mut worker = service.start_worker();
    until_told(&mut sql, "signer-away");
    worker.stop();
    assert!(
        worker.said().contains("ended by force"),
        "{}",
        worker.said()
    );
    token.let_go("C_Initialize");
    token.let_go("exit");
    service.work_once().ok();
}
