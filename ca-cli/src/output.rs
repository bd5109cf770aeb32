//! Standard output and standard error, whose reader may have seen enough (`| head`).

use std::io::{self, ErrorKind, Write};

/// Writes into `W` until its reader has gone, and from then on nowhere: the command does the rest of its work, and
/// its status says how that went.
#[derive(Debug)]
pub struct Output<W> {
    to: W,
    is_closed: bool,
}

impl<W: Write> Output<W> {
    /// Before anything is written.
    pub fn new(to: W) -> Self {
        Self {
            to,
            is_closed: false,
        }
    }

    /// `done`, or `instead` when the reader has gone.
    fn unless_closed<T>(&mut self, done: io::Result<T>, instead: T) -> io::Result<T> {
        match done {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(instead)
            }
            done => done,
        }
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_closed {
            return Ok(bytes.len());
        }
        let done = self.to.write(bytes);
        self.unless_closed(done, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_closed {
            return Ok(());
        }
        let done = self.to.flush();
        self.unless_closed(done, ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `left` bytes, then fails.
    struct Reader {
        left: usize,
        failure: ErrorKind,
        calls: usize,
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.calls += 1;
            if self.left == 0 {
                return Err(self.failure.into());
            }
            let taken = bytes.len().min(self.left);
            self.left -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn reader(failure: ErrorKind) -> Output<Reader> {
        Output::new(Reader {
            left: 3,
            failure,
            calls: 0,
        })
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error_for_text_or_json() {
        let mut out = reader(ErrorKind::BrokenPipe);
        writeln!(out, "a longer line").unwrap();
        crate::table::write_json(&mut out, &["a", "b"]).unwrap();
        out.flush().unwrap();
        assert_eq!(out.to.calls, 2);
    }

    #[test]
    fn a_full_disk_is_one() {
        let mut out = reader(ErrorKind::StorageFull);
        let error = writeln!(out, "a longer line").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}
