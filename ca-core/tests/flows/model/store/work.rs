//! The worker's verbs on the real store.
use ca_core::domain::mail::{MailFacts, MailKind};
use ca_core::domain::request::RequestState;
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::fail_request::{Failure, fail_request};
use ca_core::flow::give_back::give_back;
use ca_core::flow::record_intents::record_intents;
use ca_core::flow::record_issued::{Issued, record_issued};
use ca_core::flow::recover::recover;
use ca_core::queue::request::{Held, claim};
use ca_core::store::outbox::NewMail;
use ca_core::store::request::Request;
use chrono::DateTime;

use super::Real;
use crate::model::ledger::{Answer, Hand, Rules, Serial};
use crate::world::{at, certificate, intent, worker};

impl Real {
    pub(super) fn claim(&self, owner: usize, limit: usize, until: i64, now: i64) -> Answer {
        let limit = u32::try_from(limit).unwrap();
        let claimed = claim(&self.world.store, &name(owner), at(until), limit, at(now)).unwrap();
        let serial = |one: &Request| Serial {
            request: self.place(&one.id),
            fence: one.fence,
        };
        Answer {
            serials: claimed.iter().map(|one| serial(&one.request)).collect(),
            ..Answer::default()
        }
    }

    pub(super) fn intend(&mut self, owner: usize, claims: &[Serial], now: i64) -> Answer {
        let mut rows = Vec::new();
        for claim in claims {
            let number = SerialNumber::draw(DateTime::UNIX_EPOCH, &self.world.random);
            self.serials.insert(*claim, number);
            rows.push(intent(number, &self.claimed(*claim), now));
        }
        let allowed = record_intents(&self.world.store, &name(owner), rows).unwrap();
        Answer {
            serials: self.named(allowed),
            ..Answer::default()
        }
    }

    pub(super) fn record(&mut self, owner: usize, claims: &[Serial], now: i64) -> Answer {
        let batch = claims
            .iter()
            .map(|claim| self.issued(*claim, now))
            .collect();
        let store = self.world.store.clone();
        let recorded = record_issued(&store, &worker(now), &name(owner), batch).unwrap();
        let issued: Vec<usize> = self.places(&recorded.issued);
        let mut serials: Vec<Serial> = claims.to_vec();
        serials.retain(|claim| issued.contains(&claim.request));
        Answer {
            serials,
            lost: self.places(&recorded.lost),
            ..Answer::default()
        }
    }

    /// The request as the worker that claimed it knows it.
    fn claimed(&self, claim: Serial) -> Request {
        let mut row = self.requests[claim.request].clone();
        row.fence = claim.fence;
        row
    }

    fn issued(&mut self, claim: Serial, now: i64) -> Issued {
        self.mails += 1;
        let request = self.claimed(claim);
        Issued {
            certificate: certificate(self.serials[&claim], &request, now),
            request_id: request.id,
            fence: claim.fence,
            mail: Some(NewMail {
                kind: MailKind::CertificateReady,
                to_address: "office@example.jp".into(),
                facts: MailFacts::default(),
                message_id: format!("{}@example.jp", self.mails),
            }),
        }
    }

    fn held(&self, hand: Hand) -> Held {
        Held {
            request_id: self.id(hand.claim.request),
            fence: hand.claim.fence,
            serial: self
                .serials
                .get(&hand.claim)
                .copied()
                .filter(|_| hand.drawn),
        }
    }

    pub(super) fn give_back(&self, hands: &[Hand], now: i64) -> Answer {
        let held: Vec<Held> = hands.iter().map(|hand| self.held(*hand)).collect();
        let before: Vec<_> = held
            .iter()
            .map(|one| self.world.request(&one.request_id))
            .collect();
        let given =
            give_back(&self.world.store, &worker(now), &held, "the signer is away").unwrap();
        // The flow says how many; which ones is what changed.
        let mut returned: Vec<usize> = self.places(
            &held
                .into_iter()
                .map(|one| one.request_id)
                .collect::<Vec<_>>(),
        );
        let mut before = before.into_iter();
        returned.retain(|place| {
            let was = before.next().unwrap().state;
            was != self.world.request(&self.id(*place)).state
        });
        assert_eq!(given, returned.len());
        Answer {
            returned: returned.into_iter().collect(),
            ..Answer::default()
        }
    }

    pub(super) fn fail(&self, hand: Hand, hopeless: bool, now: i64, rules: &Rules) -> Answer {
        let failure = Failure {
            reason: "the profile refuses it".into(),
            attempts: u32::try_from(rules.attempts).unwrap(),
            hopeless,
        };
        let state = fail_request(&self.world.store, &worker(now), &self.held(hand), &failure);
        let mut answer = Answer::default();
        let fell = match state.unwrap() {
            Some(RequestState::Failed) => &mut answer.parked,
            Some(_) => &mut answer.returned,
            None => return answer,
        };
        fell.insert(hand.claim.request);
        answer
    }

    pub(super) fn recover(&self, now: i64, rules: &Rules) -> Answer {
        let attempts = u32::try_from(rules.attempts).unwrap();
        let recovered = recover(&self.world.store, &worker(now), attempts).unwrap();
        Answer {
            returned: self.places(&recovered.returned),
            parked: self.places(&recovered.parked),
            abandoned: self.named(recovered.abandoned).into_iter().collect(),
            ..Answer::default()
        }
    }
}

fn name(owner: usize) -> String {
    format!("w{owner}")
}
