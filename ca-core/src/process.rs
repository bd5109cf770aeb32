//! What every program does first: keep its memory to itself.
use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

/// Whatever is freed is wiped first, in every program. We wipe what we know of; libraries keep plain copies of keys and
/// passwords too (a reader of PKCS#12, a form's parser), and what they free would lie there until something else is
/// written over it.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

/// Switches core dumps off and keeps other processes of the same user from reading this one's memory:
/// passphrases, private keys and passwords pass through it. The machine's owner can look all the same.
///
/// The log says so. A system that allows neither (a sandbox may refuse the calls) is warned of, and the program goes on.
pub fn close_off() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let done =
        setrlimit(Resource::Core, none).and(set_dumpable_behavior(DumpableBehavior::NotDumpable));
    match done {
        Ok(()) => tracing::info!(
            "this program leaves no core dump, and no other process of its user can read its memory"
        ),
        Err(why) => tracing::warn!(
            %why,
            "the system does not let this program close its memory off: a core dump may show passwords and keys; allow it \
             setrlimit(2) and prctl(2), or switch core dumps off for the whole machine"
        ),
    }
}

/// Raises the number of files and sockets that this process may open at once to what the system allows it; returns it.
pub fn open_all_files_allowed() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    );
    let allowed = if raised.is_ok() { maximum } else { current };
    // No limit at all.
    allowed.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #[test]
    fn as_many_files_may_be_opened_as_the_system_allows() {
        let allowed = super::open_all_files_allowed();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let files = limits
            .lines()
            .find(|line| line.starts_with("Max open files"));
        let figures: Vec<_> = files.unwrap().split_whitespace().skip(3).take(2).collect();
        assert_eq!(figures[0], figures[1]);
        assert!(figures[0] == "unlimited" || figures[0] == allowed.to_string());
    }

    #[test]
    fn the_kernel_says_that_this_process_leaves_no_core() {
        super::close_off();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let core = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"));
        let figures: Vec<_> = core.unwrap().split_whitespace().skip(4).take(2).collect();
        assert_eq!(figures, ["0", "0"]);
        let dumpable = rustix::process::dumpable_behavior().unwrap();
        assert_eq!(dumpable, rustix::process::DumpableBehavior::NotDumpable);
    }
}
