//! A fault that lasts is one ERROR in the log and then a count, not a line at every try.
use std::sync::{Mutex, MutexGuard, PoisonError};

/// After so many repetitions the count is logged, and again at every doubling.
const FIRST_COUNT: u64 = 100;

/// A fault that is there in more words than these has nothing new to say.
const MOST_WORDS: usize = 8;

/// What is known of the fault of one piece of work that is tried again and again, by one thread or by many.
#[derive(Debug)]
pub struct OneFault {
    what: &'static str,
    last: Mutex<Last>,
}

/// The fault that is there, in each of its words: what is one to us (the database is away) may be told in turn by those
/// who lost a connection and those who got none. Empty when there is none.
#[derive(Debug)]
struct Last {
    errors: Vec<String>,
    repeated: u64,
    next_count: u64,
}

impl OneFault {
    /// No fault yet; `what` is the line that one gets.
    pub const fn new(what: &'static str) -> Self {
        let none = Last {
            errors: Vec::new(),
            repeated: 0,
            next_count: FIRST_COUNT,
        };
        Self {
            what,
            last: Mutex::new(none),
        }
    }

    /// What a look found; an empty text is no fault.
    pub fn is(&self, error: &str) {
        match error.is_empty() {
            true => self.is_over(),
            false => self.is_there(error),
        }
    }

    /// A look failed with `error`: an ERROR if that was not said since the fault began, else counted.
    pub fn is_there(&self, error: &str) {
        let mut last = self.last();
        let is_known = last.errors.iter().any(|known| known == error);
        if !is_known && last.errors.len() < MOST_WORDS {
            last.tell_count();
            tracing::error!(error, "{}", self.what);
            last.errors.push(error.to_owned());
            return;
        }
        last.repeated += 1;
        if last.repeated == last.next_count {
            last.next_count *= 2;
            tracing::warn!(error, repeated = last.repeated, "{}; still", self.what);
        }
    }

    /// A look succeeded.
    pub fn is_over(&self) {
        let mut last = self.last();
        if last.errors.is_empty() {
            return;
        }
        last.tell_count();
        let error = last.errors.join("; ");
        tracing::info!(error, "this fault is over: {}", self.what);
        last.errors.clear();
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Last {
    fn tell_count(&mut self) {
        if self.repeated > 0 {
            let (error, repeated) = (self.errors.join("; "), self.repeated);
            tracing::warn!(error, repeated, "the last fault was repeated");
        }
        self.repeated = 0;
        self.next_count = FIRST_COUNT;
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_lasting_fault_is_one_error_and_then_a_count() {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .finish();
        tracing::subscriber::with_default(log, || {
            let fault = OneFault::new("it is tried again");
            (0..7).for_each(|_| fault.is_there("disk full"));
            fault.is("disk away");
            (0..75).for_each(|_| {
                fault.is_there("disk full");
                fault.is_there("disk away");
            });
            fault.is("");
            fault.is_over();
        });
        let said = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(said.matches("ERROR").count(), 2, "{said}");
        for count in ["repeated=6", "repeated=100", "repeated=150"] {
            assert!(said.contains(count), "{count}: {said}");
        }
        assert_eq!(said.matches("fault is over").count(), 1, "{said}");
    }
}
