//! `ca-cli certificate revoke|hold|release`: one certificate or thousands, seen first with `--dry-run`.

use std::io::Write;

use anyhow::{Context, bail};
use ca_core::domain::certificate::Purpose;
use ca_core::domain::revocation::{RevocationReason, Selection};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::thumbprint::bare_digits;
use ca_core::domain::time::iso_datetime;
use ca_core::flow::order_revocation::{
    Notice, Order, Outcome, order_revocation, preview_revocation,
};
use ca_core::store::certificate_search::Found;
use ca_core::store::{Store, account};
use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;

use crate::confirm::confirm;
use crate::desk::Desk;
use crate::table::{Table, write_json};

/// Which certificates, and why.
#[derive(Debug, Args)]
pub struct Revoke {
    #[command(flatten)]
    which: Which,
    /// Why, by its name in RFC 5280 §5.3.1.
    #[arg(long, value_name = "REASON", value_parser = [
        "unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation", "privilegeWithdrawn",
    ])]
    reason: String,
    #[command(flatten)]
    how: How,
}

/// Which certificates to suspend, or to release.
#[derive(Debug, Args)]
pub struct Suspend {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    how: How,
}

/// Conditions that all must hold; one at least has to be given.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Which {
    /// A serial number, hex; may be given several times.
    #[arg(long = "serial", value_name = "SERIAL")]
    serials: Vec<String>,
    /// Those of this account. Its requests that are approved already are parked as well.
    #[arg(long, value_name = "ID")]
    user_id: Option<String>,
    /// Those issued at this instant or later, e.g. 2026-11-25T09:00:00+09:00.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<DateTime<Utc>>,
    /// Those issued at this instant or before.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    to: Option<DateTime<Utc>>,
    /// Those of this profile: client, server, operator, ocsp.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

/// Whether it is done, by whom, how it is told.
#[derive(Debug, Args)]
pub struct How {
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask at a terminal before more than one certificate ends.
    #[arg(long)]
    yes: bool,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let read = DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc));
    read.map_err(|_| "write day, time and zone: 2026-11-25T09:00:00+09:00".to_owned())
}

impl Which {
    fn selection(&self, desk: &Desk, store: &Store) -> anyhow::Result<Selection> {
        let serials = self.serials.iter().map(|typed| {
            SerialNumber::from_hex(&bare_digits(typed).to_lowercase())
                .context("`ca-cli certificate list` shows the serial numbers")
        });
        let mut serials = serials.collect::<anyhow::Result<Vec<_>>>()?;
        serials.sort_unstable();
        serials.dedup();
        let account_id = self.user_id.as_ref().map(|typed| -> anyhow::Result<i64> {
            let user_id = desk.user_id(typed)?;
            let found = store.read(|db| account::find(db, &user_id))?;
            Ok(found
                .with_context(|| format!("there is no account {user_id}"))?
                .id)
        });
        let purpose = self.profile.clone().map(Purpose::try_from).transpose();
        let issued = match (self.from, self.to) {
            (None, None) => None,
            (from, to) => Some((
                from.unwrap_or(DateTime::UNIX_EPOCH),
                to.unwrap_or_else(|| desk.now()),
            )),
        };
        if issued.is_some_and(|(from, to)| from > to) {
            bail!("--from lies after --to");
        }
        Ok(Selection {
            serials,
            account_id: account_id.transpose()?,
            issued,
            purpose: purpose?,
        })
    }
}

pub(super) fn revoke(command: &Revoke, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let reason = RevocationReason::try_from(command.reason.clone())?;
    carry_out(
        &command.which,
        Order::Revoke(reason),
        &command.how,
        desk,
        out,
    )
}

pub(super) fn hold(command: &Suspend, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let order = Order::Revoke(RevocationReason::CertificateHold);
    carry_out(&command.which, order, &command.how, desk, out)
}

pub(super) fn release(command: &Suspend, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    carry_out(&command.which, Order::Release, &command.how, desk, out)
}

/// What an order did, or would do.
#[derive(Serialize)]
struct Told {
    dry_run: bool,
    order: &'static str,
    changed: Vec<One>,
    left: Vec<One>,
    unknown: Vec<String>,
    parked_requests: Vec<String>,
}

/// One certificate of it, as it stood before.
#[derive(Serialize)]
struct One {
    serial: String,
    profile: &'static str,
    subject: String,
    not_after: String,
    status: &'static str,
}

impl One {
    fn of(found: &Found) -> Self {
        Self {
            serial: found.serial.to_hex(),
            profile: found.purpose.as_str(),
            subject: found.subject.clone(),
            not_after: iso_datetime(found.not_after),
            status: found.status.as_str(),
        }
    }
}

fn carry_out(
    which: &Which,
    order: Order,
    how: &How,
    desk: &Desk,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let store = desk.store()?;
    let selection = which.selection(desk, &store)?;
    let outcome = if how.dry_run {
        preview_revocation(&store, &selection, order)?
    } else {
        let notice = Notice {
            random: desk.random.as_ref(),
            host: &desk.config.service.host,
        };
        let act = desk.act(how.person.as_deref());
        if !how.yes {
            ask_before_many(&preview_revocation(&store, &selection, order)?, order)?;
        }
        order_revocation(&store, &act, &selection, order, notice)?
    };
    let told = told(&outcome, order, how.dry_run);
    match how.json {
        true => write_json(out, &told)?,
        false => write(out, &told)?,
    }
    if outcome.moved.is_empty() && outcome.parked.is_empty() {
        bail!("no certificate was found that this could be done to");
    }
    Ok(())
}

/// One certificate that was named is one; a selection may find thousands.
fn ask_before_many(found: &Outcome, order: Order) -> anyhow::Result<()> {
    let many = found.moved.len();
    let what = match order {
        Order::Revoke(RevocationReason::CertificateHold) => "suspended",
        Order::Revoke(_) => "revoked for good",
        Order::Release => return Ok(()),
    };
    if many > 1 {
        let text = format!("{many} certificates will be {what}; --dry-run lists them.");
        confirm(&text, false)?;
    }
    Ok(())
}

fn told(outcome: &Outcome, order: Order, dry_run: bool) -> Told {
    Told {
        dry_run,
        order: match order {
            Order::Revoke(reason) => reason.as_str(),
            Order::Release => "release",
        },
        changed: outcome.moved.iter().map(One::of).collect(),
        left: outcome.left.iter().map(One::of).collect(),
        unknown: outcome
            .unknown
            .iter()
            .map(|serial| serial.to_hex())
            .collect(),
        parked_requests: outcome.parked.iter().map(ToString::to_string).collect(),
    }
}

fn write(out: &mut dyn Write, told: &Told) -> anyhow::Result<()> {
    let mut table = Table::new(["WHAT", "SERIAL", "WAS", "UNTIL", "SUBJECT"]);
    let what = match (told.order, told.dry_run) {
        ("release", true) => "would be released",
        ("release", false) => "released",
        ("certificateHold", true) => "would be suspended",
        ("certificateHold", false) => "suspended",
        (_, true) => "would be revoked",
        (_, false) => "revoked",
    };
    let rows = told.changed.iter().map(|one| (what, one));
    for (what, one) in rows.chain(told.left.iter().map(|one| ("left as it is", one))) {
        table.row([
            what.to_owned(),
            one.serial.clone(),
            one.status.to_owned(),
            one.not_after.clone(),
            one.subject.clone(),
        ]);
    }
    table.write(out)?;
    for serial in &told.unknown {
        writeln!(out, "no certificate has the serial {serial}")?;
    }
    for request in &told.parked_requests {
        writeln!(
            out,
            "request {request} is stopped; retry or reject it in the console"
        )?;
    }
    writeln!(out, "{what}: {}", told.changed.len())?;
    if told.dry_run {
        writeln!(out, "Nothing was changed.")?;
    }
    Ok(())
}
