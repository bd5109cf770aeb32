//! `ca-cli certificate expiring`: who has to be reached before a certificate ends.

use std::io::Write;

use ca_core::domain::time::iso_datetime;
use ca_core::store::expiring::{self, Span};
use chrono::TimeDelta;
use serde::Serialize;

use crate::desk::Desk;
use crate::table::{Table, write_json};

/// Most rows of one listing.
const MOST_ROWS: i64 = 100_000;

#[derive(Serialize)]
struct Row {
    user_id: String,
    name: String,
    mail_address: Option<String>,
    not_after: String,
    days_left: i64,
    serial: String,
}

pub(super) fn list(desk: &Desk, days: u32, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let now = desk.clock.now();
    let span = Span {
        from: now,
        until: now + TimeDelta::days(i64::from(days)),
    };
    let found = desk
        .store()?
        .read(|db| expiring::list(db, span, 0, MOST_ROWS))?;
    found.tell();
    let rows: Vec<Row> = found
        .rows
        .into_iter()
        .map(|(ending, account)| Row {
            user_id: account.user_id.to_string(),
            name: account.name,
            mail_address: account.mail_address,
            not_after: iso_datetime(ending.not_after),
            days_left: (ending.not_after - now).num_days(),
            serial: ending.serial.to_hex(),
        })
        .collect();
    if json {
        return write_json(out, &rows);
    }
    let mut table = Table::new(["USER ID", "UNTIL", "DAYS", "MAIL", "NAME"]);
    for row in rows {
        let mail = row.mail_address.unwrap_or_else(|| "-".into());
        let days = row.days_left.to_string();
        table.row([row.user_id, row.not_after, days, mail, row.name]);
    }
    table.write(out)?;
    Ok(())
}
