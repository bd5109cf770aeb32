//! A fault that lasts is one ERROR in the log and then a count, not a line at every try.

/// After so many repetitions the count is logged, and again at every doubling.
const FIRST_COUNT: u64 = 100;

/// What one loop knows of its fault.
#[derive(Debug)]
pub(crate) struct OneFault {
    what: &'static str,
    error: String,
    repeated: u64,
    next_count: u64,
}

impl OneFault {
    /// No fault yet; `what` is the line that one gets.
    pub(crate) const fn new(what: &'static str) -> Self {
        Self {
            what,
            error: String::new(),
            repeated: 0,
            next_count: FIRST_COUNT,
        }
    }

    /// What a look found; an empty text is no fault.
    pub(crate) fn is(&mut self, error: &str) {
        match error.is_empty() {
            true => self.is_over(),
            false => self.is_there(error),
        }
    }

    /// A look failed with `error`: an ERROR if that is new, else counted.
    pub(crate) fn is_there(&mut self, error: &str) {
        if self.error != error {
            self.tell_count();
            tracing::error!(error, "{}", self.what);
            error.clone_into(&mut self.error);
            return;
        }
        self.repeated += 1;
        if self.repeated == self.next_count {
            self.next_count *= 2;
            tracing::warn!(error, repeated = self.repeated, "{}; still", self.what);
        }
    }

    /// A look succeeded.
    pub(crate) fn is_over(&mut self) {
        if self.error.is_empty() {
            return;
        }
        self.tell_count();
        tracing::info!(error = self.error, "this fault is over: {}", self.what);
        self.error.clear();
    }

    fn tell_count(&mut self) {
        if self.repeated > 0 {
            let (error, repeated) = (&self.error, self.repeated);
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
            let mut fault = OneFault::new("it is tried again");
            (0..7).for_each(|_| fault.is_there("disk full"));
            fault.is("disk away");
            (0..150).for_each(|_| fault.is_there("disk away"));
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
