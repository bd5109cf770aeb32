//! A listener's door: how many connections are open behind it, in all and of one source.
//!
//! Each listener has a budget of its own, so that none starves another: whoever fills the offices' pages leaves the console,
//! the lists and the figures alone. Within it one source takes a part, so that a stranger with thousands of sockets
//! shuts nobody out but itself. Whom a door refuses is hung up on at once, before a handshake costs anything.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::source;

/// A budget that is overdrawn is told at most so often.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// How many connections may be open at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// From everywhere.
    pub all: u32,
    /// From one source: an IPv4 address, or the /64 network of an IPv6 address.
    pub one_source: u32,
}

impl Budget {
    /// So many from everywhere, and so many of them from one source.
    pub const fn new(all: u32, one_source: u32) -> Self {
        Self { all, one_source }
    }
}

/// Why somebody is hung up on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The listener has as many connections as it may.
    Full,
    /// The source has.
    Source,
}

impl Refusal {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Full, Self::Source];

    /// As metrics say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Source => "source",
        }
    }
}

/// The door of one listener.
#[derive(Debug)]
pub struct Door {
    /// The listener, by its key in the configuration.
    pub listener: &'static str,
    /// What it may have open.
    pub budget: Budget,
    inside: Mutex<Inside>,
    full: AtomicU64,
    source: AtomicU64,
    cut: AtomicU64,
}

#[derive(Debug, Default)]
struct Inside {
    all: u32,
    sources: HashMap<IpAddr, u32>,
    untold: u64,
    told: Option<Instant>,
}

/// An open connection's place; given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    door: Arc<Door>,
    /// None for a proxy of ours, whose visitors are many.
    source: Option<IpAddr>,
}

impl Door {
    /// A door that nobody has passed.
    pub fn new(listener: &'static str, budget: Budget) -> Arc<Self> {
        Arc::new(Self {
            listener,
            budget,
            inside: Mutex::default(),
            full: AtomicU64::new(0),
            source: AtomicU64::new(0),
            cut: AtomicU64::new(0),
        })
    }

    /// A place for a connection from `address`, or nothing where the budget is spent. A proxy of ours counts for the
    /// listener alone.
    pub fn enter(self: &Arc<Self>, address: IpAddr, is_our_proxy: bool) -> Option<Place> {
        let source = (!is_our_proxy).then(|| source::network(address));
        let mut inside = self.inside();
        let own = source.and_then(|source| inside.sources.get(&source).copied());
        let refusal = if own.is_some_and(|own| own >= self.budget.one_source) {
            Some(Refusal::Source)
        } else {
            (inside.all >= self.budget.all).then_some(Refusal::Full)
        };
        if let Some(refusal) = refusal {
            self.count(refusal).fetch_add(1, Ordering::Relaxed);
            self.tell(&mut inside, refusal, address);
            return None;
        }
        inside.all += 1;
        if let Some(source) = source {
            *inside.sources.entry(source).or_default() += 1;
        }
        Some(Place {
            door: Arc::clone(self),
            source,
        })
    }

    /// Connections that are open.
    pub fn open(&self) -> u32 {
        self.inside().all
    }

    /// How many were refused for this reason since the program started.
    pub fn refused(&self, refusal: Refusal) -> u64 {
        self.count(refusal).load(Ordering::Relaxed)
    }

    /// How many were cut because a request took too long.
    pub fn cut(&self) -> u64 {
        self.cut.load(Ordering::Relaxed)
    }

    fn count(&self, refusal: Refusal) -> &AtomicU64 {
        match refusal {
            Refusal::Full => &self.full,
            Refusal::Source => &self.source,
        }
    }

    /// The first refusal at once, then one line a minute with how many there were.
    fn tell(&self, inside: &mut Inside, refusal: Refusal, address: IpAddr) {
        inside.untold += 1;
        if inside.told.is_some_and(|told| told.elapsed() < TOLD_EVERY) {
            return;
        }
        let refused = std::mem::take(&mut inside.untold);
        inside.told = Some(Instant::now());
        tracing::warn!(
            listener = self.listener,
            refused,
            because = refusal.as_str(),
            from = %address,
            open = inside.all,
            "a listener has as many connections as it may; new ones are hung up on"
        );
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // Nothing is done under the lock that could fail half way.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Its door.
    #[cfg(test)]
    pub(crate) fn door(&self) -> &Door {
        &self.door
    }

    /// Notes that its connection is cut because a request took too long.
    pub fn is_cut(&self) {
        self.door.cut.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(
            listener = self.door.listener,
            source = ?self.source,
            "a connection is cut: its request or the reply took too long"
        );
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.door.inside();
        inside.all = inside.all.saturating_sub(1);
        let Some(source) = self.source else {
            return;
        };
        if let Some(own) = inside.sources.get_mut(&source) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                inside.sources.remove(&source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(all: u32, one_source: u32) -> Arc<Door> {
        Door::new("https", Budget::new(all, one_source))
    }

    fn from(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_source_that_has_its_part_shuts_nobody_out_but_itself() {
        let door = door(5, 2);
        let mut held = Vec::new();
        for _ in 0..2 {
            held.push(door.enter(from("192.0.2.7"), false).unwrap());
        }
        assert!(door.enter(from("192.0.2.7"), false).is_none());
        held.push(door.enter(from("192.0.2.8"), false).unwrap());
        assert_eq!((door.open(), door.refused(Refusal::Source)), (3, 1));
        held.clear();
        assert_eq!(door.open(), 0);
        assert!(door.inside().sources.is_empty(), "nothing is remembered");
        assert!(door.enter(from("192.0.2.7"), false).is_some());
    }

    #[test]
    fn one_subscriber_of_ipv6_is_one_source_and_a_proxy_of_ours_is_none() {
        let door = door(4, 1);
        let _one = door.enter(from("2001:db8:1:2::1"), false).unwrap();
        assert!(door.enter(from("2001:db8:1:2:ffff::9"), false).is_none());
        let _other = door.enter(from("2001:db8:1:3::1"), false).unwrap();
        let _proxied = [(), ()].map(|()| door.enter(from("127.0.0.1"), true).unwrap());
        assert!(door.enter(from("127.0.0.1"), true).is_none());
        assert_eq!(door.refused(Refusal::Full), 1);
    }

    #[test]
    fn many_refusals_are_one_line_and_one_figure() {
        let door = door(1, 1);
        let _place = door.enter(from("192.0.2.7"), false).unwrap();
        for _ in 0..100 {
            assert!(door.enter(from("192.0.2.8"), false).is_none());
        }
        assert_eq!(door.refused(Refusal::Full), 100);
        assert_eq!(door.inside().untold, 99, "for the next line");
    }
}
