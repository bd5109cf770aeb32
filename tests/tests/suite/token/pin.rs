//! A wrong PIN is given once: a program that tried again and again would lock the token.

use inkan_tests::database::Engine;
use inkan_tests::service::Service;
use inkan_tests::token::{PIN, Token};

use super::{until_issued, until_told, with_approved};

/// Nothing else in a log looks like it.
const WRONG: &str = "wrong-4711";

#[test]
fn a_wrong_pin_is_given_once_and_the_right_one_taken_up() {
    let token = Token::new();
    let mut service = Service::set_up_on(Engine::Sqlite, &token, "worker.jobs = 2");
    let _site = with_approved(&mut service, 3);
    token.write_pin(WRONG);
    let logins = token.calls("C_Login");
    let mut worker = service.start_worker();
    let mut sql = service.database.connect();
    let detail = until_told(&mut sql, "signer-away");
    assert!(detail.contains("refused the PIN"), "{detail}");
    // Signing, lists and answers have all looked for the token again, more than once.
    let looks = token.calls("C_Initialize");
    worker.until("three more looks", || {
        (token.calls("C_Initialize") >= looks + 3).then_some(())
    });
    assert_eq!(token.calls("C_Login"), logins + 1, "given once");
    assert!(token.slots().contains("PIN count low"), "{}", token.slots());
    assert_eq!(
        sql.count("intent WHERE purpose = 'client'"),
        0,
        "nothing is begun"
    );
    token.write_pin(PIN);
    until_issued(&mut sql, 3);
    assert_eq!(
        token.calls("C_Login"),
        logins + 2,
        "one try more, the right one"
    );
    assert!(
        !token.slots().contains("PIN count low"),
        "{}",
        token.slots()
    );
    let said = worker.said();
    assert!(
        !said.contains(PIN) && !said.contains(WRONG),
        "a PIN in the log:\n{said}"
    );
    assert!(worker.stop().success(), "{}", worker.said());
}
