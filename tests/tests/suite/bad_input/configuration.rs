//! Configurations that are wrong are refused by key, value and rule.

use inkan_tests::database::Engine;
use inkan_tests::service::Service;

#[test]
fn a_wrong_key_or_value_is_named_with_its_rule() {
    let service = Service::configured(Engine::Sqlite, "");
    let cases: [(&str, &[&str]); 6] = [
        ("lock.trys = 3", &["trys", "tries"]),
        ("lock.tries = 0", &["tries"]),
        ("pkcs12.iterations_ = 1", &["iterations_"]),
        (
            "worker.batch = 100000",
            &["worker.batch", "100000", "1 to 1000"],
        ),
        (
            "mail.smtp.host = \"mail.example.jp\"\nmail.smtp.security = \"loopback\"",
            &["mail.smtp.security", "TLS"],
        ),
        ("session.idle_minutes = \"long\"", &["idle_minutes"]),
    ];
    service.cli(&["--check-config"]).ok();
    for (line, words) in cases {
        service.configure(line);
        service.cli(&["--check-config"]).refused(words);
        service.cli(&["account", "list"]).refused(words);
    }
}

#[test]
fn the_environment_is_held_to_the_same_rules() {
    let service = Service::configured(Engine::Sqlite, "");
    let mut command = service.command(&["--check-config"]);
    inkan_tests::program::run(command.env("INKAN__LOCK__TRYS", "3"))
        .refused(&["trys", "environment"]);
    let mut command = service.command(&["--check-config"]);
    inkan_tests::program::run(command.env("INKAN__LOCK__TRIES", "5")).ok();
}

#[test]
fn files_that_are_not_there_are_named() {
    let service = Service::configured(Engine::Sqlite, "");
    for key in ["letter.template", "authority.profiles"] {
        service.configure(&format!("{key} = \"/nonexistent/{key}\""));
        service.cli(&["--check-config"]).refused(&["/nonexistent/"]);
    }
    std::fs::remove_file(service.folder().join("calendar.toml")).expect("a calendar file");
    service.configure("");
    service.cli(&["--check-config"]).refused(&["calendar.toml"]);
    let mut command = inkan_tests::program::command("ca-cli");
    let answer = inkan_tests::program::run(command.args([
        "--config",
        "/nonexistent/inkan.toml",
        "account",
        "list",
    ]));
    answer.refused(&["/nonexistent/inkan.toml", "--config"]);
}

#[test]
fn no_secret_can_be_written_into_the_file() {
    let service = Service::configured(Engine::Sqlite, "");
    for line in [
        "authority.passphrase = \"x\"",
        "mail.smtp.password = \"x\"",
        "tls.key_password = \"x\"",
    ] {
        service.configure(line);
        service.cli(&["--check-config"]).refused(&["configuration"]);
    }
}

#[test]
fn a_password_cost_below_the_recommendation_is_warned_of_and_no_other() {
    let service = Service::set_up(Engine::Sqlite);
    let checked = |memory_kib: &str| {
        ["ca-cli", "ca-api"].map(|program| {
            let mut command = inkan_tests::program::command(program);
            command
                .arg("--config")
                .arg(service.folder().join("inkan.toml"))
                .arg("--check-config")
                .env("INKAN__PASSWORD__MEMORY_KIB", memory_kib);
            let answer = inkan_tests::program::run(&mut command).ok();
            format!("{}{}", answer.out, answer.err)
        })
    };
    for said in checked("47103") {
        for words in ["password.memory_kib = 47103", "ca-cli password tune"] {
            assert!(said.contains(words), "{said}");
        }
    }
    for said in checked("47104") {
        assert!(!said.contains("password.memory_kib"), "{said}");
    }
}
