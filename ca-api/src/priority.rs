//! Threads whose work can wait give way at once to every other thread of the machine that has something to do.

use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::gettid;
use thread_priority::{
    Error, NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id, thread_schedule_policy,
};

/// A thread of another class that wakes takes the core of one of this class at once. From one that is merely nice it
/// takes it when that one's time slice is over, some milliseconds later.
const IDLE: ThreadSchedulePolicy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
/// Where the system has no such class, or refuses it, as `nice` counts: a tenth of a core where others want all of it.
const NICE: i32 = 10;

/// Lets this thread give way.
pub(crate) fn give_way() {
    let own = Some(gettid());
    let before = getpriority_process(own);
    if let Err(error) = become_idle() {
        tracing::debug!(?error, "the idle class is refused; being nice is left");
    }
    let nice = before.and_then(|before| setpriority_process(own, NICE.max(before)));
    if let (Err(error), false) = (nice, is_idle()) {
        tracing::warn!(%error, "password checks cannot be made to give way to other work");
    }
}

fn become_idle() -> Result<(), Error> {
    set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, IDLE)
}

fn is_idle() -> bool {
    thread_schedule_policy() == Ok(IDLE)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::thread;

    use super::*;

    /// Whether this thread is of the idle class, and how nice it is.
    pub(crate) fn standing() -> (bool, i32) {
        (is_idle(), getpriority_process(Some(gettid())).unwrap())
    }

    #[test]
    fn a_thread_that_gives_way_is_of_the_idle_class_and_nice_where_that_is_refused() {
        let refused = thread::spawn(|| become_idle().is_err());
        let refused = refused.join().unwrap();
        let gave_way = thread::spawn(|| {
            give_way();
            standing()
        });
        let (is_idle, nice) = gave_way.join().unwrap();
        assert!(is_idle || refused);
        assert!(nice >= NICE);
        assert_ne!(standing(), (is_idle, nice));
    }
}
