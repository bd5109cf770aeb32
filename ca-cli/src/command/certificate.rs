//! `ca-cli certificate`: the site's own certificate is issued, all of them are listed, revoked, suspended, released.

mod expiring;
mod unused;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::thumbprint::bare_digits;
use ca_core::domain::time::iso_datetime;
use ca_core::store::certificate::{self, Certificate};
use ca_core::store::{Store, account};
use ca_worker::authority::{OpenAuthority, issue_server_certificate};
use ca_worker::certificate::AlternativeName;
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::desk::Desk;
use crate::file::write_public;
use crate::table::{Table, write_json};

mod revoke;

/// What can be done with certificates.
#[derive(Debug, Subcommand)]
pub enum CertificateCommand {
    /// Issue the site's TLS certificate for [service] host, and put it with its key where [tls] says.
    IssueServer(IssueServer),
    /// Revoke certificates for good; `--dry-run` shows first which ones.
    Revoke(revoke::Revoke),
    /// Suspend certificates; the only revocation that can be taken back, by `release`.
    Hold(revoke::Suspend),
    /// Release certificates that are suspended.
    Release(revoke::Suspend),
    /// List certificates, newest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 1000)]
        limit: u32,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// List valid certificates that were downloaded and never used to log in.
    Unused(unused::Unused),
    /// List certificates that end soon and have no newer one, the nearest end first.
    Expiring {
        /// Within so many days.
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one certificate.
    Show {
        /// Its serial number, hex.
        serial: String,
        /// Also write it as PEM into this file, which must not exist yet.
        #[arg(long, value_name = "FILE")]
        pem: Option<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// For which names, and with which key.
#[derive(Debug, Args)]
pub struct IssueServer {
    /// A further host name or address; may be given several times.
    #[arg(long = "name", value_name = "HOST")]
    names: Vec<String>,
    /// File whose first line is the passphrase of the CA key.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
}

pub(super) fn run(
    command: &CertificateCommand,
    desk: &Desk,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match command {
        CertificateCommand::IssueServer(command) => {
            let store = desk.store()?;
            let authority = desk.authority(&store, command.passphrase_file.as_deref())?;
            let issued = issue_server(
                desk,
                &store,
                &authority,
                &command.names,
                command.person.as_deref(),
            )?;
            let place = desk.place(desk.config.tls.certificate.as_ref(), "tls/server.crt");
            writeln!(
                out,
                "{} until {}",
                issued.subject,
                iso_datetime(issued.not_after)
            )?;
            writeln!(
                out,
                "Written to {}; ca-api reads it when it starts.",
                place.display()
            )?;
            Ok(())
        }
        CertificateCommand::Revoke(command) => revoke::revoke(command, desk, out),
        CertificateCommand::Hold(command) => revoke::hold(command, desk, out),
        CertificateCommand::Release(command) => revoke::release(command, desk, out),
        CertificateCommand::List { limit, json } => list(desk, *limit, *json, out),
        CertificateCommand::Unused(command) => unused::list(command, desk, out),
        CertificateCommand::Expiring { days, json } => expiring::list(desk, *days, *json, out),
        CertificateCommand::Show { serial, pem, json } => {
            show(desk, serial, pem.as_ref(), *json, out)
        }
    }
}

/// Issues the site's certificate for the configured host and `more` names.
pub(crate) fn issue_server(
    desk: &Desk,
    store: &Store,
    authority: &OpenAuthority,
    more: &[String],
    person: Option<&str>,
) -> anyhow::Result<Certificate> {
    let names = names(&desk.config.service.host, more)?;
    let (act, random) = (desk.act(person), desk.random.as_ref());
    Ok(issue_server_certificate(
        store,
        &act,
        authority,
        &desk.config,
        &names,
        random,
    )?)
}

/// The host's names; one's own machine is reached by its addresses too.
fn names(host: &str, more: &[String]) -> anyhow::Result<Vec<AlternativeName>> {
    let own: &[&str] = if host == "localhost" {
        &["127.0.0.1", "::1"]
    } else {
        &[]
    };
    let all = [host]
        .into_iter()
        .chain(own.iter().copied())
        .chain(more.iter().map(String::as_str));
    let mut names = Vec::new();
    for typed in all {
        let name = AlternativeName::parse(typed)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// A certificate as listings show it; never its PKCS#12.
#[derive(Serialize)]
struct Row {
    serial: String,
    purpose: &'static str,
    status: &'static str,
    subject: String,
    not_before: String,
    not_after: String,
    thumbprint_sha1: String,
    issued_at: String,
    request_id: Option<String>,
    revoked_at: Option<String>,
    revocation_reason: Option<String>,
    download_count: i64,
    last_downloaded_at: Option<String>,
}

impl Row {
    fn of(certificate: &Certificate) -> Self {
        Self {
            serial: certificate.serial.to_hex(),
            purpose: certificate.purpose.as_str(),
            status: certificate.status.as_str(),
            subject: certificate.subject.clone(),
            not_before: iso_datetime(certificate.not_before),
            not_after: iso_datetime(certificate.not_after),
            thumbprint_sha1: certificate.sha1_thumbprint.clone(),
            issued_at: iso_datetime(certificate.issued_at),
            request_id: certificate.request_id.as_ref().map(ToString::to_string),
            revoked_at: certificate.revoked_at.map(iso_datetime),
            revocation_reason: certificate.revocation_reason.clone(),
            download_count: certificate.download_count,
            last_downloaded_at: certificate.last_downloaded_at.map(iso_datetime),
        }
    }
}

fn list(desk: &Desk, limit: u32, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let found = desk
        .store()?
        .read(|db| certificate::list(db, 0, i64::from(limit)))?;
    let rows: Vec<Row> = found.iter().map(Row::of).collect();
    if json {
        return write_json(out, &rows);
    }
    let mut table = Table::new(["SERIAL", "PURPOSE", "STATUS", "UNTIL", "SUBJECT"]);
    for row in &rows {
        let [purpose, status] = [row.purpose, row.status].map(str::to_owned);
        table.row([
            row.serial.clone(),
            purpose,
            status,
            row.not_after.clone(),
            row.subject.clone(),
        ]);
    }
    table.write(out)?;
    Ok(())
}

fn show(
    desk: &Desk,
    typed: &str,
    pem: Option<&PathBuf>,
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let advice = "`ca-cli certificate list` shows the serial numbers";
    let serial = SerialNumber::from_hex(&bare_digits(typed).to_lowercase()).context(advice)?;
    let store = desk.store()?;
    let found = store
        .read(|db| certificate::find(db, serial))?
        .ok_or_else(|| anyhow!("there is no certificate {serial}; {advice}"))?;
    let mut facts = serde_json::to_value(Row::of(&found))?;
    if let (Some(id), Some(facts)) = (found.account_id, facts.as_object_mut()) {
        let owner = store.read(|db| account::load(db, id))?;
        facts.insert("user_id".into(), owner.user_id.to_string().into());
    }
    if let Some(file) = pem {
        write_public(file, &super::ca::pem_of(&found.certificate_der)?)?;
    }
    match json {
        true => write_json(out, &facts),
        false => super::write_facts(out, &facts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_machine_is_certified_by_name_and_address_others_by_name_alone() {
        let said = |host: &str, more: &[String]| {
            let names = names(host, more).unwrap();
            names.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            said("localhost", &["LOCALHOST".into()]),
            ["localhost", "127.0.0.1", "::1"]
        );
        assert_eq!(
            said("ca.example.jp", &["10.0.0.5".into()]),
            ["ca.example.jp", "10.0.0.5"]
        );
        assert!(names("例え.jp", &[]).is_err());
    }
}
