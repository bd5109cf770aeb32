//! A signer that is busy on every core, as far as others on the machine can tell.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ca_worker::cycle::stand_back;

/// Does `work` while a thread for each core computes at the signer's priority.
pub(super) fn beside_signer<T>(work: impl FnOnce() -> T) -> T {
    let over = &AtomicBool::new(false);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                stand_back();
                while !over.load(Ordering::Relaxed) {
                    std::hint::black_box(0);
                }
            });
        }
        let done = work();
        over.store(true, Ordering::Relaxed);
        done
    })
}
