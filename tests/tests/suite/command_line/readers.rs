//! A reader that has seen enough is no fault of a command; a disk that is full is.

use inkan_tests::database::Engine;
use inkan_tests::program::{Answer, run};
use inkan_tests::service::{Service, csv, row};
use std::fs::OpenOptions;

/// Runs `ca-cli` with an output that nobody reads any more.
pub fn unread(service: &Service, arguments: &[&str]) -> Answer {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    run(service.command(arguments).stdout(writer))
}

const PRINTING: [&[&str]; 32] = [
    &["account", "list"],
    &["account", "list", "--json"],
    &["account", "show", "KJ2700000001"],
    &["account", "show", "KJ2700000001", "--json"],
    &["audit", "verify"],
    &["audit", "verify", "--json"],
    &["audit", "check"],
    &["audit", "check", "--json"],
    &["audit", "export", "--out", "-"],
    &["ca", "show"],
    &["ca", "show", "--json"],
    &["ca", "export", "--pem", "--out", "-"],
    &["calendar", "show"],
    &["calendar", "show", "--json"],
    &["certificate", "list"],
    &["certificate", "list", "--json"],
    &["config", "docs"],
    &["config", "example"],
    &["config", "access-matrix"],
    &["config", "check"],
    &["crl", "show"],
    &["crl", "show", "--json"],
    &["database", "status"],
    &["database", "status", "--json"],
    &["delegation", "list", "--json"],
    &["letter", "template"],
    &["notice", "list", "--json"],
    &["operator", "list", "--json"],
    &["queue", "list", "--json"],
    &["thumbprint"],
    &["--help"],
    &["--version"],
];

#[test]
fn every_command_that_prints_is_quiet_when_its_reader_has_gone() {
    let service = Service::set_up(Engine::Sqlite);
    service.import(&csv(&[row("KJ2700000001")])).ok();
    service.cli(&["crl", "publish"]).ok();
    for arguments in PRINTING {
        // The same with a reader: what a command says of the service is not the question here.
        let read = service.cli(arguments);
        assert!(!read.out.is_empty(), "{arguments:?}: {}", read.err);
        let alone = unread(&service, arguments);
        assert_eq!(alone.status, read.status, "{arguments:?}: {}", alone.err);
        assert!(!alone.err.contains("pipe"), "{arguments:?}: {}", alone.err);
    }
}

#[test]
fn a_command_that_acts_does_all_of_it_when_its_reader_has_gone() {
    let service = Service::set_up(Engine::Sqlite);
    let file = service
        .folder()
        .write("accounts.csv", csv(&[row("KJ2700000001")]));
    unread(
        &service,
        &["account", "import", &file.display().to_string()],
    )
    .ok();
    assert!(
        service
            .cli(&["account", "list"])
            .ok()
            .out
            .contains("KJ2700000001")
    );
    unread(
        &service,
        &["queue", "sign-now", "--reason", "end of the year"],
    )
    .ok();
    assert!(
        service
            .cli(&["calendar", "show"])
            .ok()
            .out
            .contains("end of the year")
    );
}

#[test]
fn an_output_that_takes_nothing_is_an_error() {
    let service = Service::set_up(Engine::Sqlite);
    for arguments in [
        &["ca", "show"][..],
        &["thumbprint"],
        &["queue", "list", "--json"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full");
        let full = full.expect("a device that is full");
        run(service.command(arguments).stdout(full)).refused(&["No space left on device"]);
    }
}
