//! What people read when a command fails: one message, every cause once, no backtrace.

use std::io;

/// The error and its causes in one line of thought; a cause that the text above it already tells is left out.
pub fn of(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let said = cause.to_string();
        if text.contains(&said) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&said);
    }
    text
}

/// Whether the reader of our output has gone away, which is no failure of ours.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow!("the disk is full").context("letters.pdf: the disk is full");
        assert_eq!(of(&error), "letters.pdf: the disk is full");
        let error = anyhow!("the disk is full").context("cannot write letters.pdf");
        assert_eq!(of(&error), "cannot write letters.pdf: the disk is full");
    }

    #[test]
    fn a_closed_pipe_is_known_below_other_words() {
        let pipe = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_closed_pipe(
            &anyhow::Error::from(pipe).context("writing")
        ));
        assert!(!is_closed_pipe(&anyhow!("no")));
    }
}
