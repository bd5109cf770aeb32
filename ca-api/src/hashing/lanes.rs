//! Whose password is checked next: three lanes, and within a lane fair turns by source and by user ID.
//!
//! Operators come first: they are few, and their certificate was asked for in the handshake. People of whom we know already
//! who they are (by a certificate of ours, or by a session) and everybody else take turns. Within a lane each source has
//! its turn, however many of its tries wait; within a source each user ID. So whoever sends thousands of tries waits behind
//! itself.

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::source::network;

/// Who tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Whoever shows an operator's certificate.
    Operators,
    /// Whoever shows a client's certificate of ours, or has a session.
    Known,
    /// Everybody else.
    Strangers,
}

/// Whose turn a try is.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The lane.
    pub lane: Lane,
    /// Where it comes from; none where that is not known (behind a proxy that does not say), and all are one source.
    pub from: Option<IpAddr>,
    /// The ID or the name that was typed.
    pub name: String,
}

/// Tries that wait in all lanes.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    operators: Queue<T>,
    known: Queue<T>,
    strangers: Queue<T>,
    /// Whether the strangers are before the known ones.
    strangers_next: bool,
}

/// How many may wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// In a lane.
    pub(super) lane: usize,
    /// Of one source in a lane.
    pub(super) source: usize,
}

impl<T> Lanes<T> {
    pub(super) fn new(room: Room) -> Self {
        let queue = || Queue {
            room,
            waiting: 0,
            sources: VecDeque::new(),
        };
        Self {
            operators: queue(),
            known: queue(),
            strangers: queue(),
            strangers_next: false,
        }
    }

    /// Lets it wait. Returned is what finds no place: this one where its source has its part already, and where the lane is full the
    /// last one of whichever source has most.
    pub(super) fn push(&mut self, turn: &Turn, item: T) -> Option<T> {
        let queue = match turn.lane {
            Lane::Operators => &mut self.operators,
            Lane::Known => &mut self.known,
            Lane::Strangers => &mut self.strangers,
        };
        queue.push(turn.from.map(network), &turn.name, item)
    }

    /// Whether nobody waits.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        let lanes = [&self.operators, &self.known, &self.strangers];
        lanes.iter().all(|queue| queue.waiting == 0)
    }

    /// The next one.
    pub(super) fn pop(&mut self) -> Option<T> {
        if let Some(operator) = self.operators.pop() {
            return Some(operator);
        }
        let strangers_first = self.strangers_next;
        self.strangers_next = !strangers_first;
        let (first, second) = if strangers_first {
            (&mut self.strangers, &mut self.known)
        } else {
            (&mut self.known, &mut self.strangers)
        };
        first.pop().or_else(|| second.pop())
    }
}

/// One lane. The sources are in the order of their turns.
#[derive(Debug)]
struct Queue<T> {
    room: Room,
    waiting: usize,
    sources: VecDeque<Source<T>>,
}

/// A source's tries, by name in the order of their turns.
#[derive(Debug)]
struct Source<T> {
    from: Option<IpAddr>,
    waiting: usize,
    names: VecDeque<(String, VecDeque<T>)>,
}

impl<T> Queue<T> {
    fn push(&mut self, from: Option<IpAddr>, name: &str, item: T) -> Option<T> {
        let own = self.sources.iter().position(|source| source.from == from);
        let waits = own
            .and_then(|at| self.sources.get(at))
            .map_or(0, |source| source.waiting);
        // Where nobody says who comes from where, all are one source, and the lane alone bounds it.
        if from.is_some() && waits >= self.room.source {
            return Some(item);
        }
        let mut displaced = None;
        if self.waiting >= self.room.lane {
            let most = self.sources.iter().map(|source| source.waiting).max();
            if most.is_none_or(|most| most <= waits + 1) {
                return Some(item);
            }
            let longest = self
                .sources
                .iter_mut()
                .find(|source| Some(source.waiting) == most);
            displaced = longest.and_then(Source::give_up_last);
            self.waiting -= usize::from(displaced.is_some());
        }
        if own.is_none() {
            self.sources.push_back(Source {
                from,
                waiting: 0,
                names: VecDeque::new(),
            });
        }
        let at = own.unwrap_or(self.sources.len() - 1);
        if let Some(source) = self.sources.get_mut(at) {
            source.push(name, item);
            self.waiting += 1;
        }
        displaced
    }

    fn pop(&mut self) -> Option<T> {
        let mut source = self.sources.pop_front()?;
        let next = source.pop();
        self.waiting -= usize::from(next.is_some());
        if source.waiting > 0 {
            self.sources.push_back(source);
        }
        next
    }
}

impl<T> Source<T> {
    fn push(&mut self, name: &str, item: T) {
        self.waiting += 1;
        match self.names.iter_mut().find(|(known, _)| known == name) {
            Some((_, tries)) => tries.push_back(item),
            None => self
                .names
                .push_back((name.to_owned(), VecDeque::from([item]))),
        }
    }

    fn pop(&mut self) -> Option<T> {
        let (name, mut tries) = self.names.pop_front()?;
        let next = tries.pop_front();
        self.waiting -= usize::from(next.is_some());
        if !tries.is_empty() {
            self.names.push_back((name, tries));
        }
        next
    }

    /// The last try of the name with most of them.
    fn give_up_last(&mut self) -> Option<T> {
        let most = self.names.iter().map(|(_, tries)| tries.len()).max()?;
        let at = self
            .names
            .iter()
            .rposition(|(_, tries)| tries.len() == most)?;
        let (_, tries) = self.names.get_mut(at)?;
        let last = tries.pop_back();
        if tries.is_empty() {
            self.names.remove(at);
        }
        self.waiting -= usize::from(last.is_some());
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { lane: 8, source: 4 };

    fn turn(lane: Lane, from: u8, name: &str) -> Turn {
        Turn {
            lane,
            from: Some([192, 0, 2, from].into()),
            name: name.to_owned(),
        }
    }

    fn stranger(from: u8, name: &str) -> Turn {
        turn(Lane::Strangers, from, name)
    }

    fn drained(lanes: &mut Lanes<String>) -> Vec<String> {
        std::iter::from_fn(|| lanes.pop()).collect()
    }

    #[test]
    fn each_source_has_its_turn_however_many_tries_of_another_wait() {
        let mut lanes = Lanes::new(ROOM);
        for number in 0..4 {
            let turn = stranger(1, &format!("random-{number}"));
            assert_eq!(lanes.push(&turn, format!("flood-{number}")), None);
        }
        lanes.push(&stranger(2, "a"), "office-a".to_owned());
        lanes.push(&stranger(3, "b"), "office-b".to_owned());
        let order = drained(&mut lanes);
        assert_eq!(
            order,
            [
                "flood-0", "office-a", "office-b", "flood-1", "flood-2", "flood-3"
            ]
        );
    }

    #[test]
    fn within_a_source_each_name_has_its_turn() {
        let mut lanes = Lanes::new(ROOM);
        for number in 0..3 {
            lanes.push(&stranger(1, "guessed"), format!("guess-{number}"));
        }
        lanes.push(&stranger(1, "neighbour"), "neighbour".to_owned());
        assert_eq!(
            drained(&mut lanes),
            ["guess-0", "neighbour", "guess-1", "guess-2"]
        );
    }

    #[test]
    fn a_source_that_has_its_part_is_turned_away_and_a_full_lane_takes_from_whoever_has_most() {
        let mut lanes = Lanes::new(ROOM);
        for number in 0..4 {
            lanes.push(&stranger(1, &number.to_string()), format!("one-{number}"));
        }
        let more = lanes.push(&stranger(1, "x"), "one-more".to_owned());
        assert_eq!(more.as_deref(), Some("one-more"));
        for number in 0..4 {
            lanes.push(&stranger(2, &number.to_string()), format!("two-{number}"));
        }
        let displaced = lanes.push(&stranger(3, "office"), "office".to_owned());
        assert_eq!(displaced.as_deref(), Some("one-3"));
        let order = drained(&mut lanes);
        assert_eq!(order.len(), 8);
        assert!(order.contains(&"office".to_owned()));
        assert_eq!(lanes.strangers.waiting, 0);
        assert!(lanes.strangers.sources.is_empty());
    }

    #[test]
    fn among_equals_the_newcomer_is_turned_away() {
        let mut lanes = Lanes::new(Room { lane: 2, source: 1 });
        for from in [1, 2] {
            assert_eq!(lanes.push(&stranger(from, "a"), from.to_string()), None);
        }
        let newcomer = lanes.push(&stranger(3, "a"), "3".to_owned());
        assert_eq!(newcomer.as_deref(), Some("3"));
    }

    #[test]
    fn operators_come_first_and_known_people_and_strangers_take_turns() {
        let mut lanes = Lanes::new(ROOM);
        for number in 0..3 {
            lanes.push(&stranger(number, "s"), format!("stranger-{number}"));
            let known = turn(Lane::Known, number, "k");
            lanes.push(&known, format!("known-{number}"));
        }
        lanes.push(&turn(Lane::Operators, 9, "suzuki"), "operator".to_owned());
        assert_eq!(
            drained(&mut lanes),
            [
                "operator",
                "known-0",
                "stranger-0",
                "known-1",
                "stranger-1",
                "known-2",
                "stranger-2"
            ]
        );
    }

    #[test]
    fn where_nobody_knows_who_comes_from_where_names_take_turns_and_the_lane_is_the_bound() {
        let mut lanes = Lanes::new(ROOM);
        let nameless = |name: &str| Turn {
            from: None,
            ..stranger(0, name)
        };
        for number in 0..8 {
            assert_eq!(
                lanes.push(&nameless(&number.to_string()), number.to_string()),
                None
            );
        }
        assert!(lanes.push(&nameless("x"), "x".to_owned()).is_some());
    }
}
