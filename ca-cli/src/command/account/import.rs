//! `ca-cli account import`: a CSV file becomes accounts, all of it or nothing.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use ca_core::domain::account::{AccountDetails, AccountFacts};
use ca_core::domain::account_csv::{self, CsvLimits, LineError};
use ca_core::domain::user_id::UserId;
use ca_core::flow::import_accounts::{ImportReport, import_accounts};
use ca_core::store::{Store, account};
use clap::Args;

use super::super::letter::line_of;
use crate::desk::{Desk, staff_name};
use crate::letter::{Unprintable, unprintable};
use crate::table::{write_change, write_json};

/// Lines of trouble that are shown; the rest is counted.
const SHOWN: usize = 100;

/// Which file, and how.
#[derive(Debug, Args)]
#[command(
    after_help = "Columns, in any order, in the first line (English or Japanese names):\n  \
    user_id (ユーザID), name (名称), postal_code (郵便番号), address1 (住所1): required\n  \
    address2 (住所2), address3 (住所3), recipient (宛名), mail_address (メールアドレス),\n  \
    community_support (地域生活支援; yes or no): may be empty\n\
    A column that the file does not have changes nothing; an empty cell clears the field."
)]
pub struct Import {
    /// The CSV file.
    file: PathBuf,
    /// Do everything but keep nothing.
    #[arg(long)]
    dry_run: bool,
    /// Who registers, when it is not the machine's account name; an operator of this name cannot
    /// decide for these accounts.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// The report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &Import, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let bytes = fs::read(&command.file)
        .with_context(|| format!("cannot read {}", command.file.display()))?;
    let read = account_csv::read(&bytes, &desk.config.classes(), CsvLimits::default());
    let file =
        read.map_err(|errors| anyhow!(refusal(&command.file.display().to_string(), &errors)))?;
    let accounts: Vec<_> = file.lines.into_iter().map(|line| line.details).collect();
    let name = staff_name(command.name.as_deref());
    let act = desk.act(Some(&name));
    let store = desk.store()?;
    let facts = facts_after(&store, &accounts)?;
    let report = import_accounts(&store, &act, &name, &accounts, command.dry_run)?;
    let touched: HashSet<&String> = report.added.iter().chain(&report.changed).collect();
    let facts: Vec<_> = facts
        .into_iter()
        .filter(|(user_id, _)| touched.contains(&user_id.to_string()))
        .collect();
    let warnings = unprintable(&desk.config, desk.now(), &facts)?;
    if command.json {
        let mut report = serde_json::to_value(&report)?;
        if let Some(report) = report.as_object_mut() {
            report.insert("unprintable".to_owned(), serde_json::to_value(&warnings)?);
        }
        return write_json(out, &report);
    }
    tell(&report, command.dry_run, out)?;
    warn(&warnings, out)
}

/// What the register says of these accounts after the import.
fn facts_after(
    store: &Store,
    accounts: &[AccountDetails],
) -> anyhow::Result<Vec<(UserId, AccountFacts)>> {
    let facts = accounts.iter().map(|details| {
        let known = store.read(|db| account::find(db, &details.user_id))?;
        let facts = match known {
            Some(known) => known.facts().updated(details),
            None => AccountFacts::of_new(details),
        };
        Ok((details.user_id.clone(), facts))
    });
    facts.collect()
}

fn warn(warnings: &[Unprintable], out: &mut dyn Write) -> anyhow::Result<()> {
    if warnings.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "次のアカウントのお知らせは印刷できません。名称や住所を直すか、[letter] fonts にフォントを加えてください。\n\
         Letters of these accounts cannot be printed: change the name or the address, or add a font under [letter] fonts:"
    )?;
    for bad in warnings.iter().take(SHOWN) {
        let line = line_of(bad);
        writeln!(out, "{}", line.trim_start_matches('\n'))?;
    }
    if let Some(more) = warnings.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        writeln!(out, "  … ほか{more}件 and {more} more")?;
    }
    Ok(())
}

fn tell(report: &ImportReport, rehearsed: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let (added, changed, unchanged) = (
        report.added.len(),
        report.changed.len(),
        report.unchanged.len(),
    );
    writeln!(
        out,
        "{added} added, {changed} changed, {unchanged} unchanged"
    )?;
    for id in &report.added {
        writeln!(out, "  + {id}")?;
    }
    for own in report
        .changes
        .chunk_by(|one, next| one.user_id == next.user_id)
    {
        for (place, own) in own.iter().enumerate() {
            if place == 0 {
                writeln!(out, "  ~ {}", own.user_id)?;
            }
            write_change(out, &own.change, "(empty)")?;
        }
    }
    match (rehearsed, added) {
        (true, _) => writeln!(out, "A rehearsal: nothing was kept.")?,
        (false, 0) => {}
        (false, _) => writeln!(out, "Next: `ca-cli letter print --due --out letters.pdf`")?,
    }
    Ok(())
}

/// Every bad line with its number, column and reason, Japanese and English.
pub(crate) fn refusal(file: &str, errors: &[LineError]) -> String {
    let mut text = format!(
        "{file}: 取り込みませんでした。 Nothing was imported; correct these and try again:"
    );
    for error in errors.iter().take(SHOWN) {
        text.push_str(&format!("\n  {}\n    {error}", error.japanese()));
    }
    if errors.len() > SHOWN {
        text.push_str(&format!(
            "\n  … ほか{}件 and {0} more",
            errors.len() - SHOWN
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Office {
        folder: tempfile::TempDir,
        desk: Desk,
    }

    fn office() -> Office {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::open(None, Some(folder.path())).unwrap();
        Store::migrate(&desk.config.database, folder.path()).unwrap();
        Office { folder, desk }
    }

    impl Office {
        fn import(&self, csv: &str, dry_run: bool) -> Result<String, String> {
            let file = self.folder.path().join("accounts.csv");
            fs::write(&file, csv).unwrap();
            let command = Import {
                file,
                dry_run,
                name: Some("佐藤".into()),
                json: false,
            };
            let mut out = Vec::new();
            run(&command, &self.desk, &mut out).map_err(|error| error.to_string())?;
            Ok(String::from_utf8(out).unwrap())
        }

        fn registered(&self) -> Vec<account::Account> {
            self.desk.store().unwrap().read(account::list).unwrap().rows
        }
    }

    #[test]
    fn a_file_with_the_required_columns_alone_keeps_the_rest_and_every_change_is_shown() {
        let office = office();
        let full = "ユーザID,名称,郵便番号,住所1,住所3,宛名,メールアドレス\n\
            KJ2700000001,青空,540-0001,大阪市,３階,総務課 御中,office@example.jp\n";
        office.import(full, false).unwrap();
        let before = office.registered();
        let bare = format!("{HEADING}KJ2700000001,青空,540-0001,大阪市\n");
        let said = office.import(&bare, false).unwrap();
        assert!(
            said.starts_with("0 added, 0 changed, 1 unchanged"),
            "{said}"
        );
        assert_eq!(office.registered()[0].facts(), before[0].facts());
        let cleared = format!(
            "{},メールアドレス\nKJ2700000001,あおぞら,540-0001,大阪市,\n",
            HEADING.trim()
        );
        for dry_run in [true, false] {
            let said = office.import(&cleared, dry_run).unwrap();
            for part in [
                "  ~ KJ2700000001\n      name: 青空 → あおぞら\n",
                "      mail_address: office@example.jp → (empty)\n",
            ] {
                assert!(said.contains(part), "{part} in\n{said}");
            }
        }
        let kept = office.registered();
        assert_eq!(kept[0].mail_address, None);
        assert_eq!(kept[0].recipient.as_deref(), Some("総務課 御中"));
        assert_eq!(
            kept[0].address_lines().collect::<Vec<_>>(),
            ["大阪市", "３階"]
        );
    }

    #[test]
    fn an_account_whose_letter_cannot_be_printed_is_named_at_import() {
        let office = office();
        let wide = "W".repeat(50);
        let csv = format!(
            "{},住所2,住所3,宛名\nKJ2700000001,青空,540-0001,大阪市,,,\n\
             KJ2700000002,𠮷田介護,540-0001,大阪市,,,\n\
             KJ2700000003,{},540-0001,{wide},{wide},{wide},{wide}\n",
            HEADING.trim(),
            "長い名称の事業所".repeat(8)
        );
        for dry_run in [true, false] {
            let said = office.import(&csv, dry_run).unwrap();
            for part in [
                "3 added",
                "  KJ2700000002  フォントにない文字があります: 名称 name 𠮷 U+20BB7",
                "  KJ2700000003  宛先が窓に収まりません",
            ] {
                assert!(said.contains(part), "{part} in\n{said}");
            }
            assert!(!said.contains("  KJ2700000001  "), "{said}");
        }
    }

    const HEADING: &str = "ユーザID,名称,郵便番号,住所1\n";

    #[test]
    fn every_bad_line_is_named_and_nothing_is_imported() {
        let office = office();
        let csv = format!(
            "{HEADING}KJ2700000001,青空,540-0001,大阪市\nXX1,さくら,540-0001,大阪市\nKJ2700000002,,5,大阪市\n"
        );
        let said = office.import(&csv, false).unwrap_err();
        for part in [
            "3行目「ユーザID」",
            "line 3, user_id",
            "4行目「名称」",
            "4行目「郵便番号」",
        ] {
            assert!(said.contains(part), "{part} in\n{said}");
        }
        assert!(office.registered().is_empty());
    }

    #[test]
    fn a_rehearsal_keeps_nothing_and_a_second_run_changes_nothing() {
        let office = office();
        let csv = format!("{HEADING}KJ2700000001,髙﨑㈱,540-0001,大阪市\n");
        assert!(office.import(&csv, true).unwrap().contains("1 added"));
        assert!(office.registered().is_empty());
        assert!(
            office
                .import(&csv, false)
                .unwrap()
                .contains("letter print --due")
        );
        assert!(
            office
                .import(&csv, false)
                .unwrap()
                .starts_with("0 added, 0 changed, 1 unchanged")
        );
        let kept = office.registered();
        assert_eq!(kept.len(), 1);
        assert_eq!(
            (kept[0].name.as_str(), kept[0].registered_by.as_str()),
            ("髙﨑㈱", "佐藤")
        );
    }
}
