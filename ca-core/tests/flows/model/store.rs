//! The same verbs on the real store, and the store read back as a ledger.
mod work;

use std::collections::BTreeMap;

use ca_core::config::ReissueConfig;
use ca_core::domain::certificate::{CertificateStatus, IntentState};
use ca_core::domain::reissue::ReissueId;
use ca_core::domain::request::{RequestId, RequestState};
use ca_core::domain::revocation::{RevocationReason, Selection};
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::accept_reissue::{Acceptance, ReissueDecision, accept_reissue};
use ca_core::flow::apply_reissue::{ApplyReissue, apply_reissue};
use ca_core::flow::approve_requests::{Decision, Seen, approve_requests, digest_of};
use ca_core::flow::check_invariants::{Breach, check_invariants};
use ca_core::flow::order_revocation::{Notice, Order, order_revocation};
use ca_core::flow::reject_requests::{Rejection, reject_requests};
use ca_core::flow::retry_request::retry_request;
use ca_core::flow::withdraw_request::withdraw_request;
use ca_core::store::account::Account;
use ca_core::store::operator::Operator;
use ca_core::store::request::Request;
use ca_core::store::{account, approval, certificate as certificates, intent as intents};

use super::ledger::{Answer, Fate, Ledger, Row, Rules, Serial, Verb};
use crate::reissue::application;
use crate::world::{HOST, World, at, staff};

const OPEN_TO_ALL: ReissueConfig = ReissueConfig {
    per_source_a_day: 10_000,
    per_id_a_day: 10_000,
    most_waiting: 10_000,
};

/// A real store in which some requests wait, and the serial numbers that the model's serials have there.
pub struct Real {
    world: World,
    operator: Operator,
    /// In the order of their names, which is the queue's where times are equal.
    requests: Vec<Request>,
    serials: BTreeMap<Serial, SerialNumber>,
    mails: usize,
}

impl Real {
    pub fn pending(world: World, requests: usize) -> Self {
        let operator = world.operator("suzuki");
        let digits = (1..=requests).map(|number| format!("27{number:08}"));
        let mut requests: Vec<_> = digits.map(|digits| world.pending(&digits)).collect();
        requests.sort_by(|a, b| a.id.cmp(&b.id));
        Self {
            world,
            operator,
            requests,
            serials: BTreeMap::new(),
            mails: 0,
        }
    }

    /// One flow, at the second `now`.
    pub fn apply(&mut self, verb: &Verb, now: i64, rules: &Rules) -> Answer {
        match *verb {
            Verb::Approve(request) => self.approve(request, now),
            Verb::Reject(request) => self.reject(request, now),
            Verb::Withdraw(request) => {
                let (id, account) = (self.id(request), self.account(request));
                done(withdraw_request(&self.world.store, at(now), &account, &id).is_ok())
            }
            Verb::Retry(request) => {
                let (store, id) = (&self.world.store, self.id(request));
                let key = &self.world.approval_key;
                let decision = retry_request(store, key, at(now), &self.operator, &id).unwrap();
                done(matches!(decision, Decision::Done | Decision::AskedAgain))
            }
            Verb::Forge(request) => self.forge(request, now),
            Verb::AcceptReissue(request) => self.accept_reissue(request, now),
            Verb::Revoke(request) => self.order(request, RevocationReason::KeyCompromise, now),
            Verb::Hold(request) => self.order(request, RevocationReason::CertificateHold, now),
            Verb::Release(request) => self.carry_out(request, Order::Release, now),
            Verb::Claim {
                owner,
                limit,
                until,
            } => self.claim(owner, limit, until, now),
            Verb::Intend { owner, ref claims } => self.intend(owner, claims, now),
            Verb::Record { owner, ref claims } => self.record(owner, claims, now),
            Verb::GiveBack(ref hands) => self.give_back(hands, now),
            Verb::Fail { hand, hopeless } => self.fail(hand, hopeless, now, rules),
            Verb::Recover => self.recover(now, rules),
        }
    }

    /// What the database says, as a ledger.
    pub fn ledger(&self) -> Ledger {
        let places = 0..self.requests.len();
        Ledger {
            rows: places.map(|place| self.row(place)).collect(),
            fates: self
                .serials
                .keys()
                .filter_map(|serial| Some((*serial, self.fate(*serial)?)))
                .collect(),
        }
    }

    /// What the product's own check says against it at the end. That nothing is recorded without an approval is the
    /// worker's part, which a walk leaves out.
    pub fn breaches(&self) -> Vec<Breach> {
        let mut breaches = check_invariants(&self.world.store).unwrap();
        breaches.retain(|breach| breach.invariant != "I3");
        breaches
    }

    /// The audit says as often as there are such certificates that one was issued.
    pub fn audit_agrees(&self) -> bool {
        let fates = self.ledger().fates;
        let certified = |fate: &&Fate| !matches!(fate, Fate::Intended | Fate::Abandoned);
        self.world.count("certificate.issue") == fates.values().filter(certified).count()
    }

    fn row(&self, place: usize) -> Row {
        let row = self.world.request(&self.requests[place].id);
        let lease = row.lease_owner.as_deref().zip(row.lease_until);
        let approval = self
            .world
            .store
            .read(|db| approval::find(db, &row.id))
            .unwrap();
        let second = |time: chrono::DateTime<chrono::Utc>| (time - at(0)).num_seconds();
        Row {
            state: row.state,
            fence: row.fence,
            attempts: row.attempts,
            lease: lease.map(|(owner, until)| (owner[1..].parse().unwrap(), second(until))),
            decided_at: row.decided_at.map(second),
            approved: approval.is_some(),
            sealed: row.sealed_password.is_some(),
        }
    }

    fn fate(&self, serial: Serial) -> Option<Fate> {
        let number = self.serials[&serial];
        let intent = self
            .world
            .store
            .read(|db| intents::find(db, number))
            .unwrap()?;
        let found = self
            .world
            .store
            .read(|db| certificates::find(db, number))
            .unwrap();
        Some(match (intent.state, found.map(|one| one.status)) {
            (IntentState::Intended, None) => Fate::Intended,
            (IntentState::Abandoned, None) => Fate::Abandoned,
            (IntentState::Issued, Some(CertificateStatus::Valid)) => Fate::Valid,
            (IntentState::Issued, Some(CertificateStatus::Held)) => Fate::Held,
            (IntentState::Issued, Some(CertificateStatus::Revoked)) => Fate::Revoked,
            (intent, found) => panic!("{serial:?}: intent {intent}, certificate {found:?}"),
        })
    }

    fn id(&self, place: usize) -> RequestId {
        self.requests[place].id.clone()
    }

    fn account(&self, place: usize) -> Account {
        let id = self.requests[place].account_id;
        self.world.store.read(|db| account::load(db, id)).unwrap()
    }

    fn place(&self, id: &RequestId) -> usize {
        self.requests.iter().position(|one| one.id == *id).unwrap()
    }

    fn places<C: FromIterator<usize>>(&self, ids: &[RequestId]) -> C {
        ids.iter().map(|id| self.place(id)).collect()
    }

    /// The model's names of serial numbers, in order.
    fn named(&self, numbers: impl IntoIterator<Item = SerialNumber>) -> Vec<Serial> {
        let name = |number| {
            let mut names = self.serials.iter();
            *names.find(|(_, known)| **known == number).unwrap().0
        };
        let mut names: Vec<Serial> = numbers.into_iter().map(name).collect();
        names.sort_unstable();
        names
    }

    fn approve(&self, place: usize, now: i64) -> Answer {
        let row = self.world.request(&self.id(place));
        // What the page showed; a request whose password is gone shows none.
        let digest = digest_of(&row, &self.account(place)).unwrap_or_default();
        let seen = Seen {
            request_id: row.id,
            digest,
        };
        let outcome = approve_requests(
            &self.world.store,
            &self.world.approval_key,
            at(now),
            &self.operator,
            &[seen],
        );
        done(outcome.unwrap()[0].1 == Decision::Done)
    }

    fn reject(&self, place: usize, now: i64) -> Answer {
        let rejection = Rejection {
            reason: "住所が違います",
            host: HOST,
        };
        let (store, random) = (&self.world.store, &self.world.random);
        let outcome = reject_requests(
            store,
            random,
            at(now),
            &self.operator,
            &[self.id(place)],
            rejection,
        );
        done(outcome.unwrap()[0].1 == Decision::Done)
    }

    fn forge(&self, place: usize, now: i64) -> Answer {
        let row = self.world.request(&self.id(place));
        self.world.sql(&format!(
            "UPDATE request SET state = 'approved', decided_at = {} WHERE id = '{}' AND state = 'pending'",
            at(now).timestamp_millis(),
            row.id
        ));
        done(row.state == RequestState::Pending)
    }

    fn accept_reissue(&self, place: usize, now: i64) -> Answer {
        let (store, random) = (&self.world.store, &self.world.random);
        let id = ReissueId::draw(at(now), random);
        let input = ApplyReissue {
            id: &id,
            application: &application(self.account(place).user_id.as_str()),
            source: "192.0.2.7",
            rules: &OPEN_TO_ALL,
        };
        apply_reissue(store, at(now), input).unwrap();
        let acceptance = Acceptance {
            note: None,
            host: HOST,
        };
        let decision = accept_reissue(store, random, at(now), &self.operator, &id, acceptance);
        done(decision.unwrap() == ReissueDecision::Done)
    }

    fn order(&self, place: usize, reason: RevocationReason, now: i64) -> Answer {
        self.carry_out(place, Order::Revoke(reason), now)
    }

    fn carry_out(&self, place: usize, order: Order, now: i64) -> Answer {
        let selection = Selection {
            account_id: Some(self.requests[place].account_id),
            ..Selection::default()
        };
        let notice = Notice {
            random: &self.world.random,
            host: HOST,
        };
        let outcome = order_revocation(&self.world.store, &staff(now), &selection, order, notice);
        let outcome = outcome.unwrap();
        Answer {
            serials: self.named(outcome.moved.iter().map(|one| one.serial)),
            parked: self.places(&outcome.parked),
            ..Answer::default()
        }
    }
}

fn done(done: bool) -> Answer {
    Answer {
        done,
        ..Answer::default()
    }
}
