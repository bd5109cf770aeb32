//! `ca-cli certificate unused`: fetched, valid, and never used to log in.

use std::io::Write;

use ca_core::domain::time::iso_datetime;
use ca_core::store::account::Account;
use ca_core::store::certificate::Certificate;
use ca_core::store::certificate_use;
use chrono::TimeDelta;
use clap::Args;
use serde::Serialize;

use crate::desk::Desk;
use crate::table::{Table, write_json};

/// Certificates in one listing.
const MOST: i64 = 10_000;

/// Since when.
#[derive(Debug, Args)]
pub struct Unused {
    /// Only those fetched at least so many days ago.
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    days: u16,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// One of them as the listing shows it.
#[derive(Debug, Serialize)]
struct Row {
    user_id: String,
    name: String,
    mail_address: Option<String>,
    serial: String,
    first_downloaded_at: Option<String>,
    download_count: i64,
    installed_at: Option<String>,
    not_after: String,
}

impl Row {
    fn of((held, account): &(Certificate, Account)) -> Self {
        Self {
            user_id: account.user_id.to_string(),
            name: account.name.clone(),
            mail_address: account.mail_address.clone(),
            serial: held.serial.to_hex(),
            first_downloaded_at: held.first_downloaded_at.map(iso_datetime),
            download_count: held.download_count,
            installed_at: held.installed_at.map(iso_datetime),
            not_after: iso_datetime(held.not_after),
        }
    }
}

pub(super) fn list(command: &Unused, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let now = desk.now();
    let before = now - TimeDelta::days(i64::from(command.days));
    let found = desk
        .store()?
        .read(|db| certificate_use::list_unused(db, before, now, 0, MOST))?;
    found.tell();
    let rows: Vec<Row> = found.rows.iter().map(Row::of).collect();
    if command.json {
        return write_json(out, &rows);
    }
    let mut table = Table::new(["USER ID", "FETCHED", "TIMES", "CHECKED", "MAIL", "NAME"]);
    let known = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    for row in rows {
        table.row([
            row.user_id,
            known(row.first_downloaded_at),
            row.download_count.to_string(),
            known(row.installed_at),
            known(row.mail_address),
            row.name,
        ]);
    }
    Ok(table.write(out)?)
}
