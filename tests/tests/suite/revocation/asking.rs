//! What ends many certificates can be seen first, and asks at a terminal.

use inkan_tests::database::Engine;
use inkan_tests::program::{self, Answer};
use inkan_tests::service::Service;
use std::io::Write;
use std::process::{Command, Stdio};

/// Runs `ca-cli` at a terminal of its own (`script`) where `typed` is typed.
fn at_terminal(service: &Service, arguments: &[&str], typed: &str) -> Answer {
    let command = service.command(arguments);
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<String> = words
        .map(|word| format!("'{}'", word.to_str().expect("text")))
        .collect();
    let mut script = Command::new("script");
    script.args(["-qefc", &words.join(" "), "/dev/null"]);
    for (name, value) in command.get_envs() {
        script.env(name, value.unwrap_or_default());
    }
    if let Some(folder) = command.get_current_dir() {
        script.current_dir(folder);
    }
    script.stdin(Stdio::piped());
    script.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = script.spawn().expect("script");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(typed.as_bytes()).expect("typed");
    let output = child.wait_with_output().expect("an end");
    drop(stdin);
    Answer::of(&output)
}

fn revoked(service: &Service) -> i64 {
    let mut sql = service.database.connect();
    sql.count("certificate WHERE status = 'revoked'")
}

#[test]
fn an_order_over_several_asks_at_a_terminal_and_one_certificate_does_not() {
    let service = Service::set_up(Engine::Sqlite);
    for name in ["suzuki", "tanaka", "yamada"] {
        service.operator(name);
    }
    let all = [
        "certificate",
        "revoke",
        "--profile",
        "operator",
        "--reason",
        "superseded",
    ];
    for typed in ["no\n", "y\n", "\n"] {
        let said = at_terminal(&service, &all, typed);
        assert_ne!(said.status, Some(0), "{}", said.out);
        assert!(
            said.out.contains("3 certificates will be revoked"),
            "{}",
            said.out
        );
        assert!(said.out.contains("nothing was done"), "{}", said.out);
    }
    assert_eq!(revoked(&service), 0);
    let mut sql = service.database.connect();
    let one = sql
        .lines("SELECT certificate_serial AS line FROM operator WHERE name = 'suzuki'")
        .pop()
        .expect("a serial");
    let single = [
        "certificate",
        "revoke",
        "--serial",
        &one,
        "--reason",
        "superseded",
    ];
    let said = at_terminal(&service, &single, "");
    assert!(!said.out.contains("Type yes"), "{}", said.out);
    assert_eq!(revoked(&service), 1);
    let said = at_terminal(&service, &all, "yes\n");
    assert!(
        said.out.contains("2 certificates will be revoked"),
        "{}",
        said.out
    );
    assert_eq!(said.status, Some(0), "{}", said.out);
    assert_eq!(revoked(&service), 3);
}

#[test]
fn the_end_of_a_root_is_seen_first_and_asks_at_a_terminal() {
    let service = Service::set_up(Engine::Sqlite);
    service.operator("suzuki");
    let first = ["ca", "retire", "--generation", "1"];
    let seen = [&first[..], &["--dry-run"]].concat();
    service.cli(&seen).refused(&["issues", "ca rollover"]);
    service.cli(&["ca", "rollover"]).ok();
    let said = service.cli(&seen).ok().out;
    // The site's own and the operator's.
    assert!(said.contains("would be revoked: 2"), "{said}");
    assert!(
        said.contains("CN=suzuki") && said.contains("--force"),
        "{said}"
    );
    assert!(said.contains("Nothing was changed."), "{said}");
    let unknown = ["ca", "retire", "--generation", "9", "--dry-run"];
    service.cli(&unknown).refused(&["no root of generation 9"]);
    service.cli(&first).refused(&["--force"]);
    let force = [&first[..], &["--force"]].concat();
    let said = at_terminal(&service, &force, "no\n");
    assert_ne!(said.status, Some(0), "{}", said.out);
    assert!(
        said.out.contains("2 certificates of it will be revoked"),
        "{}",
        said.out
    );
    assert_eq!(revoked(&service), 0);
    let yes = [&force[..], &["--yes"]].concat();
    assert!(!at_terminal(&service, &yes, "").out.contains("Type yes"));
    assert_eq!(revoked(&service), 2);
    service.cli(&seen).refused(&["retired already"]);
    // A script is not asked.
    let _ = program::run(&mut service.command(&["ca", "show"])).ok();
}
