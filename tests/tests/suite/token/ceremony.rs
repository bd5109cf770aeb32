//! The key ceremony by the command line: on the token, once, never to be read out, followed by a next one.

use inkan_tests::database::Engine;
use inkan_tests::program::tool;
use inkan_tests::service::{Service, signer};
use inkan_tests::token::Token;

/// A configuration and a token, before the first command.
fn prepared() -> (Service, Token) {
    let token = Token::new();
    let mut service = Service::configured(Engine::Sqlite, &signer(&token));
    service.plug_in(&token);
    (service, token)
}

#[test]
fn the_key_can_never_be_read_out_of_the_token() {
    for key in ["p384", "rsa4096"] {
        let (service, token) = prepared();
        let said = service.cli(&["ca", "init", "--key", key]).ok();
        assert!(said.out.contains("inkan-root-1"), "{}", said.out);
        let objects = token
            .tool(&["--list-objects", "--type", "privkey"])
            .ok()
            .out;
        assert_eq!(
            objects.matches("Private Key Object").count(),
            1,
            "{objects}"
        );
        for word in [
            "inkan-root-1",
            "sensitive",
            "always sensitive",
            "never extractable",
            "local",
        ] {
            assert!(objects.contains(word), "{word}: {objects}");
        }
        let usage: Vec<&str> = objects
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Usage:"))
            .map(str::trim)
            .collect();
        assert_eq!(usage, ["sign"], "{objects}");
        let root = service.root_file().display().to_string();
        tool(
            "/usr/bin/openssl",
            ["verify", "-x509_strict", "-CAfile", &root, &root],
        )
        .ok();
        service.cli(&["certificate", "issue-server"]).ok();
    }
}

#[test]
fn a_key_that_is_there_is_never_overwritten() {
    let (service, token) = prepared();
    let arguments = [
        "--keypairgen",
        "--key-type",
        "EC:secp384r1",
        "--label",
        "inkan-root-1",
        "--id",
        "07",
    ];
    token.tool(&arguments).ok();
    service
        .cli(&["ca", "init"])
        .refused(&["inkan-root-1", "not overwritten"]);
    assert!(!service.folder().join("data/keys/ca.ceremony").exists());
}

#[test]
fn a_crash_between_key_and_database_is_mended_by_the_same_command() {
    let (service, token) = prepared();
    // The database refuses the root, after the key was made on the token.
    service.cli(&["database", "migrate"]).ok();
    let mut sql = service.database.connect();
    sql.run(
        "CREATE TRIGGER no_root BEFORE INSERT ON authority BEGIN SELECT RAISE(ABORT, 'no root today'); END",
    );
    service.cli(&["ca", "init"]).refused(&["no root today"]);
    assert!(service.folder().join("data/keys/ca.ceremony").exists());
    sql.run("DROP TRIGGER no_root");
    service.cli(&["ca", "init"]).ok();
    assert!(!service.folder().join("data/keys/ca.ceremony").exists());
    let objects = token
        .tool(&["--list-objects", "--type", "privkey"])
        .ok()
        .out;
    assert_eq!(
        objects.matches("Private Key Object").count(),
        1,
        "{objects}"
    );
    assert_eq!(token.calls("C_GenerateKeyPair"), 1);
    service.cli(&["ca", "init"]).refused(&["already"]);
}

#[test]
fn the_next_root_is_made_on_the_token_too_and_the_old_one_retired() {
    let (service, token) = prepared();
    service.cli(&["ca", "init"]).ok();
    let said = service.cli(&["ca", "rollover"]).ok();
    assert!(said.out.contains("inkan-root-2"), "{}", said.out);
    let objects = token
        .tool(&["--list-objects", "--type", "privkey"])
        .ok()
        .out;
    assert!(
        objects.contains("inkan-root-1") && objects.contains("inkan-root-2"),
        "{objects}"
    );
    service.cli(&["certificate", "issue-server"]).ok();
    service.work_once().ok();
    let mut sql = service.database.connect();
    assert_eq!(
        sql.count("(SELECT DISTINCT generation FROM crl) t"),
        2,
        "a list of each"
    );
    assert_eq!(
        sql.count("certificate WHERE purpose = 'server' AND generation = 2"),
        1
    );
    let said = service.cli(&["ca", "retire", "--generation", "1"]).ok();
    assert!(said.out.contains("inkan-root-1"), "{}", said.out);
    service.work_once().ok();
    // When the old key is destroyed, nothing is signed for it and nobody complains.
    for kind in ["privkey", "pubkey"] {
        token
            .tool(&["--delete-object", "--type", kind, "--label", "inkan-root-1"])
            .ok();
    }
    service.work_once().ok();
}

#[test]
fn a_root_in_a_file_is_followed_by_one_on_the_token() {
    let token = Token::new();
    let mut service = Service::set_up(Engine::Sqlite);
    service.plug_in(&token);
    service.configure(&signer(&token));
    service.cli(&["ca", "rollover"]).ok();
    service.work_once().ok();
    let mut sql = service.database.connect();
    assert_eq!(
        sql.count("(SELECT DISTINCT generation FROM crl) t"),
        2,
        "a list of each"
    );
    service.cli(&["certificate", "issue-server"]).ok();
    assert_eq!(
        sql.count("certificate WHERE purpose = 'server' AND generation = 2"),
        1
    );
}

#[test]
fn a_uri_that_promises_too_much_is_refused() {
    let (service, token) = prepared();
    let uri = token.uri();
    for (wrong, words) in [
        (
            format!("{uri}&pin-value=135792"),
            vec!["pin-value", "pin-source"],
        ),
        (uri.replace("object=", "slot-id=1;object="), vec!["slot-id"]),
        (
            uri.replace(";object=inkan-root", ""),
            vec!["lacks `object`"],
        ),
    ] {
        let said = service
            .cli(&["ca", "init", "--signer", &wrong])
            .refused(&words);
        assert!(
            !said.err.contains("135792") || wrong.contains("pin-value"),
            "{}",
            said.err
        );
        service.configure(&format!("authority.signer = \"{wrong}\""));
        let said = service.cli(&["ca", "show"]).refused(&words);
        assert!(!said.err.contains("135792"), "{}", said.err);
    }
}
