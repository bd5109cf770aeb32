//! A check that passes is followed by a program that starts: as the account that runs both, which is not root.

use inkan_tests::database::Engine;
use inkan_tests::program::{Answer, run, tool};
use inkan_tests::service::Service;
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{NOBODY, as_nobody};

/// A service whose files all belong to [`NOBODY`].
pub(super) fn handed_over(engine: Engine) -> Service {
    let service = Service::set_up(engine);
    std::fs::create_dir_all(service.folder().path().join("data/journal")).expect("a folder");
    let folder = service.folder().path().display().to_string();
    let owner = format!("{NOBODY}:{NOBODY}");
    tool("chown", ["-R", &owner, &folder]).ok();
    if let Some(file) = service.database.url().strip_prefix("sqlite:") {
        let folder = Path::new(file).parent().expect("a folder of its own");
        tool("chown", ["-R", &owner, &folder.display().to_string()]).ok();
    }
    service
}

/// Runs a check with the pass file of its own role.
pub(super) fn check(service: &Service, program: &str) -> Answer {
    let (role, arguments) = match program {
        "ca-api" => ("console", &["--check-config"][..]),
        "ca-worker" => ("worker", &["--check-config"][..]),
        _ => ("staff", &["config", "check"][..]),
    };
    run(nobody(service, program, role).args(arguments))
}

fn nobody(service: &Service, program: &str, role: &str) -> Command {
    let mut command = as_nobody(program, service.folder().path());
    command
        .arg("--config")
        .arg(service.folder().path().join("inkan.toml"));
    command.env("INKAN__DATABASE__URL", service.url_for(role));
    command
}

/// Gives a file to root alone for as long as `then` runs.
fn taken_away(path: &Path, then: impl FnOnce()) {
    let owner = |id: &str| tool("chown", [id.to_owned(), path.display().to_string()]).ok();
    let mode = std::fs::metadata(path).expect("it is there").permissions();
    let shut = if path.is_dir() { 0o700 } else { 0o600 };
    owner("0");
    set_permissions(path, Permissions::from_mode(shut)).expect("a mode");
    then();
    owner(NOBODY);
    set_permissions(path, mode).expect("a mode");
}

#[test]
fn each_file_that_the_account_cannot_use_is_named_with_its_key() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let service = handed_over(engine);
        let place = |name: &str| service.folder().path().join(name);
        for program in ["ca-api", "ca-worker", "ca-cli"] {
            check(&service, program).ok();
        }
        let cases: [(&str, &str, &[&str]); 8] = [
            ("data/tls/server.key", "tls.key", &["ca-api", "ca-cli"]),
            (
                "data/tls/server.crt",
                "tls.certificate",
                &["ca-api", "ca-cli"],
            ),
            (
                "data/keys/approval.key",
                "console.approval_key_file",
                &["ca-api", "ca-worker", "ca-cli"],
            ),
            (
                "calendar.toml",
                "calendar.file",
                &["ca-api", "ca-worker", "ca-cli"],
            ),
            (
                "passphrase",
                "authority.passphrase_file",
                &["ca-worker", "ca-cli"],
            ),
            (
                "data/keys/ca.key",
                "authority.key_file",
                &["ca-worker", "ca-cli"],
            ),
            (
                "data/keys/sealing.key",
                "authority.sealing_key_file",
                &["ca-worker", "ca-cli"],
            ),
            (
                "data/journal",
                "worker.journal_folder",
                &["ca-worker", "ca-cli"],
            ),
        ];
        for (file, key, programs) in cases {
            taken_away(&place(file), || {
                for program in programs {
                    let said =
                        check(&service, program).refused(&[key, file, "give it to that account"]);
                    assert!(!said.err.contains("database is away"), "{}", said.err);
                }
            });
        }
    }
}

#[test]
fn a_pass_file_that_cannot_be_used_is_called_that() {
    let service = handed_over(Engine::Postgres);
    let file =
        |role: &str| -> PathBuf { service.folder().path().join(format!("roles/{role}.pgpass")) };
    let programs = [
        ("ca-api", "console"),
        ("ca-worker", "worker"),
        ("ca-cli", "staff"),
    ];
    for (program, role) in programs {
        let told = |words: &[&str]| {
            let name = format!("{role}.pgpass");
            let mut all = vec![name.as_str()];
            all.extend(words);
            let checked = check(&service, program).refused(&all);
            // The program itself, and not only its check.
            let started = match program {
                "ca-cli" => run(nobody(&service, program, role).args(["account", "list"])),
                "ca-worker" => run(nobody(&service, program, role).arg("--once")),
                _ => run(&mut nobody(&service, program, role)),
            };
            for said in [checked, started.refused(&all)] {
                assert!(!said.err.contains("is away"), "{program}: {}", said.err);
            }
        };
        taken_away(&file(role), || told(&["pass file", "Permission denied"]));
        set_permissions(file(role), Permissions::from_mode(0o640)).expect("a mode");
        told(&["pass file", "chmod 600"]);
        set_permissions(file(role), Permissions::from_mode(0o600)).expect("a mode");
        let kept = std::fs::read(file(role)).expect("a pass file");
        std::fs::remove_file(file(role)).expect("a pass file");
        // The address names it all the same.
        let url = format!(
            "postgres://{}_{role}@{}?passfile={}",
            service.database.name(),
            service.database.url().rsplit_once('@').expect("a host").1,
            file(role).display()
        );
        let mut gone = as_nobody("ca-cli", service.folder().path());
        gone.arg("--config")
            .arg(service.folder().path().join("inkan.toml"));
        gone.env("INKAN__DATABASE__URL", url)
            .args(["account", "list"]);
        run(&mut gone).refused(&["pass file", "is not there"]);
        std::fs::write(file(role), kept).expect("a pass file");
        set_permissions(file(role), Permissions::from_mode(0o600)).expect("a mode");
        let owner = [NOBODY.to_owned(), file(role).display().to_string()];
        tool("chown", owner).ok();
    }
}

#[test]
fn an_address_that_leads_to_another_host_than_the_certificates_is_refused_by_each_check() {
    let service = Service::set_up(Engine::Sqlite);
    service.configure("service.host = \"ca.example.jp\"");
    for program in ["ca-api", "ca-worker"] {
        let mut command = inkan_tests::program::command(program);
        command
            .arg("--config")
            .arg(service.folder().path().join("inkan.toml"));
        run(command.arg("--check-config")).refused(&[
            "service.public_url",
            "ca.example.jp",
            "localhost",
            "inkan.toml",
        ]);
    }
    service.cli(&["config", "check"]).refused(&[
        "service.public_url",
        "ca.example.jp",
        "issue-server",
    ]);
}

#[test]
fn a_check_before_anything_was_made_says_what_is_missing_and_is_no_refusal() {
    let service = Service::configured(Engine::Sqlite, "");
    let said = service.cli(&["config", "check"]).ok();
    for word in ["Not there yet", "ca-cli ca init", "tls.key", "right"] {
        assert!(said.out.contains(word), "{}", said.out);
    }
    service.cli(&["ca", "init"]).ok();
    service
        .cli(&["config", "check"])
        .refused(&["tls.certificate", "ca-cli certificate issue-server"]);
    service.cli(&["certificate", "issue-server"]).ok();
    service.cli(&["config", "check"]).ok();
}
