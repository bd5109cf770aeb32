//! A question before what cannot be taken back. It is asked where somebody sits at a terminal; a script is not asked.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::bail;

/// Goes on where `yes` is said already or nobody sits at the terminal; otherwise shows `what` and takes `yes` alone for an
/// agreement.
///
/// # Errors
/// Anything else was typed: nothing may be done.
pub fn confirm(what: &str, yes: bool) -> anyhow::Result<()> {
    if yes || !io::stdin().is_terminal() {
        return Ok(());
    }
    ask(what, &mut io::stdin().lock(), &mut io::stderr())
}

fn ask(what: &str, typed: &mut dyn BufRead, shown: &mut dyn Write) -> anyhow::Result<()> {
    write!(shown, "{what}\nType yes to go on: ")?;
    shown.flush()?;
    let mut line = String::new();
    typed.read_line(&mut line)?;
    if line.trim() == "yes" {
        return Ok(());
    }
    bail!("nothing was done")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_an_agreement() {
        for (typed, goes_on) in [
            ("yes\n", true),
            (" yes \r\n", true),
            ("y\n", false),
            ("no\n", false),
            ("\n", false),
            ("", false),
            ("yes please\n", false),
        ] {
            let mut shown = Vec::new();
            let said = ask("It ends.", &mut typed.as_bytes(), &mut shown);
            assert_eq!(said.is_ok(), goes_on, "{typed:?}");
            assert!(String::from_utf8(shown).unwrap().starts_with("It ends.\n"));
        }
    }
}
