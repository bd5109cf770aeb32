//! `ca-cli letter remind`: certificates that end soon, to offices without a mail address.

use std::io::Write;
use std::path::{Path, PathBuf};

use ca_core::domain::time::iso_datetime;
use clap::Args;
use serde_json::json;

use super::refuse_left_out;
use crate::desk::{Desk, staff_name};
use crate::file;
use crate::letter::{Press, Reminded};
use crate::table::write_json;

/// Where to print the reminders.
#[derive(Debug, Args)]
pub struct Remind {
    /// Every certificate that waits for its reminder; each gets one letter.
    #[arg(long, required = true)]
    due: bool,
    /// The PDF to write, readable for you alone. `-` is standard output; printing then is up to its reader.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn remind(command: &Remind, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    file::refuse_terminal(&command.out)?;
    let store = desk.store()?;
    let press = Press {
        config: &desk.config,
        store: &store,
        clock: desk.clock.as_ref(),
        random: desk.random.as_ref(),
    };
    let staff = staff_name(command.name.as_deref());
    let reminded = press.remind(&staff, &command.out, command.force)?;
    let left_out = reminded.as_ref().map(|run| run.left_out.clone());
    let left_out = left_out.unwrap_or_default();
    // Nothing that is due is said where it is asked for; no file went there.
    let mut out: Box<dyn Write + '_> = match reminded {
        Some(_) => file::words(&command.out, out),
        None => Box::new(out),
    };
    if command.json {
        write_json(&mut out, &report(reminded.as_ref(), &command.out))?;
        return refuse_left_out(&left_out);
    }
    let Some(reminded) = reminded else {
        writeln!(out, "送るべき期限のお知らせはありません。")?;
        writeln!(out, "Nothing is due; no file was written.")?;
        return Ok(());
    };
    let (count, path) = (reminded.letters.len(), file::called(&command.out));
    writeln!(out, "{count}通の期限のお知らせを {path} に書きました。")?;
    writeln!(
        out,
        "{count} reminders are in {path}, run {}: print and post them. None will be printed again.",
        reminded.run_id
    )?;
    if reminded.left_over > 0 {
        writeln!(
            out,
            "{} more are due: run the command again with another --out.",
            reminded.left_over
        )?;
    }
    refuse_left_out(&left_out)
}

fn report(reminded: Option<&Reminded>, path: &Path) -> serde_json::Value {
    let Some(reminded) = reminded else {
        return json!({ "run": null, "out": null, "letters": [], "left_over": 0, "left_out": [] });
    };
    let letters = reminded.letters.iter().map(|letter| {
        json!({
            "number": letter.number,
            "user_id": letter.user_id.as_str(),
            "not_after": iso_datetime(letter.until),
        })
    });
    json!({
        "run": reminded.run_id,
        "out": path,
        "letters": letters.collect::<Vec<_>>(),
        "left_over": reminded.left_over,
        "left_out": reminded.left_out,
    })
}
