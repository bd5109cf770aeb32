//! Nothing that we build in has a known hole, unless it is written down why, and until when.

use std::path::Path;

use chrono::{NaiveDate, Utc};
use inkan_tests::folder::Folder;
use inkan_tests::program::tool;
use inkan_tests::repository::{root, text};
use rustsec::database::Query;
use rustsec::{Database, Lockfile};

/// Longest that an exception may stand without anybody looking again, in days from when the copy was made.
const LONGEST_EXCEPTION: i64 = 190;

/// An advisory that we live with until a day.
struct Exception {
    id: String,
    package: String,
    version: String,
    until: NaiveDate,
}

/// Every exception that a file names; each has a reason.
fn exceptions(file: &str) -> Vec<Exception> {
    let table: toml::Table = file.parse().expect("the exceptions are TOML");
    let all = table.get("exception").and_then(toml::Value::as_array);
    let all = all.into_iter().flatten();
    all.map(|exception| {
        let word = |key: &str| {
            let word = exception.get(key).and_then(toml::Value::as_str);
            word.unwrap_or_else(|| panic!("an exception without {key}: {exception}"))
        };
        assert!(word("reason").len() > 20, "{exception}: why?");
        Exception {
            id: word("id").to_owned(),
            package: word("package").to_owned(),
            version: word("version").to_owned(),
            until: day(exception, "until"),
        }
    })
    .collect()
}

fn day(table: &toml::Value, key: &str) -> NaiveDate {
    let day = table.get(key).and_then(toml::Value::as_datetime);
    let day = day.unwrap_or_else(|| panic!("no day {key}: {table}"));
    day.to_string().parse().expect("a day")
}

/// What is wrong with a lock file on a day, in words.
fn faults(
    databases: &[Database],
    lock: &Lockfile,
    exceptions: &[Exception],
    today: NaiveDate,
) -> Vec<String> {
    let queries = [false, true].map(|informational| {
        let query = Query::crate_scope();
        query.informational(informational)
    });
    let mut faults = Vec::new();
    let mut met = vec![false; exceptions.len()];
    for database in databases {
        let hits = queries
            .iter()
            .flat_map(|query| database.query_vulnerabilities(lock, query));
        for hit in hits {
            let (id, package) = (hit.advisory.id.to_string(), hit.package);
            let version = package.version.to_string();
            let is_it = |exception: &Exception| {
                exception.id == id
                    && exception.package == package.name.as_str()
                    && exception.version == version
            };
            let what = format!("{id}: {} {version}: {}", package.name, hit.advisory.title);
            match exceptions.iter().position(is_it) {
                Some(at) => {
                    met[at] = true;
                    if exceptions[at].until < today {
                        faults.push(format!("{what}; its exception ended, look again"));
                    }
                }
                None => faults.push(what),
            }
        }
    }
    let idle = exceptions.iter().zip(met).filter(|(_, met)| !met);
    faults
        .extend(idle.map(|(idle, _)| format!("{}: no longer met, remove the exception", idle.id)));
    faults
}

fn ours() -> std::path::PathBuf {
    root().join("tests/advisories")
}

fn open(folder: &Path) -> Database {
    Database::open(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()))
}

#[test]
fn nothing_built_in_has_a_known_hole_without_a_reason_and_a_last_day() {
    let databases = [open(&ours()), open(&ours().join("left"))];
    assert!(databases[0].iter().count() > 10, "the copy looks empty");
    let lock = Lockfile::load(root().join("Cargo.lock")).expect("Cargo.lock");
    assert!(lock.packages.len() > 100, "the lock file looks empty");
    let exceptions = exceptions(&text(&ours().join("exceptions.toml")));
    let found = faults(&databases, &lock, &exceptions, Utc::now().date_naive());
    assert!(
        found.is_empty(),
        "see tests/advisories/README.md:\n{}",
        found.join("\n")
    );
}

#[test]
fn no_exception_stands_for_ever_and_cargo_deny_is_told_the_same() {
    let copy: toml::Table = text(&ours().join("copy.toml")).parse().expect("TOML");
    let copied = day(&toml::Value::Table(copy), "day");
    let exceptions = exceptions(&text(&ours().join("exceptions.toml")));
    for exception in &exceptions {
        let days = (exception.until - copied).num_days();
        assert!(days <= LONGEST_EXCEPTION, "{}: {days} days", exception.id);
    }
    let deny: toml::Table = text(&root().join("deny.toml")).parse().expect("TOML");
    let ignored = deny["advisories"]["ignore"].as_array().expect("a list");
    let mut ignored: Vec<&str> = ignored.iter().filter_map(toml::Value::as_str).collect();
    let mut named: Vec<&str> = exceptions.iter().map(|one| one.id.as_str()).collect();
    ignored.sort_unstable();
    named.sort_unstable();
    named.dedup();
    assert_eq!(ignored, named);
}

/// An advisory about the made-up package `leaky`, mended in 1.2.
const LEAKY: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2026-9001\"\npackage = \"leaky\"\ndate = \"2026-01-02\"\n\
                     [versions]\npatched = [\">= 1.2.0\"]\n```\n\n# It leaks\n\nAll of it.\n";

/// A lock file with that package alone.
fn lock_with(version: &str) -> Lockfile {
    let lock = format!(
        "version = 4\n\n[[package]]\nname = \"leaky\"\nversion = \"{version}\"\n\
         source = \"registry+https://github.com/rust-lang/crates.io-index\"\n"
    );
    lock.parse().expect("a lock file")
}

#[test]
fn a_hole_is_found_until_it_is_mended_and_an_exception_holds_to_its_day() {
    let folder = Folder::new("advisories");
    folder.write("crates/leaky/RUSTSEC-2026-9001.md", LEAKY);
    let ended = LEAKY
        .replace("9001", "9002")
        .replace("[versions]", "informational = \"unmaintained\"\n[versions]")
        .replace(">= 1.2.0", ">= 1.1.0");
    folder.write("crates/leaky/RUSTSEC-2026-9002.md", ended);
    let database = [open(folder.path())];
    let judge = |version, exceptions: &[Exception], today: &str| {
        let today = today.parse().expect("a day");
        faults(&database, &lock_with(version), exceptions, today)
    };
    assert_eq!(judge("1.0.0", &[], "2026-12-01").len(), 2);
    let found = judge("1.1.9", &[], "2026-12-01");
    assert_eq!(found, ["RUSTSEC-2026-9001: leaky 1.1.9: It leaks"]);
    assert!(judge("1.2.0", &[], "2026-12-01").is_empty());

    let excused = exceptions(
        "[[exception]]\nid = \"RUSTSEC-2026-9001\"\npackage = \"leaky\"\nversion = \"1.1.9\"\n\
         until = 2026-12-31\nreason = \"nothing of ours goes through it\"\n",
    );
    assert!(judge("1.1.9", &excused, "2026-12-31").is_empty());
    let late = judge("1.1.9", &excused, "2027-01-01");
    assert!(late[0].contains("ended"), "{late:?}");
    let other = judge("1.1.8", &excused, "2026-12-31");
    assert_eq!(other.len(), 2, "another version is another look: {other:?}");
    let mended = judge("1.2.0", &excused, "2026-12-31");
    assert!(mended[0].contains("remove"), "{mended:?}");
}

#[test]
fn the_refreshing_takes_what_concerns_the_lock_file_and_nothing_else() {
    let folder = Folder::new("refreshing");
    let database = folder.join("database");
    folder.write("database/crates/leaky/RUSTSEC-2026-9001.md", LEAKY);
    folder.write("database/crates/other/RUSTSEC-2026-9003.md", "no matter");
    let git = |arguments: &[&str]| {
        let mut all = vec!["-C", database.to_str().expect("a path")];
        all.extend(["-c", "user.name=test", "-c", "user.email=test@example.jp"]);
        all.extend(arguments);
        tool("git", all).ok()
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "advisories"]);
    folder.write(
        "copy/crates/gone/RUSTSEC-2020-0001.md",
        "of the copy before",
    );
    let lock = folder.write("Cargo.lock", lock_with("1.0.0").to_string());
    let script = ours().join("refresh").display().to_string();
    let words = |path: &Path| path.display().to_string();
    let (from, to) = (format!("file://{}", words(&database)), folder.join("copy"));
    tool("bash", [&script, &from, &words(&lock), &words(&to)]).ok();
    assert_eq!(open(&to).iter().count(), 1);
    assert!(!to.join("crates/gone").exists() && !to.join("crates/other").exists());
    let copy = text(&to.join("copy.toml"));
    let commit = git(&["rev-parse", "HEAD"]).out;
    assert!(copy.contains(commit.trim()), "{copy}");

    let nothing = tool(
        "bash",
        [&script, "file:///nowhere", &words(&lock), &words(&to)],
    );
    assert_ne!(nothing.status, Some(0));
    assert_eq!(open(&to).iter().count(), 1, "the copy before is kept");
}
