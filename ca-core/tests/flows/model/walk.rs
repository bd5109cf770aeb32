//! Random walks: the same verbs on the ledger and on the real store, compared after every step.
//!
//! What differs is shrunk to the shortest walk that still differs. The walks are the same in every run; for others,
//! and more of them: `INKAN_WALK_SEED=7 INKAN_WALKS=5000 cargo nextest run --workspace -E 'test(/walks_on_sqlite/)'`.
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

use super::ledger::{Hand, Ledger, Rules, Serial, Verb};
use super::store::Real;
use crate::world::World;

const REQUESTS: usize = 3;
/// Seconds that a lease holds.
const LEASE: i64 = 60;

/// One step of a walk; what it is about is chosen by number from what there is then.
#[derive(Debug, Clone)]
enum Step {
    People(u8, usize),
    Claim {
        owner: usize,
        limit: usize,
    },
    Intend(usize),
    Record(usize),
    GiveBack(usize),
    Fail(usize, usize, bool),
    Recover,
    /// The clock goes on, or back.
    Pass(i64),
}

/// What one claim took, as its worker remembers it: for ever, so that some of them come late.
struct Batch {
    owner: usize,
    hands: Vec<Hand>,
}

struct Walk {
    real: Real,
    ledger: Ledger,
    batches: Vec<Batch>,
    now: i64,
}

fn step() -> impl Strategy<Value = Step> {
    let batch = 0..4_usize;
    prop_oneof![
        4 => (0..2_u8, 0..REQUESTS).prop_map(|(verb, on)| Step::People(verb, on)),
        3 => (2..9_u8, 0..REQUESTS).prop_map(|(verb, on)| Step::People(verb, on)),
        5 => (0..2_usize, 1..=REQUESTS).prop_map(|(owner, limit)| Step::Claim { owner, limit }),
        5 => batch.clone().prop_map(Step::Intend),
        5 => batch.clone().prop_map(Step::Record),
        2 => batch.clone().prop_map(Step::GiveBack),
        2 => (batch, 0..REQUESTS, any::<bool>()).prop_map(|(from, on, no)| Step::Fail(from, on, no)),
        2 => Just(Step::Recover),
        2 => (-2 * LEASE..4 * LEASE).prop_map(Step::Pass),
    ]
}

fn people(verb: u8, on: usize) -> Verb {
    match verb {
        0 | 1 => Verb::Approve(on),
        2 => Verb::Reject(on),
        3 => Verb::Withdraw(on),
        4 => Verb::Retry(on),
        5 => Verb::Forge(on),
        6 => Verb::AcceptReissue(on),
        7 => Verb::Revoke(on),
        _ => [Verb::Hold(on), Verb::Release(on)][on % 2].clone(),
    }
}

impl Walk {
    fn new(world: World) -> Self {
        Self {
            real: Real::pending(world, REQUESTS),
            ledger: Ledger::pending(REQUESTS),
            batches: Vec::new(),
            now: 100,
        }
    }

    fn go(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let Some(verb) = self.verb(step) else {
            return Ok(());
        };
        let mut expected = self.ledger.apply(&verb, self.now, &Rules::TRUE);
        let mut answered = self.real.apply(&verb, self.now, &Rules::TRUE);
        if !matches!(verb, Verb::Recover) {
            // The other verbs that give serials up do not say which; the ledgers below do.
            expected.abandoned.clear();
        }
        if matches!(verb, Verb::AcceptReissue(_)) {
            expected.serials.clear();
        }
        if !matches!(verb, Verb::Claim { .. }) {
            expected.serials.sort_unstable();
            answered.serials.sort_unstable();
        }
        prop_assert_eq!(&answered, &expected, "{:?} answered otherwise", verb);
        let found = self.real.ledger();
        prop_assert_eq!(&found, &self.ledger, "{:?} left another state", verb);
        if let Verb::Claim { owner, .. } = verb {
            let hand = |claim| Hand {
                claim,
                drawn: false,
            };
            let hands = expected.serials.into_iter().map(hand).collect();
            self.batches.push(Batch { owner, hands });
        }
        Ok(())
    }

    /// The verb of a step; none if there is nothing that it could be about.
    fn verb(&mut self, step: &Step) -> Option<Verb> {
        let now = self.now;
        Some(match *step {
            Step::People(verb, on) => people(verb, on),
            Step::Claim { owner, limit } => Verb::Claim {
                owner,
                limit,
                until: now + LEASE,
            },
            Step::Intend(from) => {
                let batch = self.batch(from)?;
                let fresh = batch.hands.iter_mut().filter(|hand| !hand.drawn);
                let claims: Vec<Serial> = fresh
                    .map(|hand| {
                        hand.drawn = true;
                        hand.claim
                    })
                    .collect();
                Verb::Intend {
                    owner: batch.owner,
                    claims,
                }
            }
            Step::Record(from) => {
                let batch = self.batch(from)?;
                let drawn = batch.hands.iter().filter(|hand| hand.drawn);
                Verb::Record {
                    owner: batch.owner,
                    claims: drawn.map(|hand| hand.claim).collect(),
                }
            }
            Step::GiveBack(from) => Verb::GiveBack(self.batch(from)?.hands.clone()),
            Step::Fail(from, on, hopeless) => {
                let hands = &self.batch(from)?.hands;
                let hand = *hands.get(on % hands.len().max(1))?;
                Verb::Fail { hand, hopeless }
            }
            Step::Recover => Verb::Recover,
            Step::Pass(seconds) => {
                self.now += seconds;
                return None;
            }
        })
    }

    /// One of the newest batches.
    fn batch(&mut self, from: usize) -> Option<&mut Batch> {
        let last = self.batches.len().checked_sub(1)?;
        self.batches.get_mut(last - from.min(last))
    }
}

/// A number of the environment, or the usual one.
fn told(name: &str, usual: u32) -> u32 {
    let text = std::env::var(name).ok();
    text.map_or(usual, |text| text.parse().unwrap())
}

fn walk(usual: u32, world: fn() -> World) {
    let config = Config {
        cases: told("INKAN_WALKS", usual),
        rng_seed: RngSeed::Fixed(told("INKAN_WALK_SEED", 1).into()),
        failure_persistence: None,
        ..Config::default()
    };
    let steps = proptest::collection::vec(step(), 10..60);
    let walked = TestRunner::new(config).run(&steps, |steps| {
        let mut walk = Walk::new(world());
        for step in &steps {
            walk.go(step)?;
        }
        let breaches = walk.real.breaches();
        prop_assert!(breaches.is_empty(), "{:?}", breaches);
        prop_assert!(walk.real.audit_agrees());
        Ok(())
    });
    if let Err(difference) = walked {
        panic!("{difference}");
    }
}

#[test]
fn walks_on_sqlite_end_where_the_model_says() {
    walk(40, World::sqlite);
}

#[test]
fn walks_on_postgres_end_where_the_model_says() {
    walk(16, World::postgres);
}
