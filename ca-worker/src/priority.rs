//! Signing stands back behind whatever somebody waits for: pages, OCSP answers, revocation lists.

use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::gettid;

/// How far, as `nice` counts: a tenth of a core where others want all of it. Not further, since backups and builds of
/// others may keep a machine busy for hours.
const NICE: i32 = 10;

/// Lets this thread, and those that it will start, run at the signer's priority.
pub fn stand_back() {
    let own = Some(gettid());
    let further = |now: i32| setpriority_process(own, NICE.max(now));
    if let Err(error) = getpriority_process(own).and_then(further) {
        tracing::warn!(%error, "signing cannot be made to give way to other work");
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn threads_that_a_signing_thread_starts_stand_back_with_it_and_others_do_not() {
        let own = || getpriority_process(Some(gettid())).unwrap();
        let before = own();
        let started = thread::spawn(move || {
            stand_back();
            thread::spawn(own).join().unwrap()
        });
        assert_eq!(started.join().unwrap(), NICE.max(before));
        assert_eq!(own(), before);
    }
}
