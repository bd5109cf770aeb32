//! A root's key that a worker lacks: the other root goes on, people are told, and the key is taken up when it comes.

use inkan_tests::database::{Engine, Sql};
use inkan_tests::port;
use inkan_tests::process::{Process, until};
use inkan_tests::program;
use inkan_tests::service::Service;
use inkan_tests::token::Token;

/// The line of the log.
const ALARM: &str = "alarm: a root's key cannot be used here";
/// The line of the console.
const TROUBLE: &str = "署名係に第 2 世代の認証局の鍵がありません";
/// The sample of the metric.
const SAMPLE: &str = "inkan_workers_without_key{generation=\"2\"}";

/// A service with two roots, a site that is measured and a worker that was started twice with the first key alone.
struct Lacking {
    service: Service,
    sql: Sql,
    _site: Process,
    worker: Process,
    port: u16,
}

impl Lacking {
    /// `hide` takes the second key away.
    fn new(set_up: impl FnOnce(&str) -> Service, hide: impl FnOnce(&Service)) -> Self {
        let [port] = port::free::<1>();
        let service = set_up(&format!("listen.metrics = \"127.0.0.1:{port}\""));
        let mut site = service.start_site();
        site.until_it_listens(port);
        service.operator("suzuki");
        hide(&service);
        let mut first = service.start_worker();
        first.until_it_says(ALARM);
        assert!(first.stop().success(), "{}", first.said());
        let worker = service.start_worker();
        Self {
            sql: service.database.connect(),
            service,
            _site: site,
            worker,
            port,
        }
    }

    /// An office applies, is approved and gets its certificate from the root of that generation.
    fn issues_from(&mut self, generation: i64, user_id: &str) {
        let mut office = self.service.office(user_id);
        office.apply_first();
        self.service.again("suzuki").approve_all();
        let account = format!("(SELECT id FROM account WHERE user_id = '{user_id}')");
        let issued =
            format!("certificate WHERE generation = {generation} AND account_id = {account}");
        let sql = &mut self.sql;
        self.worker
            .until(&issued, || (sql.count(&issued) == 1).then_some(()));
        let page = office.visitor.open("/service/certificates");
        page.shows(&["ダウンロード"]);
    }

    /// People see everywhere that the second key is missing, and where it was looked for.
    fn is_told(&mut self, place: &str) {
        let sql = &mut self.sql;
        let told = format!("worker_status WHERE missing_keys LIKE '%{place}%'");
        self.worker
            .until(&told, || (sql.count(&told) == 1).then_some(()));
        assert_eq!(self.service.measured(self.port)[SAMPLE], 1.0);
        let console = self.service.again("suzuki").signed_in().open("/console");
        console.shows(&[TROUBLE, place]);
        let shown = self.service.cli(&["ca", "show"]).ok().out;
        assert!(
            shown.contains("missing key") && shown.contains(place),
            "{shown}"
        );
        let issue = ["certificate", "issue-server"];
        self.service.cli(&issue).refused(&["generation 2", place]);
        let mut check = program::command("ca-worker");
        check.arg("--config");
        check.arg(self.service.folder().join("inkan.toml"));
        check.envs(self.service.environment());
        check.env("INKAN__DATABASE__URL", self.service.url_for("worker"));
        let said = program::run(check.arg("--check-config")).refused(&[ALARM, place]);
        assert!(!said.err.contains("ca init"), "{}", said.err);
    }

    /// The second root signs its list, which waited for the key.
    fn is_taken_up(&mut self) {
        let sql = &mut self.sql;
        assert_eq!(sql.count("crl WHERE generation = 1 AND number = 1"), 1);
        self.worker.until("the second root's list", || {
            (sql.count("crl WHERE generation = 2") > 0).then_some(())
        });
        self.worker.until_it_says("this fault is over: alarm");
        let sample = || self.service.measured(self.port)[SAMPLE];
        until("the metric", || (sample() == 0.0).then_some(()));
        let console = self.service.again("suzuki").signed_in().open("/console");
        assert!(!console.text().contains(TROUBLE), "{}", console.text());
        let shown = self.service.cli(&["ca", "show"]).ok().out;
        assert!(!shown.contains("missing key"), "{shown}");
    }

    fn ends_well(mut self) {
        assert!(self.worker.stop().success(), "{}", self.worker.said());
        self.service.cli(&["audit", "verify"]).ok();
        self.service.cli(&["audit", "check"]).ok();
    }
}

#[test]
fn a_worker_with_the_old_key_file_alone_issues_from_the_old_root_until_the_new_key_comes() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let rolled_over = |more: &str| Service::set_up_with(engine, more);
        let mut lacking = Lacking::new(rolled_over, |service| {
            service.cli(&["ca", "rollover"]).ok();
            let key = service.folder().join("data/keys/ca-2.key");
            std::fs::rename(&key, service.folder().join("elsewhere")).expect("a key file");
        });
        lacking.issues_from(1, "KJ2700000001");
        let key = lacking.service.folder().join("data/keys/ca-2.key");
        lacking.is_told(&key.display().to_string());
        assert_eq!(lacking.sql.count("crl WHERE generation = 2"), 0);
        // A copy is not whole at once.
        let copy = std::fs::read(lacking.service.folder().join("elsewhere")).expect("a copy");
        ca_core::private_file::create(&key, &copy[..100], 0o600).expect("a half");
        lacking.is_told("damaged");
        ca_core::private_file::replace(&key, &copy, 0o600).expect("the whole");
        lacking.is_taken_up();
        lacking.issues_from(2, "KJ2700000002");
        lacking.ends_well();
    }
}

#[test]
fn a_token_with_the_old_key_alone_signs_for_the_old_root_until_the_new_key_is_on_it() {
    let token = Token::new();
    let on_token = |more: &str| Service::set_up_on(Engine::Sqlite, &token, more);
    let mut lacking = Lacking::new(on_token, |service| {
        token.keep("old");
        service.cli(&["ca", "rollover"]).ok();
        token.keep("new");
        token.exchange("old");
    });
    lacking.issues_from(1, "KJ2700000001");
    lacking.is_told("inkan-root-2");
    let said = lacking.worker.said();
    assert_eq!(said.matches(ALARM).count(), 1, "{said}");
    token.exchange("new");
    lacking.is_taken_up();
    lacking.issues_from(2, "KJ2700000002");
    lacking.ends_well();
}

#[test]
fn without_any_key_a_worker_says_which_are_missing_where() {
    let service = Service::set_up(Engine::Sqlite);
    service.cli(&["ca", "rollover"]).ok();
    for name in ["ca.key", "ca-2.key"] {
        let key = service.folder().join("data/keys").join(name);
        std::fs::rename(&key, key.with_extension("away")).expect("a key file");
    }
    let answer = service.work_once();
    assert_eq!(answer.status, Some(1), "{answer:?}");
    for part in [
        "generation 1",
        "data/keys/ca.key",
        "generation 2",
        "data/keys/ca-2.key",
    ] {
        assert!(answer.err.contains(part), "{part}: {}", answer.err);
    }
    assert!(!answer.err.contains("ca init"), "{}", answer.err);
}
