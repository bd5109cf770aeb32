//! `ca-cli thumbprint`: what the posted letter prints and what people compare with their screen.

use std::io::Write;

use ca_core::domain::thumbprint::Thumbprint;
use clap::Args;

use super::ca;
use crate::desk::Desk;
use crate::table::write_json;

/// In which form.
#[derive(Debug, Args)]
pub struct ThumbprintCommand {
    /// SHA-1 in five groups of eight capitals, as Windows' warning box shows it.
    #[arg(long, group = "form")]
    windows: bool,
    /// SHA-256 instead of SHA-1.
    #[arg(long, group = "form")]
    sha256: bool,
    /// All of them, as JSON.
    #[arg(long, group = "form")]
    json: bool,
}

pub(super) fn run(
    command: &ThumbprintCommand,
    desk: &Desk,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let root = ca::current(&desk.store()?)?;
    let thumbprint = Thumbprint::of_der(&root.certificate_der);
    if command.json {
        let facts = serde_json::json!({
            "generation": root.generation,
            "sha1": thumbprint.sha1_hex(),
            "windows": thumbprint.sha1_windows(),
            "sha256": thumbprint.sha256_hex(),
        });
        return write_json(out, &facts);
    }
    let text = match (command.windows, command.sha256) {
        (true, _) => thumbprint.sha1_windows(),
        (_, true) => thumbprint.sha256_hex(),
        _ => thumbprint.sha1_hex(),
    };
    writeln!(out, "{text}")?;
    Ok(())
}
