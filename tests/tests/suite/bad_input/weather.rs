//! What goes wrong around the programs: keys, ports, fonts, clocks, disks.

use inkan_tests::database::Engine;
use inkan_tests::port;
use inkan_tests::program;
use inkan_tests::service::{Service, csv, row};
use std::process::Command;

#[test]
fn a_wrong_passphrase_says_so_and_signs_nothing() {
    let mut service = Service::set_up(Engine::Sqlite);
    let site = service.start_site();
    service.office("KJ2700000001").apply_first();
    service.operator("suzuki").approve_all();
    drop(site);
    service.folder().write("passphrase", "a wrong one\n");
    service.work_once().refused(&["passphrase"]);
    service
        .cli(&["certificate", "issue-server"])
        .refused(&["passphrase"]);
    let mut sql = service.database.connect();
    assert_eq!(
        sql.count("request WHERE state = 'approved' AND attempts = 0"),
        1,
        "no try was burnt"
    );
    std::fs::remove_file(service.folder().join("passphrase")).expect("a passphrase file");
    service.work_once().refused(&["passphrase"]);
}

#[test]
fn keys_and_roots_are_never_overwritten() {
    let service = Service::set_up(Engine::Sqlite);
    let files = ["data/keys/ca.key", "data/keys/sealing.key"];
    let before = files.map(|file| std::fs::read(service.folder().join(file)).expect("a key file"));
    service
        .cli(&["ca", "init"])
        .refused(&["there is a certificate authority already", "ca-cli ca show"]);
    let after = files.map(|file| std::fs::read(service.folder().join(file)).expect("a key file"));
    assert_eq!(before, after);
    for file in files {
        let text = String::from_utf8_lossy(
            &std::fs::read(service.folder().join(file)).expect("a key file"),
        )
        .into_owned();
        assert!(text.contains("ENCRYPTED"), "{file} is not encrypted");
        let metadata = std::fs::metadata(service.folder().join(file)).expect("a key file");
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
        assert_eq!(mode & 0o077, 0, "{file} can be read by others");
    }
}

#[test]
fn a_port_in_use_is_named() {
    let service = Service::set_up(Engine::Sqlite);
    let (_held, port) = port::taken();
    service.configure(&format!("[listen]\nhttps = \"127.0.0.1:{port}\""));
    let text =
        std::fs::read_to_string(service.folder().join("inkan.toml")).expect("the configuration");
    let text: String = text
        .lines()
        .filter(|line| !line.starts_with("listen.https"))
        .map(|line| format!("{line}\n"))
        .collect();
    let text = text.replace("[listen]\nhttps", "listen.https");
    service.folder().write("inkan.toml", text);
    let mut command = program::command("ca-api");
    command
        .arg("--config")
        .arg(service.folder().join("inkan.toml"));
    program::run(&mut command).refused(&[&port.to_string(), "in use"]);
}

#[test]
fn a_character_that_no_font_has_is_named_and_the_others_get_their_letters() {
    let service = Service::set_up(Engine::Sqlite);
    let line = "KJ2700000001,𠮷田訪問介護,000-0001,見本県見本市１丁目,,,,";
    service
        .import(&csv(&[line.into(), row("KJ2700000002")]))
        .ok();
    let before = service
        .database
        .connect()
        .lines("SELECT COALESCE(login_password_hash, '-') AS line FROM account ORDER BY user_id");
    let file = service.folder().join("letters.pdf");
    let answer = service.cli(&[
        "letter",
        "print",
        "--due",
        "--out",
        &file.display().to_string(),
    ]);
    answer.refused(&["𠮷", "KJ2700000001"]);
    let after = service
        .database
        .connect()
        .lines("SELECT COALESCE(login_password_hash, '-') AS line FROM account ORDER BY user_id");
    assert_eq!(
        before[0], after[0],
        "no password was replaced without a letter"
    );
    assert_ne!(before[1], after[1], "its neighbour has a letter");
    assert!(file.exists(), "the others' letters are written");
    assert_eq!(service.database.connect().count("letter"), 1);
}

#[test]
fn a_full_disk_leaves_neither_letter_nor_new_passwords() {
    let mut service = Service::set_up(Engine::Sqlite);
    service.import(&csv(&[row("KJ2700000001")])).ok();
    service.letters();
    let before = service
        .database
        .connect()
        .lines("SELECT login_password_hash AS line FROM account");
    let file = service.folder().join("second.pdf").display().to_string();
    let command = service.command(&[
        "letter",
        "print",
        "--user-id",
        "KJ2700000001",
        "--out",
        &file,
    ]);
    let answer = program::run(&mut within_kibibytes(&command, 16));
    answer.refused(&[]);
    assert_eq!(
        service
            .database
            .connect()
            .lines("SELECT login_password_hash AS line FROM account"),
        before
    );
    assert!(
        !std::path::Path::new(&file).exists(),
        "half a letter is left"
    );
    service.cli(&["audit", "verify"]).ok();
    service
        .cli(&[
            "letter",
            "print",
            "--user-id",
            "KJ2700000001",
            "--out",
            &file,
        ])
        .ok();
}

/// The same command where no file may grow beyond so many KiB: the kernel refuses to write more, as on a
/// full disk.
fn within_kibibytes(command: &Command, limit: u32) -> Command {
    let mut shell = Command::new("bash");
    let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"");
    shell
        .args(["-c", &script])
        .arg(command.get_program())
        .args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(key, value),
            None => shell.env_remove(key),
        };
    }
    shell
}

#[test]
fn a_clock_outside_the_roots_life_signs_nothing() {
    for (when, word) in [
        ("2020-03-03 03:00:00", "set the machine's clock right"),
        ("2090-03-03 03:00:00", "the root certificate ended at"),
    ] {
        let mut service = Service::set_up(Engine::Sqlite);
        let site = service.start_site();
        service.office("KJ2700000001").apply_first();
        service.operator("suzuki").approve_all();
        drop(site);
        service
            .folder()
            .write("calendar.toml", calendar_of(&when[..4]));
        let mut worker = program::command("ca-worker");
        worker
            .arg("--config")
            .arg(service.folder().join("inkan.toml"))
            .arg("--once");
        let answer = program::run(&mut at(&worker, when));
        let said = format!("{}{}", answer.out, answer.err);
        assert_ne!(answer.status, Some(0), "{when}: {said}");
        assert!(said.contains(word), "{when}: {said}");
        let mut sql = service.database.connect();
        assert_eq!(
            sql.count("intent WHERE purpose = 'client'"),
            0,
            "{when}: {said}"
        );
        assert_eq!(
            sql.count("request WHERE state = 'approved'"),
            1,
            "{when}: it waits for better times: {said}"
        );
    }
}

/// A calendar that covers that year and is open.
fn calendar_of(year: &str) -> String {
    format!(
        "weekdays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\nopening = \"00:00\"\nclosing = \"24:00\"\n\
         [holidays.{year}]\n\"11-03\" = \"文化の日\"\n"
    )
}

/// The same command with another wall clock; timers go on as they are.
fn at(command: &Command, when: &str) -> Command {
    let mut faked = Command::new("faketime");
    faked
        .arg("-f")
        .arg(format!("@{when}"))
        .arg(command.get_program())
        .args(command.get_args());
    faked.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    faked
}
