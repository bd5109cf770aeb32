//! How many connections each listener may have open, within the files that this process may open.

use std::net::TcpListener;

use super::listener::Listener;
use super::tls;
use crate::door::{Budget, Door};
use crate::site::Area;

/// Files that are no connections: the database's, the log, what is read in passing.
const OTHER_FILES: u64 = 200;

/// Plain http: lists, OCSP, the way to https.
const HTTP: Budget = Budget::new(1_000, 200);
/// The pages of offices. A head office behind one address has dozens of browsers, each with up to six connections.
const OFFICES: Budget = Budget::new(2_000, 250);
/// Operators are few; their certificate is asked for in the handshake, after the door.
const CONSOLE: Budget = Budget::new(250, 60);
/// Behind a proxy; strangers are refused by their address, and use up little.
const PROXIED: Budget = Budget::new(2_000, 10);
/// Monitoring.
const METRICS: Budget = Budget::new(50, 15);
/// What all of them need.
const ALL: u64 = 7_300;

/// The budgets of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budgets {
    files: u64,
}

impl Budgets {
    /// Lets the process open as many files as the system allows it, and shares them out.
    pub(super) fn of_this_process() -> Self {
        let files = ca_core::process::open_all_files_allowed();
        if files < ALL + OTHER_FILES {
            tracing::warn!(
                files,
                needed = ALL + OTHER_FILES,
                "this process may open few files, so listeners take fewer connections; raise its hard limit (LimitNOFILE= in a \
                 unit of systemd, ulimit -Hn in a shell)"
            );
        }
        Self { files }
    }

    pub(super) fn http(self, socket: TcpListener) -> Listener {
        self.listener("http", HTTP, socket, 1)
    }

    pub(super) fn https(self, area: Area, socket: TcpListener, tls: tls::Builder) -> Listener {
        let (name, budget, threads) = match area {
            Area::Console => ("console", CONSOLE, 1),
            Area::Portal => ("portal", OFFICES, 2),
            Area::Applicant | Area::Plain => ("https", OFFICES, 2),
        };
        Listener {
            tls: Some(tls),
            ..self.listener(name, budget, socket, threads)
        }
    }

    pub(super) fn proxied(self, socket: TcpListener) -> Listener {
        self.listener("proxy", PROXIED, socket, 2)
    }

    pub(super) fn metrics(self, socket: TcpListener) -> Listener {
        self.listener("metrics", METRICS, socket, 1)
    }

    fn listener(
        self,
        name: &'static str,
        budget: Budget,
        socket: TcpListener,
        threads: usize,
    ) -> Listener {
        Listener {
            socket,
            door: Door::new(name, self.share(budget)),
            tls: None,
            threads,
        }
    }

    /// The budget where there are files enough, else its part of what there is; one connection at least.
    fn share(self, budget: Budget) -> Budget {
        let there = self.files.saturating_sub(OTHER_FILES);
        if there >= ALL {
            return budget;
        }
        let part = |count: u32| {
            let part = u64::from(count) * there / ALL;
            u32::try_from(part).unwrap_or(count).max(1)
        };
        Budget {
            all: part(budget.all),
            one_source: part(budget.one_source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_budgets_together_fit_into_the_files_that_there_are() {
        let budgets = [HTTP, OFFICES, OFFICES, CONSOLE, PROXIED, METRICS];
        let all = |files| {
            let shares = budgets.map(|budget| Budgets { files }.share(budget).all);
            u64::from(shares.iter().sum::<u32>())
        };
        assert_eq!(all(100_000), ALL);
        for files in [400, 1_024, 4_096, ALL + OTHER_FILES] {
            assert!(all(files) + OTHER_FILES <= files, "{files}");
        }
        for budget in budgets {
            assert!(budget.one_source * 3 < budget.all, "{budget:?}");
        }
    }
}
