//! `ca-cli letter`: the posted letter 「ユーザＩＤとパスワードのお知らせ」, and reminders by post.

mod remind;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::desk::{Desk, staff_name};
use crate::file;
use crate::letter::{
    DEFAULT_TEMPLATE, Order, Press, Printed, Recovered, Selection, Unprintable, render,
    specimen_letters, specimen_run,
};
use crate::table::write_json;

/// What can be done with letters.
#[derive(Debug, Subcommand)]
pub enum LetterCommand {
    /// Make new passwords for accounts and print them into one PDF; the old passwords end at once.
    Print(Print),
    /// Remind by post those offices without a mail address whose certificate ends within 30 days.
    Remind(remind::Remind),
    /// Finish or clear away what an interrupted run left in a folder.
    Recover {
        /// The folder that --out pointed into.
        folder: PathBuf,
    },
    /// Write the built-in template to standard output, as a start for your own ([letter] template).
    Template,
    /// Draw two invented letters with the configured template and fonts.
    Specimen {
        /// The PDF to write. `-` is standard output.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// Whose letters, and where to.
#[derive(Debug, Args)]
pub struct Print {
    /// Every account that waits for a letter.
    #[arg(long, required_unless_present = "user_id", conflicts_with = "user_id")]
    due: bool,
    /// These accounts, due or not; may be given several times or as a list with commas.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    user_id: Vec<String>,
    /// Print at most so many of those that are due.
    #[arg(long, value_name = "N", conflicts_with = "user_id", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// The PDF to write, readable for you alone. `-` is standard output; printing then is up to its reader.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// Report as JSON; passwords are never in it.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &LetterCommand, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        LetterCommand::Print(command) => print(command, desk, out),
        LetterCommand::Remind(command) => remind::remind(command, desk, out),
        LetterCommand::Recover { folder } => recover(folder, desk, out),
        LetterCommand::Template => Ok(out.write_all(DEFAULT_TEMPLATE.as_bytes())?),
        LetterCommand::Specimen { out: path } => specimen(path, desk, out),
    }
}

impl Print {
    fn order(&self) -> Order {
        let most = self.limit.and_then(|limit| usize::try_from(limit).ok());
        let selection = if self.due {
            Selection::Due { most }
        } else {
            Selection::UserIds(self.user_id.clone())
        };
        Order {
            selection,
            target: self.out.clone(),
            replace: self.force,
        }
    }
}

fn print(command: &Print, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    file::refuse_terminal(&command.out)?;
    let store = desk.store()?;
    let press = Press {
        config: &desk.config,
        store: &store,
        clock: desk.clock.as_ref(),
        random: desk.random.as_ref(),
    };
    let printed = press.print(&staff_name(command.name.as_deref()), &command.order())?;
    let mut out = file::words(&command.out, out);
    if command.json {
        write_json(&mut out, &report(&printed, &command.out))?;
        return refuse_left_out(&printed.left_out);
    }
    let (count, place) = (printed.letters.len(), file::called(&command.out));
    writeln!(out, "{count}通のお知らせを {place} に書きました。")?;
    writeln!(
        out,
        "{count} letters are in {place}, run {}.",
        printed.run_id
    )?;
    writeln!(
        out,
        "The file holds passwords in the clear: print it, then delete it."
    )?;
    if printed.left_over > 0 {
        writeln!(
            out,
            "{} more are due: run the command again with another --out.",
            printed.left_over
        )?;
    }
    refuse_left_out(&printed.left_out)
}

/// Status 1 with the names of those that a run had to leave out.
fn refuse_left_out(left_out: &[Unprintable]) -> anyhow::Result<()> {
    if left_out.is_empty() {
        return Ok(());
    }
    let lines = left_out.iter().map(line_of).collect::<String>();
    bail!(
        "{0}件は印刷できなかったため、除いて印刷しました。台帳を直してからもう一度印刷してください:{lines}\n\
         {0} accounts could not be printed; the others were. Correct them in the register and print again.",
        left_out.len()
    )
}

/// An account whose letter cannot be printed, and why.
pub(super) fn line_of(bad: &Unprintable) -> String {
    format!("\n  {}  {} ({})", bad.user_id, bad.japanese, bad.english)
}

fn report(printed: &Printed, path: &Path) -> serde_json::Value {
    let letters = printed
        .letters
        .iter()
        .map(|letter| json!({ "number": letter.number, "user_id": letter.user_id.as_str() }));
    json!({
        "run": printed.run_id,
        "out": path,
        "letters": letters.collect::<Vec<_>>(),
        "left_over": printed.left_over,
        "left_out": printed.left_out,
    })
}

fn recover(folder: &Path, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let store = desk.store()?;
    let press = Press {
        config: &desk.config,
        store: &store,
        clock: desk.clock.as_ref(),
        random: desk.random.as_ref(),
    };
    let recovered = press.recover(folder)?;
    if recovered.is_empty() {
        writeln!(out, "no interrupted run in {}", folder.display())?;
    }
    for one in recovered {
        match one {
            Recovered::Placed { path, letters } => {
                writeln!(
                    out,
                    "{}: {letters} letters, recorded before the interruption: print them",
                    path.display()
                )?;
            }
            Recovered::Removed { path } => {
                writeln!(
                    out,
                    "{}: its run was never recorded; the draft is gone, print it again",
                    path.display()
                )?;
            }
        }
    }
    Ok(())
}

fn specimen(path: &Path, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    file::refuse_terminal(path)?;
    let template = crate::letter::template(&desk.config.letter)?;
    let pdf = render(&specimen_run(desk.now()), &specimen_letters(), &template)?;
    file::write_private(path, &pdf).context("the specimen")?;
    writeln!(
        file::words(path, out),
        "{}: invented letters, no account was touched",
        file::called(path)
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Cli, run};
    use clap::Parser;

    fn said(arguments: &[&str]) -> Result<String, String> {
        let cli = Cli::try_parse_from([&["ca-cli", "letter"], arguments].concat())
            .map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        run(&cli, &mut out).map_err(|error| crate::message::of(&error))?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_template_that_is_shown_draws_the_specimen() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(at("letter.typ"), said(&["template"]).unwrap()).unwrap();
        std::fs::write(at("inkan.toml"), "[letter]\ntemplate = \"letter.typ\"\n").unwrap();
        said(&[
            "specimen",
            "--config",
            &at("inkan.toml"),
            "--out",
            &at("own.pdf"),
        ])
        .unwrap();
        assert!(
            std::fs::read(at("own.pdf"))
                .unwrap()
                .starts_with(b"%PDF-1.7")
        );
        std::fs::write(at("letter.typ"), "#wrong").unwrap();
        let error = said(&[
            "specimen",
            "--config",
            &at("inkan.toml"),
            "--out",
            &at("x.pdf"),
        ]);
        assert!(
            error
                .unwrap_err()
                .contains("letter.typ:1: unknown variable")
        );
        assert!(!folder.path().join("x.pdf").exists());
    }

    #[test]
    fn whose_letters_has_to_be_said_one_way() {
        for wrong in [
            &["print", "--out", "x.pdf"][..],
            &["print", "--due"],
            &[
                "print",
                "--due",
                "--user-id",
                "KJ2700000001",
                "--out",
                "x.pdf",
            ],
            &[
                "print",
                "--user-id",
                "KJ2700000001",
                "--limit",
                "3",
                "--out",
                "x.pdf",
            ],
            &["print", "--due", "--limit", "0", "--out", "x.pdf"],
        ] {
            assert!(
                Cli::try_parse_from([&["ca-cli", "letter"], wrong].concat()).is_err(),
                "{wrong:?}"
            );
        }
    }
}
