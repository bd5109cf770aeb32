//! A day at the desk that passes every fault point, and goes on when a fault strikes: people try again, workers
//! recover. What must have come of it is looked at when the day is over.

use crate::database::Sql;
use crate::desk::HOST;
use crate::foundry::Foundry;
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::certificate::{CertificateStatus, IntentState, Purpose};
use ca_core::domain::random::OsRandom;
use ca_core::domain::request::RequestState;
use ca_core::domain::revocation::{RevocationReason, Selection};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::time::Clock;
use ca_core::flow::order_revocation::{Notice, Order, order_revocation};
use ca_core::flow::record_intents::record_intents;
use ca_core::flow::roll_over_authority::{RollOverError, roll_over_authority};
use ca_core::queue::request::claim;
use ca_core::store::account::Account;
use ca_core::store::intent::Intent;
use ca_core::store::request::Request;
use ca_core::store::session::Session;
use ca_worker::run::run_once;
use ca_worker::worker::Worker;
use chrono::{DateTime, Duration};
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One day after another on the same foundry.
pub struct Script<'a> {
    foundry: &'a Foundry,
    worker: Worker,
    sql: Sql,
    number: u32,
}

/// What was there before the fault.
struct Morning {
    lapsed: Request,
    good: (Account, Session),
    refused: Session,
    forged: Request,
}

impl<'a> Script<'a> {
    /// A worker, and nobody there yet.
    pub fn new(foundry: &'a Foundry) -> Self {
        let mut worker = foundry.worker();
        worker.checkpoints = foundry.checkpoints();
        Self {
            foundry,
            worker,
            sql: foundry.database.connect(),
            number: 0,
        }
    }

    /// One day. `begin` arms the fault, once everybody is in place.
    ///
    /// # Panics
    /// When something was lost or done twice; `when` says what was tried.
    pub fn day(&mut self, when: &str, begin: impl FnOnce()) {
        let morning = self.morning();
        begin();
        let desk = &self.foundry.desk;
        let good = again(|| desk.submit(&morning.good.1));
        again(|| desk.approve(&good));
        let refused = again(|| desk.submit(&morning.refused));
        again(|| desk.reject(&refused));
        self.foundry.signer.set_away(true);
        run_once(&self.worker);
        self.foundry.signer.set_away(false);
        self.settle(when);
        self.revoke(&morning.good.0);
        let letter = again(|| Ok::<_, ()>(desk.lost_letter(&self.office_of(&morning.lapsed))));
        again(|| desk.reissue(&letter));
        self.roll_over();
        self.settle(when);

        for (request, state) in [
            (&good, RequestState::Issued),
            (&morning.lapsed, RequestState::Issued),
            (&refused, RequestState::Rejected),
            (&morning.forged, RequestState::Failed),
        ] {
            assert_eq!(desk.state(request), state, "{when}");
            let certificates = desk.certificates(request.account_id);
            let issued = usize::from(state == RequestState::Issued);
            assert_eq!(certificates.len(), issued, "{when}: {state:?}");
            let valid = |status| status != CertificateStatus::Revoked;
            let valid = certificates.iter().filter(|one| valid(one.status));
            assert_eq!(valid.count(), 0, "{when}: revoked stays revoked");
        }
        self.foundry.assert_whole(when);
    }

    /// One request whose worker died between the intent and the certificate, one office that is going to ask, one that
    /// is going to be refused, one request that somebody with the database's password moved on.
    fn morning(&mut self) -> Morning {
        let desk = &self.foundry.desk;
        let next = self.number;
        self.number += 4;
        let lapsed = desk.approved(next);
        self.die_after_intent();
        let session = |number| {
            let office = desk.office(number);
            let session = desk.session(&office);
            (office, session)
        };
        let forged = desk.submit(&session(next + 1).1).expect("a request");
        let decided = self.foundry.clock.now().timestamp_millis();
        self.sql().run(&format!(
            "UPDATE request SET state = 'approved', decided_at = {decided} WHERE id = '{}'",
            forged.id
        ));
        Morning {
            lapsed,
            good: session(next + 2),
            refused: session(next + 3).1,
            forged,
        }
    }

    fn die_after_intent(&self) {
        let (store, now) = (&self.foundry.store, self.foundry.clock.now());
        let until = now + Duration::seconds(10);
        let claimed = claim(store, "dead", until, 10, now).expect("a claim");
        let [one] = claimed.as_slice() else {
            panic!("one request: {claimed:?}")
        };
        let intent = Intent {
            serial: SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom),
            purpose: Purpose::Client,
            generation: 1,
            request_id: Some(one.request.id.clone()),
            fence: one.request.fence,
            tbs_sha256: "aa".repeat(32),
            profile_sha256: "bb".repeat(32),
            state: IntentState::Intended,
            recorded_at: now,
            settled_at: None,
        };
        let allowed = record_intents(store, "dead", vec![intent]).expect("an intent");
        assert_eq!(allowed.len(), 1);
        // Long enough for the lease to lapse, and for the next checkpoint of the audit.
        self.foundry.wait(301);
    }

    /// A connection that holds: the server may have been restarted meanwhile.
    fn sql(&mut self) -> &mut Sql {
        if self.sql.try_run("SELECT 1").is_err() {
            self.sql = self.foundry.database.connect();
        }
        &mut self.sql
    }

    fn office_of(&self, request: &Request) -> Account {
        let found = self
            .foundry
            .store
            .read(|db| ca_core::store::account::load(db, request.account_id));
        found.expect("the office")
    }

    fn staff(&self) -> Act {
        Act::new(Actor::Staff("sato".into()), self.foundry.clock.now())
    }

    fn revoke(&self, office: &Account) {
        let certificates = self.foundry.desk.certificates(office.id);
        let serials: Vec<_> = certificates.iter().map(|one| one.serial).collect();
        let order = Order::Revoke(RevocationReason::KeyCompromise);
        let notice = Notice {
            random: &OsRandom,
            host: HOST,
        };
        let (store, selection) = (&self.foundry.store, Selection::of(&serials));
        again(|| order_revocation(store, &self.staff(), &selection, order, notice));
    }

    /// The next generation, which goes again, so that the next day can have it.
    fn roll_over(&mut self) {
        let (store, root) = (&self.foundry.store, self.foundry.next_root(2));
        again(|| match roll_over_authority(store, &self.staff(), &root) {
            Ok(()) | Err(RollOverError::Exists(2)) => Ok(()),
            Err(error) => Err(error),
        });
        assert_eq!(self.sql().count("authority"), 2);
        self.sql().run("DELETE FROM authority WHERE generation = 2");
    }

    /// Lets the worker work until nothing is left to do.
    fn settle(&mut self, when: &str) {
        let mut reports = Vec::new();
        for _ in 0..20 {
            reports.push(run_once(&self.worker));
            if self.is_settled() {
                return;
            }
            self.foundry.wait(301);
        }
        panic!("{when}: it does not come to rest: {reports:#?}");
    }

    fn is_settled(&mut self) -> bool {
        let left = [
            "request WHERE state IN ('approved', 'signing')",
            "outbox WHERE state = 'waiting'",
            "ocsp_answer WHERE der IS NULL",
            "authority WHERE generation = 1 AND revocation_sequence > \
             (SELECT COALESCE(MAX(covered), -1) FROM crl WHERE crl.generation = 1)",
        ];
        left.into_iter().all(|rows| self.sql().count(rows) == 0)
    }
}

/// What people do when a page fails: they try again.
fn again<T, E: Debug>(mut act: impl FnMut() -> Result<T, E>) -> T {
    let mut said = Vec::new();
    for _ in 0..3 {
        match catch_unwind(AssertUnwindSafe(&mut act)) {
            Ok(Ok(done)) => return done,
            Ok(Err(error)) => said.push(format!("{error:?}")),
            Err(_) => said.push("it panicked".into()),
        }
    }
    panic!("three times in vain: {said:?}")
}
