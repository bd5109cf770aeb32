//! `ca-cli operator approval-key`: the key that makes the console's approvals count.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use ca_core::domain::approval::ApprovalKey;

use crate::desk::Desk;
use crate::file::write_private;

pub(super) fn run(desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let file = make(desk)?;
    writeln!(out, "The approval key is in {}.", file.display())?;
    writeln!(
        out,
        "Only the worker and the process that serves the console may read it; carry it to their machines and keep \
         it out of backups of the database."
    )?;
    writeln!(
        out,
        "Next: start both anew. Approvals that wait and were made under another key are not signed: the console \
         asks for them again."
    )?;
    Ok(())
}

/// Makes the key unless it is there: what `ca init` and the demo do.
pub(crate) fn make_if_missing(desk: &Desk) -> anyhow::Result<()> {
    if desk.config.approval_key_file().exists() {
        return Ok(());
    }
    make(desk).map(drop)
}

fn make(desk: &Desk) -> anyhow::Result<PathBuf> {
    let file = desk.config.approval_key_file();
    if let Some(folder) = file.parent() {
        ca_core::private_file::create_folder(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let key = ApprovalKey::draw(desk.random.as_ref());
    write_private(&file, key.to_file().as_bytes())?;
    Ok(file)
}
