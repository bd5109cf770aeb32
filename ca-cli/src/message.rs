//! What people read when a command fails: one message, every cause once, no backtrace.

/// The error and its causes in one line of thought; a cause that the text above it already tells is left out.
pub fn of(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        // libpq breaks its sentences with line feeds and tabs.
        let said = cause.to_string().replace("\n\t", " ").replace("\n;", ";");
        if text.contains(&said) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&said);
    }
    if let Some(advice) = advice(&text) {
        text.push_str(advice);
    }
    text
}

/// The next step for what the system says without one, in the words of Linux, SQLite and PostgreSQL.
fn advice(text: &str) -> Option<&'static str> {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["disk is full", "No space left on device"]) {
        return Some(
            "; nothing was done by halves: free some space on that disk, then run the same command again",
        );
    }
    if says(&["database is locked"]) {
        return Some(
            "; another program holds the database: run the same command again when it is done",
        );
    }
    if says(&[
        "Permission denied",
        "readonly database",
        "unable to open database file",
    ]) {
        return Some(
            "; run it as the account that owns the data folder, or mend the owner and mode of that file",
        );
    }
    // Of a program such as pg_restore; the store gives this advice itself.
    if says(&["permission denied for", "must be owner of"]) && !says(&["database roles"]) {
        return Some(
            "; the role of [database] url lacks a right: run this as the database's owner; `ca-cli database roles`, \
             also as the owner, gives the programs' roles theirs",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow!("the pen is dry").context("letters.pdf: the pen is dry");
        assert_eq!(of(&error), "letters.pdf: the pen is dry");
        let error = anyhow!("the pen is dry").context("cannot write letters.pdf");
        assert_eq!(of(&error), "cannot write letters.pdf: the pen is dry");
    }

    #[test]
    fn what_the_system_says_gets_a_next_step() {
        for (said, next) in [
            (
                "the database refused: database or disk is full",
                "free some space",
            ),
            (
                "cannot write a.pdf: No space left on device (os error 28)",
                "free some space",
            ),
            ("cannot read x: Permission denied (os error 13)", "owner"),
            (
                "pg_restore: error: permission denied for schema public",
                "ca-cli database roles",
            ),
        ] {
            let told = of(&anyhow!(said));
            assert!(told.starts_with(said) && told.contains(next), "{told}");
        }
    }
}
