//! The machine around the ledger: two workers that stall, die and lose answers, people, a clock that jumps.
//!
//! What happens between two transactions is a choice of its own, so every order of events is some path; a worker
//! that sleeps is one that makes no choice for a while.
use std::collections::BTreeSet;

use ca_core::domain::request::RequestState;
use stateright::{Model, Property};

use super::ledger::{Fate, Hand, Ledger, Rules, Serial, Verb};
use super::promises;

/// How far a worker is with what it claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Work {
    Idle,
    /// After step 3.
    Claimed(Serial),
    /// Step 5 was committed and the worker knows it.
    Intended(Serial),
    /// Step 6: a signature by the CA key exists.
    Signed(Serial),
    /// A commit was not answered; the worker will give back what it had in hand.
    Unsure(Hand),
}

/// Everything there is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub ledger: Ledger,
    pub workers: [Work; 2],
    pub now: i64,
    pub jumps: u8,
    /// Requests that an operator approved at some time.
    pub approved: BTreeSet<usize>,
    /// Every signature that was ever made, recorded or not.
    pub signed: BTreeSet<Serial>,
    /// Serials that were revoked or abandoned at some time.
    pub dead: BTreeSet<Serial>,
    /// A worker changed a request or a certificate that was not in its lease any more.
    pub trespassed: bool,
}

/// What the database's answer to a commit does on its way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    Answer,
    /// Committed, but the connection broke before the answer came.
    NothingButDone,
    /// The connection broke before the commit.
    NothingAndNotDone,
}

/// One thing that can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    People(Verb),
    Claim(usize),
    Intend(usize, Heard),
    Sign(usize),
    Record(usize, Heard),
    GiveBack(usize),
    Fail(usize),
    /// No approval was found: parked at once.
    Refuse(usize),
    Die(usize),
    Recover,
    Tick,
    JumpBack,
}

/// The bounds and the rules of one exploration.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    pub requests: usize,
    /// Claims of one request that are followed.
    pub claims: i64,
    /// The clock's last instant; a lease holds for one.
    pub last: i64,
    /// How often the clock may be set back.
    pub jumps: u8,
    /// Whether people do all that they can, or only what touches the work in hand: approve, retry, reissue, revoke.
    pub every_verb: bool,
    pub rules: Rules,
}

const HEARD: [Heard; 3] = [
    Heard::Answer,
    Heard::NothingButDone,
    Heard::NothingAndNotDone,
];

impl Model for Machine {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            ledger: Ledger::pending(self.requests),
            workers: [Work::Idle; 2],
            now: 0,
            jumps: 0,
            approved: BTreeSet::new(),
            signed: BTreeSet::new(),
            dead: BTreeSet::new(),
            trespassed: false,
        }]
    }

    fn actions(&self, world: &World, events: &mut Vec<Event>) {
        for (worker, work) in world.workers.iter().enumerate() {
            self.choices(world, worker, *work, events);
        }
        for request in 0..self.requests {
            let at_work = [
                Verb::Approve(request),
                Verb::Retry(request),
                Verb::AcceptReissue(request),
                Verb::Revoke(request),
            ];
            let others = [
                Verb::Reject(request),
                Verb::Withdraw(request),
                Verb::Forge(request),
                Verb::Hold(request),
                Verb::Release(request),
            ];
            events.extend(at_work.map(Event::People));
            let others = others.into_iter().filter(|_| self.every_verb);
            events.extend(others.map(Event::People));
        }
        events.push(Event::Recover);
        if world.now < self.last {
            events.push(Event::Tick);
        }
        if world.now > 0 && world.jumps < self.jumps {
            events.push(Event::JumpBack);
        }
    }

    fn next_state(&self, world: &World, event: Event) -> Option<World> {
        let mut next = world.clone();
        self.happen(&mut next, &event);
        next.bury();
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        promises::all()
    }

    fn within_boundary(&self, world: &World) -> bool {
        world.ledger.rows.iter().all(|row| row.fence <= self.claims)
    }
}

impl Machine {
    fn choices(&self, world: &World, worker: usize, work: Work, events: &mut Vec<Event>) {
        match work {
            Work::Idle => events.push(Event::Claim(worker)),
            Work::Claimed(claim) => {
                let approved = world.ledger.rows[claim.request].approved;
                if approved || !self.rules.worker_asks_for_the_approval {
                    events.extend(HEARD.map(|heard| Event::Intend(worker, heard)));
                    events.extend([Event::GiveBack(worker), Event::Fail(worker)]);
                } else {
                    events.push(Event::Refuse(worker));
                }
            }
            Work::Intended(_) => {
                events.extend([Event::Sign(worker), Event::GiveBack(worker)]);
                events.push(Event::Fail(worker));
            }
            Work::Signed(_) => {
                events.extend(HEARD.map(|heard| Event::Record(worker, heard)));
                events.extend([Event::GiveBack(worker), Event::Fail(worker)]);
            }
            Work::Unsure(_) => events.push(Event::GiveBack(worker)),
        }
        if work != Work::Idle {
            events.push(Event::Die(worker));
        }
    }

    /// Lets `event` happen.
    pub fn happen(&self, world: &mut World, event: &Event) {
        match *event {
            Event::People(ref verb) => self.flow(world, verb),
            Event::Claim(worker) => self.claim(world, worker),
            Event::Intend(worker, heard) => self.intend(world, worker, heard),
            Event::Sign(worker) => {
                if let Work::Intended(serial) = world.workers[worker] {
                    world.signed.insert(serial);
                    world.workers[worker] = Work::Signed(serial);
                }
            }
            Event::Record(worker, heard) => self.record(world, worker, heard),
            Event::GiveBack(worker) => {
                self.let_go(world, worker, |hand| Verb::GiveBack(vec![hand]))
            }
            Event::Fail(worker) => self.let_go(world, worker, |hand| Verb::Fail {
                hand,
                hopeless: false,
            }),
            Event::Refuse(worker) => self.let_go(world, worker, |hand| Verb::Fail {
                hand,
                hopeless: true,
            }),
            Event::Die(worker) => world.workers[worker] = Work::Idle,
            Event::Recover => self.flow(world, &Verb::Recover),
            Event::Tick => world.now += 1,
            Event::JumpBack => {
                world.now -= 1;
                world.jumps += 1;
            }
        }
    }

    fn flow(&self, world: &mut World, verb: &Verb) {
        let answer = world.ledger.apply(verb, world.now, &self.rules);
        if let Verb::Approve(request) = *verb
            && answer.done
        {
            world.approved.insert(request);
        }
    }

    fn claim(&self, world: &mut World, worker: usize) {
        let verb = Verb::Claim {
            owner: worker,
            limit: 1,
            until: world.now + 1,
        };
        let answer = world.ledger.apply(&verb, world.now, &self.rules);
        if let Some(claim) = answer.serials.first() {
            world.workers[worker] = Work::Claimed(*claim);
        }
    }

    fn intend(&self, world: &mut World, worker: usize, heard: Heard) {
        let Work::Claimed(claim) = world.workers[worker] else {
            return;
        };
        if !self.rules.intent_before_signature {
            world.workers[worker] = Work::Intended(claim);
            return;
        }
        let may_sign = world.ledger.is_held(worker, claim);
        if heard != Heard::NothingAndNotDone {
            let claims = vec![claim];
            self.flow(
                world,
                &Verb::Intend {
                    owner: worker,
                    claims,
                },
            );
        }
        world.workers[worker] = match heard {
            Heard::Answer if may_sign => Work::Intended(claim),
            Heard::Answer => Work::Idle,
            _ => Work::Unsure(Hand {
                claim,
                drawn: self.rules.unheard_intents_go_back,
            }),
        };
    }

    fn record(&self, world: &mut World, worker: usize, heard: Heard) {
        let Work::Signed(claim) = world.workers[worker] else {
            return;
        };
        if heard != Heard::NothingAndNotDone {
            let claims = vec![claim];
            self.by(
                world,
                worker,
                claim,
                &Verb::Record {
                    owner: worker,
                    claims,
                },
            );
        }
        world.workers[worker] = match heard {
            Heard::Answer => Work::Idle,
            _ => Work::Unsure(Hand { claim, drawn: true }),
        };
    }

    fn let_go(&self, world: &mut World, worker: usize, verb: impl FnOnce(Hand) -> Verb) {
        let hand = match world.workers[worker] {
            Work::Idle => return,
            Work::Claimed(claim) => Hand {
                claim,
                drawn: false,
            },
            Work::Intended(claim) | Work::Signed(claim) => Hand { claim, drawn: true },
            Work::Unsure(hand) => hand,
        };
        self.by(world, worker, hand.claim, &verb(hand));
        world.workers[worker] = Work::Idle;
    }

    /// A worker's flow about `claim`; notes if it changes what is not the worker's any more.
    fn by(&self, world: &mut World, worker: usize, claim: Serial, verb: &Verb) {
        let mine = world.ledger.is_held(worker, claim);
        let before = world.ledger.clone();
        self.flow(world, verb);
        let certified = |ledger: &Ledger| -> Vec<Serial> {
            let fates = ledger.fates.iter();
            let certified =
                fates.filter(|(_, fate)| !matches!(fate, Fate::Intended | Fate::Abandoned));
            certified.map(|(serial, _)| *serial).collect()
        };
        let same =
            before.rows == world.ledger.rows && certified(&before) == certified(&world.ledger);
        world.trespassed |= !mine && !same;
    }
}

impl World {
    /// Remembers what was revoked or abandoned.
    fn bury(&mut self) {
        let fates = self.ledger.fates.iter();
        let dead = fates.filter(|(_, fate)| matches!(fate, Fate::Abandoned | Fate::Revoked));
        self.dead.extend(dead.map(|(serial, _)| *serial));
    }

    /// Signatures for `request` that would be taken for good: made, and neither revoked nor abandoned nor held.
    pub fn usable(&self, request: usize) -> usize {
        let good = |serial: &&Serial| {
            let fate = self.ledger.fates.get(*serial);
            serial.request == request
                && !matches!(fate, Some(Fate::Abandoned | Fate::Revoked | Fate::Held))
        };
        self.signed.iter().filter(good).count()
    }

    /// Whether the ledger still knows that a drawn serial has to come to an end.
    pub fn is_followed(&self, serial: Serial) -> bool {
        let row = &self.ledger.rows[serial.request];
        let leased = row.state == RequestState::Signing && row.fence == serial.fence;
        leased || self.workers.iter().any(|work| work.has(serial))
    }
}

impl Work {
    fn has(self, serial: Serial) -> bool {
        match self {
            Self::Intended(held) | Self::Signed(held) => held == serial,
            Self::Unsure(hand) => hand.drawn && hand.claim == serial,
            Self::Idle | Self::Claimed(_) => false,
        }
    }
}
