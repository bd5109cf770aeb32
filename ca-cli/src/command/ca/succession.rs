//! `ca-cli ca rollover` and `ca-cli ca retire`: one root follows another.

use std::io::Write;

use ca_core::config::Profiles;
use ca_core::domain::thumbprint::Thumbprint;
use ca_core::domain::time::iso_datetime;
use ca_core::domain::token_uri::SignerPlace;
use ca_core::flow::retire_authority::retire_authority;
use ca_worker::authority::{Creation, KeyPaths, roll_over};

use super::{Init, Retire, current, tell_place};
use crate::desk::Desk;
use crate::passphrase;

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

pub(super) fn retire(command: &Retire, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let store = desk.store()?;
    let act = desk.act(command.name.as_deref());
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
