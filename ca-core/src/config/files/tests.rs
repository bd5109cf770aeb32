//! Tests of what is said about a file that cannot be used.
use std::fs::{self, Permissions};

use super::*;

fn need(path: PathBuf, purpose: Use) -> Need {
    Need {
        key: "tls.key",
        path,
        purpose,
        made_by: None,
        place: "/etc/inkan/inkan.toml".to_owned(),
    }
}

fn said(need: &Need) -> String {
    need.check().unwrap_err().to_string()
}

#[test]
fn each_refusal_says_which_key_which_file_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    let missing = need(file.clone(), Use::Read);
    let text = said(&missing);
    for word in ["tls.key", "file is not there", "/etc/inkan/inkan.toml"] {
        assert!(text.contains(word), "{text}");
    }
    let made = Need {
        made_by: Some("ca-cli ca init"),
        ..missing
    };
    assert!(said(&made).contains("`ca-cli ca init`"));
    assert!(made.check().unwrap_err().is_to_be_made());
    fs::write(&file, "secret").unwrap();
    for mode in [0o640, 0o604, 0o660, 0o644] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        assert!(need(file.clone(), Use::Read).check().is_ok());
        let text = said(&need(file.clone(), Use::Secret));
        assert!(text.contains("chmod 600") && text.contains(&format!("{mode:04o}")));
    }
    fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
    assert!(need(file.clone(), Use::Secret).check().is_ok());
    assert!(said(&need(folder.path().into(), Use::Secret)).contains("is a folder"));
    assert!(said(&need(file.clone(), Use::Fill)).contains("written into"));
    assert!(need(folder.path().join("a/b"), Use::Fill).check().is_ok());
    assert!(said(&need(file.join("below"), Use::Fill)).contains("written into"));
}

#[test]
fn the_address_that_is_printed_leads_to_the_host_of_the_certificate() {
    let mut config = Config::default();
    for (url, host, fits) in [
        ("https://localhost:8443/", "localhost", true),
        ("https://CA.Example/", "ca.example", true),
        ("https://ca.example:8443/service/", "ca.example", true),
        ("https://[::1]:8443/", "::1", true),
        ("https://[::1]/", "[::1]", true),
        ("https://www.ca.example/", "ca.example", false),
        ("https://ca.example/", "localhost", false),
        ("https://ca.example.net/", "ca.example", false),
    ] {
        config.service.public_url = url.to_owned();
        config.service.host = host.to_owned();
        let checked = config.check_host();
        assert_eq!(checked.is_ok(), fits, "{url} {host}");
        if let Err(text) = checked {
            assert!(text.contains(url) && text.contains(host), "{text}");
        }
    }
}

#[test]
fn a_first_key_that_was_destroyed_is_not_asked_for_while_a_later_one_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    let first = folder.path().join("root.key");
    config.authority.key_file = Some(first.clone());
    let asked = |config: &Config| {
        let mut needs = config.needs(Program::Worker).into_iter();
        needs
            .find(|need| need.key == "authority.key_file")
            .unwrap()
            .path
    };
    assert_eq!(asked(&config), first);
    let second = folder.path().join("root-2.key");
    fs::write(&second, "").unwrap();
    assert_eq!(asked(&config), second);
    fs::write(&first, "").unwrap();
    assert_eq!(asked(&config), first);
}

#[test]
fn each_program_is_asked_for_its_own_files() {
    let mut config = Config::default();
    config.database.url =
        "postgres://inkan_web@localhost/inkan?passfile=%2Fetc%2Finkan%2Fweb.pgpass&sslrootcert=/r.pem"
            .to_owned();
    config.authority.passphrase_file = Some("/p".into());
    let keys = |config: &Config, program| {
        let needs = config.needs(program).into_iter();
        needs.map(|need| need.key).collect::<Vec<_>>()
    };
    let api = keys(&config, Program::Api);
    assert!(api.contains(&"tls.key") && api.contains(&"console.approval_key_file"));
    assert!(!api.contains(&"authority.passphrase_file") && !api.contains(&"authority.key_file"));
    let pass = config
        .needs(Program::Api)
        .into_iter()
        .find(|need| need.purpose == Use::Secret);
    assert_eq!(pass.unwrap().path, Path::new("/etc/inkan/web.pgpass"));
    config.listen.console = crate::config::Listen::Off;
    assert!(!keys(&config, Program::Api).contains(&"console.approval_key_file"));
    let worker = keys(&config, Program::Worker);
    for key in [
        "authority.passphrase_file",
        "worker.journal_folder",
        "mail.folder",
    ] {
        assert!(worker.contains(&key), "{key}");
    }
    assert!(!worker.contains(&"tls.key"));
    let all = keys(&config, Program::Cli);
    for key in api.iter().chain(&worker) {
        assert!(all.contains(key), "{key}");
    }
}
