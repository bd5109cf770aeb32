//! Each command of the documents, run as the PostgreSQL role that docs/accounts-and-files.md names for it.

use inkan_tests::database::{Database, Engine};
use inkan_tests::program;
use inkan_tests::repository::{files, root, short, text};
use inkan_tests::service::{Service, csv, row};
use std::collections::{BTreeMap, BTreeSet};

use super::without_database;

const TABLE: &str = "docs/accounts-and-files.md";

/// What makes databases of its own and touches no installation.
const BY_THEMSELVES: [&str; 2] = ["bench", "demo"];

/// Each command with arguments, in the order of a site's life. `{dir}` is the service's folder, `{role}` who runs it.
/// Before the first line that needs them, [`prepare`] makes what it works on.
const RECIPES: [&str; 71] = [
    "config docs",
    "config example",
    "config access-matrix",
    "password tune --milliseconds 1 --json",
    "database migrate",
    "database roles --prefix {prefix} --out {dir}/roles",
    "database roles --prefix {prefix}",
    "database roles --prefix {prefix} --print",
    "database status",
    "ca init",
    "thumbprint --windows",
    "certificate issue-server",
    "operator approval-key",
    "config check",
    "operator add sato --display-name 佐藤 --out {dir}/sato.p12 --new-password-file {dir}/sato.password",
    "operator list",
    "account import {dir}/accounts.csv --as staff --dry-run",
    "account import {dir}/accounts.csv --as staff",
    "letter print --due --out {dir}/letters.pdf",
    "account show KJ2700000001",
    "account unlock KJ2700000001",
    "account enable KJ2700000001",
    "delegation import {dir}/delegations.csv --dry-run",
    "delegation import {dir}/delegations.csv",
    "delegation list",
    "delegation end {delegation}",
    "notice publish --title 年末年始 --text {dir}/notice.txt --class KJ",
    "notice list --json",
    "notice withdraw 1",
    "queue list --state pending",
    "queue sign-now --reason 日曜 --minutes 60",
    "calendar show",
    "calendar import {dir}/syukujitsu.csv --out {dir}/next.toml --from-year 2028",
    "letter template",
    "letter specimen --out {dir}/specimen.pdf",
    "letter recover {dir}",
    "letter remind --due --out {dir}/reminders.pdf",
    "certificate list --json",
    "certificate unused --days 14 --json",
    "certificate expiring --days 30",
    "audit verify",
    "audit verify --root {dir}/root.pem",
    "audit export --out {dir}/audit-{role}.jsonl",
    "audit check",
    "audit check --journals {dir}/data/journal --json",
    "certificate revoke --serial {serial} --reason keyCompromise --dry-run",
    "certificate revoke --user-id KJ2700000005 --reason cessationOfOperation --dry-run",
    "certificate hold --serial {serial}",
    "certificate release --serial {serial}",
    "certificate revoke --serial {serial} --reason keyCompromise",
    "crl publish",
    "crl show",
    "crl show --entries",
    "ca show",
    "ca export --all --pem --out {dir}/roots.pem",
    "letter print --user-id KJ2700000002 --out {dir}/one.pdf",
    "backup create --out {dir}/{role}.age --passphrase-file {dir}/passphrase",
    "backup show --from {dir}/backup.age --passphrase-file {dir}/passphrase",
    "backup restore --from {dir}/backup.age --passphrase-file {dir}/passphrase",
    "backup reconcile",
    "backup reconcile --journals {dir}/data/journal",
    "ca rollover",
    "certificate issue-server",
    "operator renew sato --out {dir}/again.p12 --password-file {dir}/sato.password",
    "operator password sato --new-password-file {dir}/sato.console",
    "operator disable sato",
    "operator enable sato",
    "mail list --json",
    "ca retire --generation 1 --force",
    "ca show",
    "audit verify",
];

/// The noun and the verb of a command line.
fn name(line: &str) -> String {
    let words = line.split_whitespace().take(2);
    let words = words.take_while(|word| !word.starts_with(['-', '[']));
    words.collect::<Vec<_>>().join(" ")
}

/// The commands of the table with the roles that it names for each.
fn table() -> BTreeMap<String, Vec<String>> {
    let text = text(&root().join(TABLE));
    let rows = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `ca-cli "));
    let row = |row: &str| {
        let (command, rest) = row.split_once('`').expect("a command between marks");
        let roles = rest.trim_end_matches(" |").rsplit("| ").next();
        let roles = roles.expect("a last column").split(", ");
        let role = |role: &str| {
            role.trim_matches('`')
                .trim_start_matches("inkan_")
                .to_owned()
        };
        (command.to_owned(), roles.map(role).collect())
    };
    rows.map(row).collect()
}

/// Every command line of ours in a document: `ca-cli …` between marks, and each line of a code block.
fn lines_of(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in markdown.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if fenced || line.starts_with("    ") {
            let rest = line.split_once("ca-cli ").map(|(_, rest)| rest);
            found.extend(rest.map(str::to_owned));
            continue;
        }
        let marked = line.split('`').skip(1).step_by(2);
        let ours = marked.filter_map(|code| code.strip_prefix("ca-cli "));
        found.extend(ours.map(str::to_owned));
    }
    let without = |line: String| line.trim_start_matches("-- ").to_owned();
    found.into_iter().map(without).collect()
}

/// A command of the documents that is in no table is one that nobody has tried as the role that people use.
#[test]
fn every_command_of_the_documents_stands_in_the_table_and_is_run() {
    let table = table();
    let run: BTreeSet<String> = RECIPES.iter().map(|line| name(line)).collect();
    let mut lost = Vec::new();
    let mut documents = files("docs", "md");
    documents.push(root().join("README.md"));
    for document in documents {
        for line in lines_of(&text(&document)) {
            let command = name(&line);
            let first = command.split(' ').next().unwrap_or_default();
            let is_noun = command == first
                && table
                    .keys()
                    .any(|known| known.split(' ').next() == Some(first));
            if !BY_THEMSELVES.contains(&first) && !is_noun && !table.contains_key(&command) {
                lost.push(format!("{}: ca-cli {line}", short(&document)));
            }
        }
    }
    assert!(
        lost.is_empty(),
        "{TABLE} does not have:\n{}",
        lost.join("\n")
    );
    let known: BTreeSet<String> = table.keys().map(|line| name(line)).collect();
    assert_eq!(known, run, "what the table has is what is run below");
    assert!(table.values().all(|roles| !roles.is_empty()));
}

#[test]
fn commands_are_found_in_every_form() {
    let text = "Say `ca-cli a b --c`, `other`, and `ca-cli` alone.\n\n    ca-cli c d   # why\n\n```sh\n\
                cargo run -p ca-cli -- demo --x\n```\n";
    let names: Vec<String> = lines_of(text).iter().map(|line| name(line)).collect();
    assert_eq!(names, ["a b", "c d", "demo"]);
}

/// What the next command works on.
fn prepare(service: &mut Service, line: &str) {
    let folder = service.folder().path().to_owned();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).expect("a file of the test's");
    };
    match line {
        "ca init" => service.configure(""),
        "operator approval-key" => {
            std::fs::remove_file(folder.join("data/keys/approval.key")).expect("it was there");
        }
        "account import {dir}/accounts.csv --as staff --dry-run" => {
            let rows = ["KJ2700000001", "KJ2700000002", "HD2700000009"];
            write("accounts.csv", &csv(&rows.map(row)));
            write("notice.txt", "窓口は休みます。\n");
            write(
                "delegations.csv",
                "事業所,代理人,開始日,終了日\nKJ2700000001,HD2700000009,2026/4/1,\n",
            );
            write(
                "syukujitsu.csv",
                "国民の祝日・休日月日,国民の祝日・休日名称\r\n2028/1/1,元日\r\n2028/2/12,休日\r\n\
                 2028/11/23,勤労感謝の日\r\n",
            );
        }
        // From here on there are certificates, a list and a checkpoint.
        "certificate list --json" => {
            let site = service.start_site();
            let mut office = service.office("KJ2700000005");
            office.apply_first();
            service.operator("issuer").approve_all();
            service.work_once().ok();
            service.root_file();
            drop(site);
            assert!(
                folder
                    .join("data/checkpoints")
                    .read_dir()
                    .expect("checkpoints")
                    .count()
                    > 0
            );
        }
        _ => {}
    }
}

#[test]
fn every_documented_command_runs_as_the_role_that_is_documented() {
    let mut service = Service::configured(Engine::Postgres, "");
    let table = table();
    let empty = Database::new(Engine::Postgres);
    let mut failed = Vec::new();
    for line in RECIPES {
        prepare(&mut service, line);
        let folder = service.folder().path().display().to_string();
        let found = |query: &str| {
            let lines = service.database.connect().lines(query);
            lines.into_iter().next().expect("what the recipe is about")
        };
        for role in &table[&name(line)] {
            let word = |word: &str| match word {
                "{serial}" => {
                    found("SELECT serial AS line FROM certificate WHERE purpose = 'client'")
                }
                "{delegation}" => found("SELECT id::text AS line FROM delegation"),
                word => word
                    .replace("{dir}", &folder)
                    .replace("{role}", role)
                    .replace("{prefix}", service.database.name()),
            };
            let arguments: Vec<String> = line.split_whitespace().map(word).collect();
            let answer = match role.as_str() {
                "none" => without_database(service.folder().path(), &arguments),
                role => {
                    let borrowed: Vec<&str> = arguments.iter().map(String::as_str).collect();
                    let mut command = service.command(&borrowed);
                    let url = match (role, line.starts_with("backup restore")) {
                        (_, true) => empty.url().to_owned(),
                        ("owner", _) => service.database.url().to_owned(),
                        (role, _) => service.url_for(role),
                    };
                    program::run(command.env("INKAN__DATABASE__URL", url))
                }
            };
            if answer.status != Some(0) {
                failed.push(format!(
                    "{role}: ca-cli {line}\n{}{}",
                    answer.out, answer.err
                ));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
