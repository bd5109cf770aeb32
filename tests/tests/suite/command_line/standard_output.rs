//! `--out -`: the file goes to standard output, the words to standard error, and no file is called `-`.

use inkan_tests::database::Engine;
use inkan_tests::program::Answer;
use inkan_tests::service::{Service, csv, row};
use std::process::{Command, Output};

use super::readers::unread;

const ID: &str = "KJ2700000001";

/// Runs `ca-cli`; its output may be anything but text.
fn bytes_of(command: &mut Command) -> Vec<u8> {
    let output: Output = command.output().expect("an output");
    let answer = Answer::of(&output);
    assert!(!answer.err.is_empty(), "the words are elsewhere");
    answer.ok();
    output.stdout
}

fn service() -> (Service, String) {
    let service = Service::set_up(Engine::Sqlite);
    service.import(&csv(&[row(ID)])).ok();
    let word = service.folder().write("word", "tsubaki no hana ga saku\n");
    (service, word.display().to_string())
}

fn ask(service: &Service, arguments: &[&str]) -> Vec<u8> {
    let folder = service.folder().join("");
    let said = bytes_of(service.command(arguments).current_dir(&folder));
    assert!(!folder.join("-").exists(), "{arguments:?}");
    said
}

#[test]
fn text_and_certificates_go_to_standard_output_alone() {
    let (service, _) = service();
    let audit = ask(&service, &["audit", "export", "--out", "-"]);
    let audit = String::from_utf8(audit).expect("text");
    assert!(
        audit
            .lines()
            .all(|line| line.starts_with('{') && line.ends_with('}')),
        "{audit}"
    );
    let pem = ask(&service, &["ca", "export", "--pem", "--out", "-"]);
    assert!(pem.starts_with(b"-----BEGIN CERTIFICATE-----") && pem.ends_with(b"-----\n"));
    let der = ask(&service, &["ca", "export", "--out", "-"]);
    assert_eq!(der.first(), Some(&0x30));
    let list =
        "国民の祝日・休日月日,国民の祝日・休日名称\n2027/1/1,元日\n2027/11/23,勤労感謝の日\n";
    let list = service
        .folder()
        .write("syukujitsu.csv", list)
        .display()
        .to_string();
    let import = [
        "calendar",
        "import",
        &list,
        "--from-year",
        "2027",
        "--out",
        "-",
    ];
    let calendar = String::from_utf8(ask(&service, &import)).expect("text");
    assert!(
        calendar.contains("元日") && !calendar.contains("written"),
        "{calendar}"
    );
}

#[test]
fn letters_archives_and_keys_go_there_too() {
    let (service, word) = service();
    let pdf = ask(&service, &["letter", "specimen", "--out", "-"]);
    assert!(pdf.starts_with(b"%PDF-"));
    let pdf = ask(&service, &["letter", "print", "--due", "--out", "-"]);
    assert!(pdf.starts_with(b"%PDF-"));
    assert_eq!(service.database.connect().count("letter_run"), 1);
    let create = ["backup", "create", "--passphrase-file", &word, "--out", "-"];
    let archive = ask(&service, &create);
    let archive = service
        .folder()
        .write("archive.age", archive)
        .display()
        .to_string();
    let show = [
        "backup",
        "show",
        "--from",
        &archive,
        "--passphrase-file",
        &word,
    ];
    service.cli(&show).ok();
    for verb in [
        &["add", "sato", "--display-name", "佐藤"][..],
        &["renew", "sato"],
    ] {
        let rest = ["--password-file", &word, "--out", "-"];
        let packed = ask(&service, &[&["operator"], verb, &rest[..]].concat());
        assert_eq!(packed.first(), Some(&0x30), "{verb:?}");
    }
    let both = ["--new-password-file", "-", "--out", "-"];
    let add = ["operator", "add", "suzuki", "--display-name", "鈴木"];
    service
        .cli(&[&add[..], &both].concat())
        .refused(&["apart from the PKCS#12"]);
}

#[test]
fn a_file_that_did_not_arrive_changes_nothing() {
    let (service, word) = service();
    unread(&service, &["letter", "print", "--due", "--out", "-"]).refused(&["Broken pipe"]);
    assert_eq!(service.database.connect().count("letter_run"), 0);
    let add = [
        "operator",
        "add",
        "sato",
        "--display-name",
        "佐藤",
        "--password-file",
        &word,
    ];
    unread(&service, &[&add[..], &["--out", "-"]].concat()).refused(&["standard output"]);
    assert_eq!(service.database.connect().count("operator"), 0);
    let create = ["backup", "create", "--passphrase-file", &word, "--out", "-"];
    unread(&service, &create).refused(&["Broken pipe"]);
}

#[test]
fn the_passwords_of_roles_make_one_pass_file() {
    let service = Service::configured(Engine::Postgres, "");
    service.cli(&["database", "migrate"]).ok();
    let prefix = service.database.name();
    let roles = [
        "database", "roles", "--prefix", prefix, "--renew", "--out", "-",
    ];
    let lines = String::from_utf8(ask(&service, &roles)).expect("text");
    assert!(lines.lines().count() >= 5, "{lines}");
    let is_pass_line = |line: &str| line.starts_with("*:*:") && line.contains(prefix);
    assert!(lines.lines().all(is_pass_line), "{lines}");
}
