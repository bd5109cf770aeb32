//! Logs as a machine reads them: each line is JSON and names the request, the worker, and what it works on.

use inkan_tests::database::Engine;
use inkan_tests::process::Process;
use inkan_tests::service::Service;
use serde_json::Value;

/// Every line of a log; one that is not JSON fails.
fn lines(process: &Process) -> Vec<Value> {
    let said = process.said();
    let read = |line: &str| -> Value {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    };
    said.lines().map(read).collect()
}

/// The value that the span of this name carries, innermost first.
fn in_span<'a>(line: &'a Value, span: &str, field: &str) -> Option<&'a str> {
    let spans = line["spans"].as_array()?;
    let found = spans.iter().rev().find(|one| one["name"] == span)?;
    found[field].as_str()
}

#[test]
fn the_reply_names_the_request_as_the_log_does() {
    let service = Service::set_up(Engine::Sqlite);
    let site = service.start_talkative("ca-api", "serving");
    let page = service.visitor().open("/service/login");
    let id = page.header("x-request-id");
    assert!(!id.is_empty(), "a name");
    let lines = lines(&site);
    let own: Vec<_> = lines
        .iter()
        .filter(|line| in_span(line, "visit", "id") == Some(id))
        .collect();
    let told = own.iter().any(|line| {
        let fields = &line["fields"];
        fields["path"] == "/service/login" && fields["status"] == 200
    });
    assert!(told, "{own:?}");
}

#[test]
fn the_worker_names_itself_and_the_request_in_hand() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let mut office = service.offices(1).pop().expect("an office");
    office.apply_first();
    service.operator("suzuki").approve_all();
    let mut sql = service.database.connect();
    // The seal is of another request: the worker says so and parks it.
    sql.run("UPDATE request SET subject = 'CN=KJ2799999999'");
    let mut worker = service.start_talkative("ca-worker", "the worker begins");
    worker.until("the request to be parked", || {
        (sql.count("request WHERE state = 'failed'") == 1).then_some(())
    });
    worker.until_it_says("failed by itself");
    let id = sql
        .lines("SELECT id AS line FROM request")
        .pop()
        .expect("one");
    let lines = lines(&worker);
    let told = lines
        .iter()
        .find(|line| line["fields"]["request"] == id.as_str());
    let told = told.unwrap_or_else(|| panic!("a line about {id}: {lines:?}"));
    let name = in_span(told, "worker", "id").expect("the worker's name");
    let known = sql.lines("SELECT worker AS line FROM worker_status");
    assert!(
        known.contains(&name.to_owned()),
        "{name} is not in {known:?}"
    );
}

#[test]
fn a_visitor_has_an_address_in_the_log_and_a_refused_one_in_the_audit() {
    let mut service = Service::set_up(Engine::Sqlite);
    let site = service.start_talkative("ca-api", "serving");
    let office = service.office("KJ2700000001");
    let form = office.visitor.open("/service/login").form("ログイン");
    let page = form
        .fill("ユーザＩＤ", "KJ2700000001")
        .fill("パスワード", "wrong-Password-1")
        .send(&office.visitor);
    let id = page.header("x-request-id").to_owned();
    let told = lines(&site).into_iter().find(|line| {
        in_span(line, "visit", "id") == Some(&id) && line["fields"]["path"] == "/service/login"
    });
    let told = told.expect("a line about the request");
    assert_eq!(told["fields"]["from"], "127.0.0.1", "{told}");
    let mut sql = service.database.connect();
    let detail = sql.lines("SELECT detail AS line FROM audit WHERE act = 'login.refuse'");
    let detail: Value = serde_json::from_str(&detail[0]).expect("JSON");
    assert_eq!(detail["source"], "127.0.0.1");
    service.cli(&["audit", "verify"]).ok();
}
