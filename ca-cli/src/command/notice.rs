//! `ca-cli notice`: what offices read in the portal: publish, list, withdraw.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow, bail};
use ca_core::config::text_file;
use ca_core::domain::notice::{self, NoticeBody, NoticeDraft, ReaderKind, Readers, ShownDays};
use ca_core::domain::time::{iso_date, iso_datetime};
use ca_core::domain::user_id::UserId;
use ca_core::flow::publish_notice::{publish_notice, withdraw_notice};
use ca_core::store::notice::Notice;
use ca_core::store::{self, StoreError, account};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::desk::Desk;
use crate::table::{Table, write_json};

/// Notices in one listing.
const MOST: i64 = 1_000;

/// What can be done with notices.
#[derive(Debug, Subcommand)]
pub enum NoticeCommand {
    /// Publish a notice to everybody, to a class or to one user ID.
    Publish(Publish),
    /// List notices, the newest first.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take a notice back: nobody sees it any more.
    Withdraw {
        /// Its number, as `notice list` shows it.
        id: i64,
        /// Your name in the audit log, when it is not the machine's account name.
        #[arg(long = "as", value_name = "NAME")]
        name: Option<String>,
    },
}

/// What, to whom, when.
#[derive(Debug, Args)]
pub struct Publish {
    /// The line in the list and in the mail.
    #[arg(long)]
    title: String,
    /// File with the text (UTF-8); an empty line begins a paragraph.
    #[arg(long, value_name = "FILE")]
    text: PathBuf,
    #[command(flatten)]
    readers: ReadersArgs,
    /// First day (2026-11-25); today when absent.
    #[arg(long, value_name = "DAY", default_value = "")]
    from: String,
    /// Last day; until it is withdrawn when absent.
    #[arg(long, value_name = "DAY", default_value = "")]
    until: String,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

/// To whom.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ReadersArgs {
    /// Every account.
    #[arg(long)]
    everybody: bool,
    /// The accounts whose user ID begins with these letters.
    #[arg(long, value_name = "LETTERS")]
    class: Option<String>,
    /// One user ID.
    #[arg(long, value_name = "USER_ID")]
    account: Option<String>,
}

pub(super) fn run(command: &NoticeCommand, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        NoticeCommand::Publish(command) => publish(command, desk, out),
        NoticeCommand::List { json } => list(desk, *json, out),
        NoticeCommand::Withdraw { id, name } => withdraw(*id, name.as_deref(), desk, out),
    }
}

fn publish(command: &Publish, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let file = command.text.display();
    let text = text_file::read(&command.text).with_context(|| format!("cannot read {file}"))?;
    let draft = NoticeDraft {
        title: notice::title(&command.title).map_err(|error| anyhow!("--title {error}"))?,
        body: NoticeBody::parse(&text).map_err(|error| anyhow!("{file} {error}"))?,
        readers: readers(&command.readers, desk)?,
        days: ShownDays::parse(&command.from, &command.until, desk.now())?,
    };
    let act = desk.act(command.name.as_deref());
    let id = publish_notice(&desk.store()?, &act, &draft, None)?;
    writeln!(
        out,
        "Notice {id} is published; mails follow from {}.",
        iso_date(draft.days.from)
    )?;
    Ok(())
}

fn readers(named: &ReadersArgs, desk: &Desk) -> anyhow::Result<Readers> {
    let classes = desk.config.classes();
    if let Some(letters) = &named.class {
        let letters = letters.to_uppercase();
        if !classes.iter().any(|class| class.letters == letters) {
            bail!("--class {letters}: no such class is configured");
        }
        return Ok(Readers::Class(letters));
    }
    let Some(typed) = &named.account else {
        return Ok(Readers::Everybody);
    };
    let user_id = UserId::parse(typed, &classes)?.user_id;
    let found = desk.store()?.read(|db| account::find(db, &user_id))?;
    let account = found.ok_or_else(|| anyhow!("{user_id} is not registered"))?;
    Ok(Readers::Account(account.id))
}

/// A notice as listings show it.
#[derive(Debug, Serialize)]
struct Row {
    id: i64,
    title: String,
    readers: String,
    from: String,
    until: Option<String>,
    state: &'static str,
    published_by: String,
    published_at: String,
}

impl Row {
    fn of(one: &Notice, user_id: Option<String>, now: DateTime<Utc>) -> Self {
        let over = one.shown_until.is_some_and(|until| until <= now);
        Self {
            id: one.id,
            title: one.title.clone(),
            readers: match one.readers {
                ReaderKind::Everybody => "everybody".to_owned(),
                ReaderKind::Class => one.class.clone().unwrap_or_default(),
                ReaderKind::Account => user_id.unwrap_or_default(),
            },
            from: iso_date(one.shown_from),
            until: ShownDays::last(one.shown_until).map(iso_date),
            state: match () {
                () if one.withdrawn_at.is_some() => "withdrawn",
                () if over => "over",
                () if now < one.shown_from => "planned",
                () => "shown",
            },
            published_by: one.published_by.clone(),
            published_at: iso_datetime(one.published_at),
        }
    }
}

fn list(desk: &Desk, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let now = desk.now();
    let rows = desk.store()?.read(|db| {
        let listed = store::notice::list(db, 0, MOST)?;
        listed.tell();
        let notices = listed.rows;
        let ids: Vec<i64> = notices.iter().filter_map(|one| one.account_id).collect();
        let accounts = account::load_many(db, &ids)?;
        let row = |one: &Notice| {
            let account = one.account_id.and_then(|id| accounts.get(&id));
            Row::of(one, account.map(|own| own.user_id.to_string()), now)
        };
        Ok::<_, StoreError>(notices.iter().map(row).collect::<Vec<Row>>())
    })?;
    if json {
        return write_json(out, &rows);
    }
    let mut table = Table::new(["NO", "STATE", "FOR", "FROM", "UNTIL", "TITLE"]);
    for row in rows {
        table.row([
            row.id.to_string(),
            row.state.to_owned(),
            row.readers,
            row.from,
            row.until.unwrap_or_else(|| "-".to_owned()),
            row.title,
        ]);
    }
    Ok(table.write(out)?)
}

fn withdraw(id: i64, name: Option<&str>, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let done = withdraw_notice(&desk.store()?, &desk.act(name), id)?;
    if !done {
        bail!(
            "there is no notice {id}, or it was withdrawn before; `ca-cli notice list` shows them"
        );
    }
    Ok(writeln!(out, "Notice {id} is withdrawn.")?)
}
