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

#[test]
fn a_root_is_made_once_shown_and_carried_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (data, passphrase) = (path("data"), path("passphrase"));
    std::fs::write(&passphrase, "correct horse battery staple\n").unwrap();
    let at = |arguments: &[&str]| said(&[&["--data", &data], arguments].concat());
    let first = at(&["ca", "init", "--passphrase-file", &passphrase]).unwrap();
    let thumbprint = at(&["thumbprint"]).unwrap();
    assert_eq!(thumbprint.trim().len(), 40);
    assert!(first.contains(thumbprint.trim()), "{first}");
    assert_eq!(
        at(&["thumbprint", "--windows"])
            .unwrap()
            .split_whitespace()
            .count(),
        5
    );
    assert!(
        at(&["ca", "show"])
            .unwrap()
            .contains("電子請求受付センター 認証局 G1")
    );
    let again = at(&["ca", "init", "--passphrase-file", &passphrase]).unwrap_err();
    assert!(again.contains("already"), "{again}");
    at(&["ca", "export", "--out", &path("ca.crt")]).unwrap();
    let der = std::fs::read(path("ca.crt")).unwrap();
    assert_eq!(
        ca_core::domain::thumbprint::Thumbprint::of_der(&der).sha1_hex(),
        thumbprint.trim()
    );
}

#[test]
fn the_site_and_an_operator_get_certificates_and_a_wrong_passphrase_gets_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (data, right, wrong) = (path("data"), path("right"), path("wrong"));
    std::fs::write(&right, "correct horse battery staple\n").unwrap();
    std::fs::write(&wrong, "another horse battery staple\n").unwrap();
    let at = |arguments: &[&str]| said(&[&["--data", &data], arguments].concat());
    at(&["ca", "init", "--passphrase-file", &right]).unwrap();
    let refused = at(&["certificate", "issue-server", "--passphrase-file", &wrong]).unwrap_err();
    assert!(refused.contains("passphrase"), "{refused}");
    assert_eq!(at(&["certificate", "list", "--json"]).unwrap().trim(), "[]");
    at(&["certificate", "issue-server", "--passphrase-file", &right]).unwrap();
    assert!(folder.path().join("data/tls/server.key").is_file());
    let (p12, made) = (path("sato.p12"), path("sato.password"));
    let add = [
        "operator",
        "add",
        "sato",
        "--display-name",
        "佐藤 花子",
        "--out",
        &p12,
    ];
    let with = ["--new-password-file", &made, "--passphrase-file", &right];
    at(&[&add[..], &with[..]].concat()).unwrap();
    let password = std::fs::read_to_string(&made).unwrap();
    let packed = openssl::pkcs12::Pkcs12::from_der(&std::fs::read(&p12).unwrap()).unwrap();
    assert!(packed.parse2(password.trim()).unwrap().cert.is_some());
    let other = [
        "--out",
        &path("other.p12"),
        "--new-password-file",
        &path("other"),
        "--passphrase-file",
        &right,
    ];
    let twice = at(&[&add[..5], &other[..]].concat()).unwrap_err();
    assert!(
        twice.contains("sato") && !folder.path().join("other.p12").exists(),
        "{twice}"
    );
    assert!(at(&["operator", "list"]).unwrap().contains("佐藤 花子"));
}
