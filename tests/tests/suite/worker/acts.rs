//! The site and the command line end at once over a decision, as by a power cut: the decision was made, or it was not,
//! and whoever made it tries again.

use ca_worker::run::run_once;
use ca_worker::worker::Worker;
use inkan_tests::database::{Engine, Sql};
use inkan_tests::desk::Desk;
use inkan_tests::operator::Operator;
use inkan_tests::program;
use inkan_tests::service::Service;

/// A service, its desk, and an operator who comes by the console.
struct Place {
    service: Service,
    desk: Desk,
    well: Worker,
    suzuki: Operator,
    sql: Sql,
    is_after: bool,
}

impl Place {
    fn new(engine: Engine, side: &str) -> Self {
        let service = Service::set_up(engine);
        let well = service.worker_in_this_process();
        let desk = Desk::beside(&well);
        Self {
            suzuki: service.operator("suzuki"),
            sql: service.database.connect(),
            is_after: side == "after",
            service,
            desk,
            well,
        }
    }

    /// Runs `act` before a site that ends at `step`, then, if nothing was stored, before one that is well.
    fn site_dies<T>(&mut self, step: &str, done: &str, act: impl Fn(&Operator) -> T) {
        let side = if self.is_after { "after" } else { "before" };
        let points = format!("{step}.{side}=1*return(abort)");
        let site = self.service.start_failing_site(&points);
        let visit = std::panic::AssertUnwindSafe(|| act(&self.suzuki));
        let answered = std::panic::catch_unwind(visit).is_ok();
        assert!(!answered, "{points}: the site should have died");
        drop(site);
        assert_eq!(self.sql.count(done), i64::from(self.is_after), "{points}");
        if !self.is_after {
            let _site = self.service.start_site();
            act(&self.suzuki);
        }
        assert_eq!(self.sql.count(done), 1, "{points}");
    }

    /// The same with a command.
    fn command_dies(&mut self, step: &str, done: &str, words: &[&str]) {
        let side = if self.is_after { "after" } else { "before" };
        let points = format!("{step}.{side}=1*return(abort)");
        let mut command = self.service.command(words);
        let answer = program::run(command.env("FAILPOINTS", &points));
        assert_eq!(answer.status, None, "{points}: {answer:?}");
        assert_eq!(self.sql.count(done), i64::from(self.is_after), "{points}");
        if !self.is_after {
            self.service.cli(words).ok();
        }
        assert_eq!(self.sql.count(done), 1, "{points}");
    }
}

fn every_act(engine: Engine, side: &str) {
    let mut place = Place::new(engine, side);
    let desk = &place.desk;
    let refused = desk.session(&desk.office(2_700_000_001));
    desk.submit(&refused).expect("a request");
    place.site_dies("reject", "request WHERE state = 'rejected'", |suzuki| {
        suzuki.reject_all("住所が違います")
    });
    assert_eq!(place.sql.count("audit WHERE act = 'request.reject'"), 1);

    let lost = place.desk.office(2_700_000_002);
    place.desk.lost_letter(&lost);
    place.site_dies("reissue", "reissue WHERE state = 'accepted'", |suzuki| {
        let desk = suzuki.signed_in();
        let list = desk.open("/console/reissues");
        let page = desk.open(&list.link("2700"));
        let form = page.form("承認して失効させる");
        form.fill("確認の方法", "電話で確認").send(&desk)
    });
    assert_eq!(place.sql.count("audit WHERE act = 'reissue.accept'"), 1);

    place.desk.approved(2_700_000_003);
    while !run_once(&place.well).may_rest() {}
    let query = "SELECT serial AS line FROM certificate WHERE purpose = 'client'";
    let serial = place.sql.lines(query).remove(0);
    let order = ["certificate", "revoke", "--serial", &serial];
    let order = [&order[..], &["--reason", "keyCompromise"]].concat();
    let done = format!("certificate WHERE status = 'revoked' AND serial = '{serial}'");
    place.command_dies("revoke", &done, &order);
    let told = format!("revocation WHERE serial = '{serial}'");
    assert_eq!(place.sql.count(&told), 1);

    place.command_dies(
        "rollover",
        "authority WHERE generation = 2",
        &["ca", "rollover"],
    );
    place.service.work_once().ok();
    let folder = place.service.folder().join("data/journal");
    let files = std::fs::read_dir(folder).expect("the journal");
    let texts = files.map(|file| std::fs::read_to_string(file.expect("a file").path()));
    let text: String = texts.map(|text| text.expect("the journal")).collect();
    let roots = text.matches("\"fact\":\"root\"").count();
    assert_eq!(
        roots, 2,
        "a root whose recorder died is in the journal all the same"
    );

    while !run_once(&place.service.worker_in_this_process()).may_rest() {}
    place.service.assert_whole(&place.desk.store, side);
    place.service.cli(&["audit", "verify"]).ok();
}

#[test]
fn whoever_decides_may_die_before_or_after_it_on_sqlite() {
    every_act(Engine::Sqlite, "before");
    every_act(Engine::Sqlite, "after");
}

#[test]
fn whoever_decides_may_die_before_or_after_it_on_postgres() {
    every_act(Engine::Postgres, "before");
    every_act(Engine::Postgres, "after");
}
