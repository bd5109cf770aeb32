//! The ledger: what the database says about requests and serials, and what each flow's transaction does to it.
//!
//! A serial is named by its request and the fence of its claim: a claim draws one serial at most.
use std::collections::{BTreeMap, BTreeSet};

use ca_core::domain::request::{RequestEvent, RequestState, transition};

/// The serial that was drawn for a request under one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial {
    pub request: usize,
    pub fence: i64,
}

/// What is recorded of a serial: the states of its intent, then of its certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    Intended,
    Abandoned,
    Valid,
    Held,
    Revoked,
}

/// One request; what is not here is no part of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    pub state: RequestState,
    pub fence: i64,
    pub attempts: i64,
    /// The worker that holds it, and until when.
    pub lease: Option<(usize, i64)>,
    pub decided_at: Option<i64>,
    pub approved: bool,
    pub sealed: bool,
}

/// The tables `request`, `approval`, `intent` and `certificate`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ledger {
    pub rows: Vec<Row>,
    pub fates: BTreeMap<Serial, Fate>,
}

/// A request in a worker's hands, with the serial that it drew for it, if it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hand {
    pub claim: Serial,
    pub drawn: bool,
}

/// One flow, with what it is told. People's verbs name the request or, for the last four, its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    Approve(usize),
    Reject(usize),
    Withdraw(usize),
    Retry(usize),
    /// The web tier, owned by an attacker, writes the state by itself; there is no approval.
    Forge(usize),
    AcceptReissue(usize),
    Revoke(usize),
    Hold(usize),
    Release(usize),
    Claim {
        owner: usize,
        limit: usize,
        until: i64,
    },
    Intend {
        owner: usize,
        claims: Vec<Serial>,
    },
    Record {
        owner: usize,
        claims: Vec<Serial>,
    },
    GiveBack(Vec<Hand>),
    Fail {
        hand: Hand,
        hopeless: bool,
    },
    Recover,
}

/// What a flow answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Whether a person's verb was accepted.
    pub done: bool,
    /// Serials that were claimed, may be signed, were issued or moved.
    pub serials: Vec<Serial>,
    /// Serials that were given up; no order is promised here and below.
    pub abandoned: BTreeSet<Serial>,
    /// Requests that were lost to another worker.
    pub lost: BTreeSet<usize>,
    /// Requests that wait again.
    pub returned: BTreeSet<usize>,
    /// Requests that nobody takes up any more.
    pub parked: BTreeSet<usize>,
}

/// The rules; each can be broken, to see that the promises notice.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub attempts: i64,
    pub record_asks_the_fence: bool,
    pub recovery_abandons: bool,
    pub intent_before_signature: bool,
    pub worker_asks_for_the_approval: bool,
    /// A worker that heard no answer to its intents gives back the serials too.
    pub unheard_intents_go_back: bool,
}

impl Rules {
    pub const TRUE: Self = Self {
        attempts: 2,
        record_asks_the_fence: true,
        recovery_abandons: true,
        intent_before_signature: true,
        worker_asks_for_the_approval: true,
        unheard_intents_go_back: true,
    };
}

impl Ledger {
    /// So many pending requests, each of an account of its own.
    pub fn pending(requests: usize) -> Self {
        let row = Row {
            state: RequestState::Pending,
            fence: 0,
            attempts: 0,
            lease: None,
            decided_at: None,
            approved: false,
            sealed: true,
        };
        Self {
            rows: vec![row; requests],
            fates: BTreeMap::new(),
        }
    }

    /// One flow, at the instant `now`.
    pub fn apply(&mut self, verb: &Verb, now: i64, rules: &Rules) -> Answer {
        match *verb {
            Verb::Approve(request) => self.approve(request, now),
            Verb::Reject(request) => self.reject(request, now),
            Verb::Withdraw(request) => self.decide(request, RequestEvent::Withdraw, None),
            Verb::Retry(request) => self.retry(request),
            Verb::Forge(request) => self.forge(request, now),
            Verb::AcceptReissue(request) => self.accept_reissue(request),
            Verb::Revoke(request) => self.revoke(request, Fate::Revoked),
            Verb::Hold(request) => self.revoke(request, Fate::Held),
            Verb::Release(request) => self.status(request, &[Fate::Held], Fate::Valid),
            Verb::Claim {
                owner,
                limit,
                until,
            } => self.claim(owner, limit, until),
            Verb::Intend { owner, ref claims } => self.intend(owner, claims),
            Verb::Record { owner, ref claims } => self.record(owner, claims, rules),
            Verb::GiveBack(ref hands) => self.give_back(hands),
            Verb::Fail { hand, hopeless } => self.fail(hand, hopeless, rules),
            Verb::Recover => self.recover(now, rules),
        }
    }

    /// Whether `owner` still holds what it claimed.
    pub fn is_held(&self, owner: usize, claim: Serial) -> bool {
        let row = &self.rows[claim.request];
        row.state == RequestState::Signing
            && row.fence == claim.fence
            && row.lease.is_some_and(|(holder, _)| holder == owner)
    }

    /// The serials of a request with what became of them.
    pub fn of(&self, request: usize) -> impl Iterator<Item = (Serial, Fate)> {
        let fates = self.fates.iter().map(|(serial, fate)| (*serial, *fate));
        fates.filter(move |(serial, _)| serial.request == request)
    }

    fn advance(&mut self, request: usize, event: RequestEvent) -> bool {
        let row = &mut self.rows[request];
        let Ok(next) = transition(row.state, event) else {
            return false;
        };
        row.state = next;
        row.lease = None;
        if !next.is_open() {
            row.sealed = false;
        }
        true
    }

    fn approve(&mut self, request: usize, now: i64) -> Answer {
        let answer = self.decide(request, RequestEvent::Approve, Some(now));
        self.rows[request].approved |= answer.done;
        answer
    }

    fn decide(&mut self, request: usize, event: RequestEvent, now: Option<i64>) -> Answer {
        let done = self.advance(request, event);
        let row = &mut self.rows[request];
        if done {
            row.decided_at = now.or(row.decided_at);
        }
        Answer {
            done,
            ..Answer::default()
        }
    }

    fn reject(&mut self, request: usize, now: i64) -> Answer {
        let answer = self.decide(request, RequestEvent::Reject, Some(now));
        self.rows[request].approved &= !answer.done;
        answer
    }

    /// Without an approval that holds, the operators are asked again.
    fn retry(&mut self, request: usize) -> Answer {
        let event = match self.rows[request].approved {
            true => RequestEvent::Retry,
            false => RequestEvent::AskAgain,
        };
        let answer = self.decide(request, event, None);
        let row = &mut self.rows[request];
        if answer.done {
            row.attempts = 0;
            row.approved &= event == RequestEvent::Retry;
        }
        answer
    }

    fn forge(&mut self, request: usize, now: i64) -> Answer {
        self.decide(request, RequestEvent::Approve, Some(now))
    }

    fn accept_reissue(&mut self, request: usize) -> Answer {
        let mut answer = Answer::default();
        if self.rows[request].state.is_open() {
            self.advance(request, RequestEvent::Void);
            self.rows[request].approved = false;
            answer.abandoned = self.abandon_all(request);
        }
        let moved = self.status(request, &[Fate::Valid, Fate::Held], Fate::Revoked);
        answer.serials = moved.serials;
        answer.done = true;
        answer
    }

    fn revoke(&mut self, request: usize, to: Fate) -> Answer {
        let mut answer = Answer::default();
        if self.advance(request, RequestEvent::Park) {
            answer.abandoned = self.abandon_all(request);
            answer.parked.insert(request);
        }
        let from: &[Fate] = match to {
            Fate::Held => &[Fate::Valid],
            _ => &[Fate::Valid, Fate::Held],
        };
        answer.serials = self.status(request, from, to).serials;
        answer
    }

    fn status(&mut self, request: usize, from: &[Fate], to: Fate) -> Answer {
        let mut answer = Answer::default();
        for (serial, fate) in &mut self.fates {
            if serial.request == request && from.contains(fate) {
                *fate = to;
                answer.serials.push(*serial);
            }
        }
        answer
    }

    fn claim(&mut self, owner: usize, limit: usize, until: i64) -> Answer {
        let rows = self.rows.iter().enumerate();
        let approved = rows.filter(|(_, row)| row.state == RequestState::Approved);
        let mut due: Vec<_> = approved.map(|(at, row)| (row.decided_at, at)).collect();
        due.sort_unstable();
        let mut answer = Answer::default();
        for (_, request) in due.into_iter().take(limit) {
            self.advance(request, RequestEvent::Claim);
            let row = &mut self.rows[request];
            row.lease = Some((owner, until));
            row.fence += 1;
            row.attempts += 1;
            let fence = row.fence;
            answer.serials.push(Serial { request, fence });
        }
        answer
    }

    fn intend(&mut self, owner: usize, claims: &[Serial]) -> Answer {
        let held = claims.iter().filter(|claim| self.is_held(owner, **claim));
        let serials: Vec<Serial> = held.copied().collect();
        let intended = serials.iter().map(|serial| (*serial, Fate::Intended));
        self.fates.extend(intended);
        Answer {
            serials,
            ..Answer::default()
        }
    }

    fn record(&mut self, owner: usize, claims: &[Serial], rules: &Rules) -> Answer {
        let mut answer = Answer::default();
        for &claim in claims {
            if !rules.record_asks_the_fence || self.is_held(owner, claim) {
                self.advance(claim.request, RequestEvent::Issue);
                self.fates.insert(claim, Fate::Valid);
                answer.serials.push(claim);
            } else {
                self.abandon(claim);
                answer.lost.insert(claim.request);
            }
        }
        answer
    }

    fn give_back(&mut self, hands: &[Hand]) -> Answer {
        let mut answer = Answer::default();
        for hand in hands {
            if hand.drawn {
                self.abandon(hand.claim);
            }
            let row = &mut self.rows[hand.claim.request];
            if row.fence == hand.claim.fence && row.state == RequestState::Signing {
                row.attempts -= 1;
                self.advance(hand.claim.request, RequestEvent::GiveBack);
                answer.returned.insert(hand.claim.request);
            }
        }
        answer
    }

    fn fail(&mut self, hand: Hand, hopeless: bool, rules: &Rules) -> Answer {
        if hand.drawn {
            self.abandon(hand.claim);
        }
        let row = &self.rows[hand.claim.request];
        if row.fence != hand.claim.fence || row.state != RequestState::Signing {
            return Answer::default();
        }
        self.fail_held(hand.claim.request, hopeless, rules)
    }

    fn fail_held(&mut self, request: usize, hopeless: bool, rules: &Rules) -> Answer {
        let mut answer = Answer::default();
        if hopeless || self.rows[request].attempts >= rules.attempts {
            self.advance(request, RequestEvent::Park);
            answer.parked.insert(request);
        } else {
            self.advance(request, RequestEvent::GiveBack);
            answer.returned.insert(request);
        }
        answer
    }

    fn recover(&mut self, now: i64, rules: &Rules) -> Answer {
        let mut answer = Answer::default();
        for request in 0..self.rows.len() {
            let row = &self.rows[request];
            let lapsed = row.lease.is_some_and(|(_, until)| until < now);
            if row.state != RequestState::Signing || !lapsed {
                continue;
            }
            if rules.recovery_abandons {
                answer.abandoned.extend(self.abandon_all(request));
            }
            let fallen = self.fail_held(request, false, rules);
            answer.parked.extend(fallen.parked);
            answer.returned.extend(fallen.returned);
        }
        answer
    }

    fn abandon(&mut self, serial: Serial) -> bool {
        match self.fates.get_mut(&serial) {
            Some(fate) if *fate == Fate::Intended => {
                *fate = Fate::Abandoned;
                true
            }
            _ => false,
        }
    }

    fn abandon_all(&mut self, request: usize) -> BTreeSet<Serial> {
        let drawn: Vec<_> = self.of(request).map(|(serial, _)| serial).collect();
        drawn
            .into_iter()
            .filter(|serial| self.abandon(*serial))
            .collect()
    }
}
