//! The signer ends at once at every point, as by a power cut: the next one finds everything and does nothing twice.

use ca_core::domain::random::OsRandom;
use ca_core::domain::revocation::{RevocationReason, Selection};
use ca_core::domain::time::{Clock, SystemClock};
use ca_core::flow::order_revocation::{Notice, Order, order_revocation};
use ca_core::queue::request::claim;
use ca_worker::run::run_once;
use ca_worker::worker::Worker;
use chrono::Duration;
use inkan_tests::database::{Engine, Sql};
use inkan_tests::desk::{Desk, HOST};
use inkan_tests::program;
use inkan_tests::service::Service;

/// The steps that the signer's program passes.
const STEPS: [&str; 15] = [
    "recover",
    "claim",
    "prepare",
    "intend",
    "sign",
    "pack",
    "record",
    "park",
    "notify",
    "settle",
    "crl-number",
    "crl-publish",
    "ocsp",
    "give-back",
    "commit",
];

/// A service whose requests come by the flows, and a worker that is well.
struct Place {
    service: Service,
    desk: Desk,
    well: Worker,
    sql: Sql,
    number: u32,
}

impl Place {
    fn new(engine: Engine) -> Self {
        let lines = "worker.attempts = 50\nworker.jobs = 2";
        let service = Service::set_up_with(engine, lines);
        let well = service.worker_in_this_process();
        let desk = Desk::beside(&well);
        let sql = service.database.connect();
        Self {
            service,
            desk,
            well,
            sql,
            number: 0,
        }
    }

    /// One request that is good and one that nobody approved.
    fn morning(&mut self) {
        let now = SystemClock.now();
        self.number += 3;
        self.desk.approved(self.number + 1);
        let session = self.desk.session(&self.desk.office(self.number + 2));
        let forged = self.desk.submit(&session).expect("a request");
        let decided = now.timestamp_millis();
        self.sql.run(&format!(
            "UPDATE request SET state = 'approved', decided_at = {decided} WHERE id = '{}'",
            forged.id
        ));
    }

    /// One request whose holder died.
    fn lapse_one(&self) {
        let now = SystemClock.now();
        self.desk.approved(self.number);
        let claimed = claim(
            &self.desk.store,
            "dead",
            now - Duration::seconds(1),
            10,
            now,
        );
        assert_eq!(claimed.expect("a claim").len(), 1);
    }

    fn revoke_one(&mut self) {
        let query =
            "SELECT serial AS line FROM certificate WHERE purpose = 'client' AND status = 'valid'";
        let Some(serial) = self.sql.lines(query).pop() else {
            return;
        };
        let serial = ca_core::domain::serial::SerialNumber::from_hex(&serial).expect("a serial");
        let order = Order::Revoke(RevocationReason::KeyCompromise);
        let notice = Notice {
            random: &OsRandom,
            host: HOST,
        };
        let act = self.well.act();
        let selection = Selection::of(&[serial]);
        order_revocation(&self.desk.store, &act, &selection, order, notice).expect("a revocation");
    }

    /// Lets the worker that is well bring everything to its end. What waits for a time of its own need not wait here.
    fn settle(&mut self, when: &str) {
        let mut reports = Vec::new();
        for _ in 0..10 {
            self.sql.run(
                "UPDATE request SET lease_until = 0 WHERE state = 'signing'; \
                 UPDATE outbox SET lease_until = 0, next_try_at = 0 WHERE state = 'waiting'",
            );
            reports.push(run_once(&self.well));
            let left = [
                "request WHERE state IN ('approved', 'signing')",
                "outbox WHERE state = 'waiting'",
                "ocsp_answer WHERE der IS NULL",
                "authority WHERE revocation_sequence > (SELECT COALESCE(MAX(covered), -1) FROM crl)",
            ];
            if left.into_iter().all(|rows| self.sql.count(rows) == 0) {
                return;
            }
        }
        panic!("{when}: it does not come to rest: {reports:#?}");
    }
}

fn every_point(engine: Engine) {
    let mut place = Place::new(engine);
    for step in STEPS {
        for side in ["before", "after"] {
            let when = format!("{step}.{side}, abort, {engine:?}");
            if step == "recover" {
                place.lapse_one();
            }
            place.morning();
            place.revoke_one();
            let mut points = match step {
                "give-back" => "sign.before=1*return(error);".to_owned(),
                _ => String::new(),
            };
            let count = if step == "commit" { "7*off->" } else { "" };
            points.push_str(&format!("{step}.{side}={count}1*return(abort)"));
            let mut worker = place.service.worker_command();
            let answer = program::run(worker.env("FAILPOINTS", &points));
            assert_eq!(
                answer.status, None,
                "{when}: it should have died: {answer:?}"
            );
            place.settle(&when);
            place.service.assert_whole(&place.desk.store, &when);
        }
    }
    let certificates = "certificate WHERE purpose = 'client'";
    let approved = 2 + 2 * i64::try_from(STEPS.len()).expect("few");
    assert_eq!(
        place.sql.count(certificates),
        approved,
        "one for each approved request"
    );
}

#[test]
fn the_signer_dies_at_any_point_on_sqlite() {
    every_point(Engine::Sqlite);
}

#[test]
fn the_signer_dies_at_any_point_on_postgres() {
    every_point(Engine::Postgres);
}

/// The site dies over a form; the applicant or the operator comes again.
fn the_site_dies(engine: Engine, side: &str) {
    let mut service = Service::set_up(engine);
    let mut sql = service.database.connect();
    let is_after = side == "after";
    let site = service.start_failing_site(&format!("submit.{side}=1*return(abort)"));
    let mut office = service.office("KJ2700000001");
    let page = office.arrive_first();
    assert!(broken(|| office.apply(&page)), "the site should have died");
    drop(site);
    let site = service.start_failing_site(&format!("approve.{side}=1*return(abort)"));
    assert_eq!(sql.count("request"), i64::from(is_after), "submit.{side}");
    if !is_after {
        // The session outlived the program that began it.
        office.apply(&office.visitor.open("/service/certificates"));
    }
    let operator = service.operator("suzuki");
    assert!(
        broken(|| operator.approve_all()),
        "the site should have died"
    );
    drop(site);
    let _site = service.start_site();
    let approved = sql.count("request WHERE state = 'approved'");
    assert_eq!(approved, i64::from(is_after), "approve.{side}");
    if !is_after {
        service.again("suzuki").approve_all();
    }
    service.work_once().ok();
    assert_eq!(sql.count("certificate WHERE purpose = 'client'"), 1);
    let store = service.worker_in_this_process().store;
    service.assert_whole(&store, "the site died");
}

fn broken<T>(visit: impl FnOnce() -> T) -> bool {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(visit)).is_err()
}

#[test]
fn the_site_dies_before_or_after_a_form_on_sqlite() {
    the_site_dies(Engine::Sqlite, "before");
    the_site_dies(Engine::Sqlite, "after");
}

#[test]
fn the_site_dies_before_or_after_a_form_on_postgres() {
    the_site_dies(Engine::Postgres, "before");
    the_site_dies(Engine::Postgres, "after");
}
