//! `ca-cli database roles`: a role of its own for each program, with the verbs that it needs.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ca_core::domain::random;
use ca_core::flow::grant_roles::{NewPassword, grant_roles};
use ca_core::private_file;
use ca_core::store::role::{self, Prefix, Role};
use ca_core::store::{Store, StoreError};
use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use crate::desk::Desk;
use crate::file::{is_standard_output, replace, words, write_private, write_to_standard_output};

/// Which roles, and where their passwords go.
#[derive(Debug, Args)]
#[command(
    after_help = "Run it as the database's owner, who may make roles (CREATEROLE). The programs then log in as \
    PREFIX_web, PREFIX_console, PREFIX_worker, PREFIX_staff, PREFIX_auditor and PREFIX_backup, by an address such as \
    postgres://inkan_web@localhost/inkan?passfile=DIR/web.pgpass. It can be run again at any time; `database migrate` \
    grants the verbs on new tables by itself."
)]
pub struct Roles {
    /// What the names of the roles begin with.
    #[arg(long, default_value = "inkan", value_name = "PREFIX")]
    prefix: String,
    /// Folder for the passwords of new roles, a pass file of libpq for each (mode 0600); `-` writes one pass file for
    /// all of them to standard output.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Give roles that are there already new passwords, too.
    #[arg(long, requires = "out")]
    renew: bool,
    /// Print the statements for a database administrator to run; change nothing.
    #[arg(long, conflicts_with_all = ["out", "renew"])]
    print: bool,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
}

pub(super) fn run(command: &Roles, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let prefix: Prefix = command.prefix.parse().context("--prefix")?;
    let store = desk.store()?;
    let database = store.read::<_, StoreError, _>(role::database_name)?;
    if command.print {
        return print(&prefix, &database, out);
    }
    let there = store.read::<_, StoreError, _>(|db| role::existing(db, &prefix))?;
    let is_due = |role: &Role| command.renew || !there.contains(role);
    let due: Vec<Role> = Role::ALL.into_iter().filter(is_due).collect();
    let Some(folder) = &command.out else {
        if let Some(role) = due.first() {
            bail!(
                "the role {} is not there yet: name a folder for its password with --out DIR",
                prefix.name(*role)
            );
        }
        return grant(desk, &store, command, &prefix, &[], out);
    };
    let drawn: Vec<(Role, SecretString)> = due.into_iter().map(|role| (role, draw(desk))).collect();
    if !is_standard_output(folder) {
        private_file::create_folder(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    // First the files: a password that the server knows and nobody else is worse than a file too many.
    for (role, password) in &drawn {
        write(folder, &prefix, *role, &database, password, command.renew)?;
    }
    let keep = |(role, password): &(Role, SecretString)| NewPassword {
        role: *role,
        verifier: role::verifier(password, desk.random.as_ref()),
    };
    let passwords: Vec<NewPassword> = drawn.iter().map(keep).collect();
    let mut out = words(folder, out);
    grant(desk, &store, command, &prefix, &passwords, &mut out)?;
    for (role, _) in &drawn {
        let file = match is_standard_output(folder) {
            true => "standard output".to_owned(),
            false => place(folder, *role).display().to_string(),
        };
        writeln!(out, "{:<24}{file}", prefix.name(*role))?;
    }
    Ok(())
}

fn grant(
    desk: &Desk,
    store: &Store,
    command: &Roles,
    prefix: &Prefix,
    passwords: &[NewPassword],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let act = desk.act(command.person.as_deref());
    grant_roles(store, &act, prefix, passwords).context(
        "nothing was changed; run this as the database's owner with the right CREATEROLE, or give what \
         `ca-cli database roles --print` says to a database administrator",
    )?;
    writeln!(
        out,
        "The roles {prefix}_… have the verbs that their programs need."
    )?;
    Ok(())
}

fn print(prefix: &Prefix, database: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(
        out,
        "-- Roles that are not there yet; set their passwords with \\password."
    )?;
    for role in Role::ALL {
        writeln!(out, "{};", role::create(&prefix.name(role)))?;
    }
    writeln!(out, "-- Their verbs; may be run again.\nBEGIN;")?;
    for statement in role::statements(prefix, database, &Role::ALL) {
        writeln!(out, "{statement};")?;
    }
    writeln!(out, "COMMIT;")?;
    Ok(())
}

/// 128 random bits, in hexadecimal digits: nothing that a pass file or an address would have to quote.
fn draw(desk: &Desk) -> SecretString {
    let bytes: [u8; 16] = random::bytes(desk.random.as_ref());
    SecretString::from(hex::encode(bytes))
}

fn place(folder: &Path, role: Role) -> PathBuf {
    folder.join(format!("{}.pgpass", role.as_str()))
}

/// One line as libpq reads it; colons and backslashes in a database's name are escaped.
fn write(
    folder: &Path,
    prefix: &Prefix,
    role: Role,
    database: &str,
    password: &SecretString,
    may_replace: bool,
) -> anyhow::Result<()> {
    let database = database.replace('\\', "\\\\").replace(':', "\\:");
    let name = prefix.name(role);
    let line = SecretString::from(format!(
        "*:*:{database}:{name}:{}\n",
        password.expose_secret()
    ));
    let (file, bytes) = (place(folder, role), line.expose_secret().as_bytes());
    if is_standard_output(folder) {
        return Ok(write_to_standard_output(bytes)?);
    }
    if may_replace {
        replace(&file, bytes, 0o600)
    } else {
        write_private(&file, bytes)
    }
}
