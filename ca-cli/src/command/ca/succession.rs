//! `ca-cli ca rollover` and `ca-cli ca retire`: one root follows another.

use std::io::Write;

use ca_core::config::Profiles;
use ca_core::domain::thumbprint::Thumbprint;
use ca_core::domain::time::iso_datetime;
use ca_core::domain::token_uri::SignerPlace;
use ca_core::flow::retire_authority::{Retirement, preview_retirement, retire_authority};
use ca_worker::authority::{Creation, KeyPaths, roll_over};

use super::{Init, Retire, current, tell_place};
use crate::confirm::confirm;
use crate::desk::Desk;
use crate::passphrase;
use crate::table::Table;

pub(super) fn rollover(command: &Init, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let store = desk.store()?;
    let before = current(&store)?;
    let file = command.passphrase_file.as_deref();
    let file = file.or(desk.config.authority.passphrase_file.as_deref());
    let passphrase = passphrase::existing(file, "passphrase of the CA keys")?;
    let profiles = Profiles::load(&desk.config)?;
    let creation = Creation {
        config: &desk.config,
        profiles: &profiles,
        key_algorithm: command.key_algorithm()?,
        signer: command.place(desk),
        passphrase: &passphrase,
        random: desk.random.as_ref(),
        clock: &desk.clock,
    };
    roll_over(&store, &desk.act(command.name.as_deref()), creation)?;
    let root = current(&store)?;
    let thumbprint = Thumbprint::of_der(&root.certificate_der);
    writeln!(
        out,
        "Generation {} is made: {}",
        root.generation, root.subject
    )?;
    writeln!(out, "Valid until {}", iso_datetime(root.not_after))?;
    writeln!(
        out,
        "SHA-1 {}\nSHA-256 {}",
        thumbprint.sha1_hex(),
        thumbprint.sha256_hex()
    )?;
    if root.subject == before.subject {
        writeln!(
            out,
            "Both roots bear the same name: put a mark such as G1 at the end of authority.subject's CN to tell them apart."
        )?;
    }
    match command.place(desk) {
        SignerPlace::File => tell_key_file(desk, root.generation, out)?,
        place => tell_place(place, root.generation, desk, out)?,
    }
    writeln!(
        out,
        "Running workers and sites take it up by themselves. Next: docs/root-rollover.md says when the site's own \
         certificate and the operators' follow."
    )?;
    Ok(())
}

fn tell_key_file(desk: &Desk, generation: i64, out: &mut dyn Write) -> anyhow::Result<()> {
    let key = KeyPaths::of(&desk.config).of_generation(generation);
    writeln!(out, "Key: {}", key.display())?;
    writeln!(
        out,
        "Keep a copy of it apart from this machine, and put one on every machine that runs a worker."
    )?;
    Ok(())
}

fn tell_preview(command: &Retire, found: &Retirement, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut table = Table::new(["WHAT", "SERIAL", "PROFILE", "UNTIL", "SUBJECT"]);
    for one in &found.living {
        table.row([
            "would be revoked".to_owned(),
            one.serial.to_hex(),
            one.purpose.as_str().to_owned(),
            iso_datetime(one.not_after),
            one.subject.clone(),
        ]);
    }
    table.write(out)?;
    writeln!(out, "would be revoked: {}", found.living.len())?;
    if found.open > 0 {
        writeln!(out, "being signed, would be given up: {}", found.open)?;
    }
    if !found.is_harmless() && !command.force {
        writeln!(out, "Without --force it would be refused for these.")?;
    }
    writeln!(out, "Nothing was changed.")?;
    Ok(())
}

pub(super) fn retire(command: &Retire, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let store = desk.store()?;
    let act = desk.act(command.name.as_deref());
    let found = preview_retirement(&store, desk.now(), command.generation)?;
    if command.dry_run {
        return tell_preview(command, &found, out);
    }
    if found.is_harmless() || command.force {
        let text = format!(
            "Generation {} will not be trusted any more, and {} certificates of it will be revoked for good; --dry-run lists them.",
            command.generation,
            found.living.len()
        );
        confirm(&text, command.yes)?;
    }
    let revoked = retire_authority(&store, &act, command.generation, command.force)?;
    writeln!(out, "Generation {} is retired.", command.generation)?;
    if revoked > 0 {
        writeln!(out, "{revoked} certificates were revoked with it.")?;
    }
    let file = KeyPaths::of(&desk.config).of_generation(command.generation);
    let key = match &desk.config.authority.signer {
        SignerPlace::Token(uri) if !file.exists() => {
            format!("{} on token {}", uri.label(command.generation), uri.token)
        }
        _ => format!("{}", file.display()),
    };
    writeln!(
        out,
        "Lists and answers for it are signed as long as its key is there: {key}"
    )?;
    Ok(())
}
