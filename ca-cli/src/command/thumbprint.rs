//! `ca-cli thumbprint`: what the posted letter prints and what people compare with their screen.

use std::io::Write;

use ca_core::domain::thumbprint::Thumbprint;
use ca_core::store::authority::Authority;
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
    let (current, older) = ca::active(&desk.store()?)?;
    if command.json {
        let mut all = facts(&current);
        if let (Some(all), false) = (all.as_object_mut(), older.is_empty()) {
            all.insert("older".into(), older.iter().map(facts).collect());
        }
        return write_json(out, &all);
    }
    // The first line is the root in use, alone: scripts read it.
    writeln!(out, "{}", command.text(&current))?;
    for root in &older {
        let number = root.generation;
        writeln!(
            out,
            "{} (generation {number}, still in use)",
            command.text(root)
        )?;
    }
    Ok(())
}

fn facts(root: &Authority) -> serde_json::Value {
    let thumbprint = Thumbprint::of_der(&root.certificate_der);
    serde_json::json!({
        "generation": root.generation,
        "sha1": thumbprint.sha1_hex(),
        "windows": thumbprint.sha1_windows(),
        "sha256": thumbprint.sha256_hex(),
    })
}

impl ThumbprintCommand {
    fn text(&self, root: &Authority) -> String {
        let thumbprint = Thumbprint::of_der(&root.certificate_der);
        match (self.windows, self.sha256) {
            (true, _) => thumbprint.sha1_windows(),
            (_, true) => thumbprint.sha256_hex(),
            _ => thumbprint.sha1_hex(),
        }
    }
}
