//! Work in parallel: items on a few threads, results in the order of the items.
use std::sync::Mutex;

use rustix::process::setpriority_process;
use rustix::thread::gettid;
use zeroize::zeroize_stack;

/// As nice as can be: whoever waits for a page, a login or an answer goes first.
const NICE: i32 = 19;

/// More bytes of stack than work on an item uses.
const STACK: usize = 131_072;

/// Applies `work` to every item on up to `threads` threads.
///
/// Threads take the next item when they are done with one, so that a slow item (an RSA key) holds nobody up. All of them
/// [stand back](stand_back), and so none is the caller's own.
pub(crate) fn in_parallel<T: Send, R: Send>(
    threads: usize,
    items: Vec<T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let threads = threads.clamp(1, items.len().max(1));
    let results: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let queue = Mutex::new(items.into_iter().enumerate());
    let next = || {
        queue
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .next()
    };
    // What is logged on these threads belongs to the same worker, and to whoever listens to this thread.
    let (span, listener) = (
        tracing::Span::current(),
        tracing::dispatcher::get_default(Clone::clone),
    );
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let _listener = tracing::dispatcher::set_default(&listener);
                let _entered = span.enter();
                stand_back();
                while let Some((place, item)) = next() {
                    let result = work(item);
                    results
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .push((place, result));
                }
                // The C library keeps a thread's stack for the next one, with whatever was left on it.
                zeroize_stack::<STACK>();
            });
        }
    });
    let mut results = results
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Lets this thread stand back behind those that somebody waits for.
pub fn stand_back() {
    if let Err(error) = setpriority_process(Some(gettid()), NICE) {
        tracing::debug!(%error, "a job cannot be made to stand back");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_once_and_order_is_kept() {
        for threads in [0, 1, 2, 7] {
            let squares = in_parallel(threads, (0..50).collect(), |number: u64| number * number);
            assert_eq!(
                squares,
                (0..50).map(|number| number * number).collect::<Vec<u64>>()
            );
        }
        assert!(in_parallel(4, Vec::new(), |(): ()| ()).is_empty());
    }

    #[test]
    fn jobs_stand_back_and_their_caller_does_not() {
        use rustix::process::getpriority_process;
        let nice = || getpriority_process(Some(gettid())).unwrap();
        let before = nice();
        assert_eq!(in_parallel(1, vec![(); 2], |()| nice()), [NICE; 2]);
        assert_eq!(nice(), before);
    }

    #[test]
    fn threads_really_run_side_by_side() {
        let meet = std::sync::Barrier::new(2);
        in_parallel(2, vec![(), ()], |()| meet.wait());
    }
}
