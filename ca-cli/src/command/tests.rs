//! The command line itself: what is understood, what is refused, and how it is said.

use clap::CommandFactory;

use super::*;

fn said(arguments: &[&str]) -> Result<String, String> {
    let cli = Cli::try_parse_from([&["ca-cli"], arguments].concat())
        .map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    run(&cli, &mut out).map_err(|error| crate::message::of(&error))?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn usage_errors_have_status_2() {
    for wrong in [
        &["ca-cli", "acount"][..],
        &["ca-cli", "queue", "sign-now"],
        &["ca-cli", "--nonsense"],
    ] {
        assert_eq!(
            Cli::try_parse_from(wrong).unwrap_err().exit_code(),
            2,
            "{wrong:?}"
        );
    }
}

#[test]
fn no_command_takes_a_passphrase_or_password_as_a_word() {
    fn options(command: &clap::Command, found: &mut Vec<String>) {
        found.extend(
            command
                .get_arguments()
                .map(|argument| argument.get_id().to_string()),
        );
        command
            .get_subcommands()
            .for_each(|inner| options(inner, found));
    }
    let mut found = Vec::new();
    options(&Cli::command(), &mut found);
    let secret =
        |id: &&String| id.contains("pass") && !id.ends_with("_file") && !id.ends_with("_out");
    assert_eq!(
        found.iter().find(secret),
        None,
        "arguments are seen by every user of the machine"
    );
}

#[test]
fn a_new_folder_is_migrated_and_then_has_empty_listings() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let at = |arguments: &[&str]| said(&[&["--data", &data], arguments].concat());
    assert!(
        at(&["account", "list"])
            .unwrap_err()
            .contains("ca-cli ca init")
    );
    at(&["database", "migrate"]).unwrap();
    assert_eq!(at(&["account", "list", "--json"]).unwrap().trim(), "[]");
    assert_eq!(at(&["operator", "list", "--json"]).unwrap().trim(), "[]");
    assert_eq!(at(&["queue", "list", "--json"]).unwrap().trim(), "[]");
    assert!(at(&["database", "status"]).unwrap().contains("current"));
    assert!(at(&["audit", "verify"]).unwrap().contains("whole"));
}

#[test]
fn an_order_to_sign_now_is_audited_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let at = |arguments: &[&str]| said(&[&["--data", &data], arguments].concat());
    at(&["database", "migrate"]).unwrap();
    at(&[
        "queue",
        "sign-now",
        "--reason",
        "連休前の申請",
        "--minutes",
        "5",
        "--as",
        "佐藤",
    ])
    .unwrap();
    let file = folder.path().join("audit.jsonl").display().to_string();
    assert!(
        at(&["audit", "export", "--out", &file])
            .unwrap()
            .starts_with("1 entries")
    );
    let entry = std::fs::read_to_string(&file).unwrap();
    assert!(
        entry.contains("staff:佐藤") && entry.contains("連休前の申請"),
        "{entry}"
    );
    let twice = at(&["audit", "export", "--out", &file]).unwrap_err();
    assert!(twice.contains("not overwritten"), "{twice}");
}

#[test]
fn unknown_things_are_named_with_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let at = |arguments: &[&str]| said(&[&["--data", &data], arguments].concat());
    at(&["database", "migrate"]).unwrap();
    for (arguments, words) in [
        (
            &["account", "show", "KJ2700000001"][..],
            "ca-cli account list",
        ),
        (&["account", "unlock", "XX1"], "two letters and ten digits"),
        (&["operator", "disable", "sato"], "ca-cli operator list"),
        (&["queue", "show", "1"], "ca-cli queue list"),
        (&["queue", "list", "--state", "lost"], "pending, approved"),
    ] {
        let said = at(arguments).unwrap_err();
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn a_wrong_configuration_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inkan.toml");
    std::fs::write(&file, "[lock]\ntrys = 5\n").unwrap();
    let error = said(&["--config", &file.display().to_string(), "--check-config"]).unwrap_err();
    assert!(error.contains("trys"), "{error}");
    assert!(said(&["--check-config"]).unwrap().contains("right"));
}
