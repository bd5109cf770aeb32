//! The nightly archive needs no owner's password.

use ca_core::config::DatabaseConfig;
use ca_core::store::{Store, StoreError, role};
use inkan_tests::database::Engine;
use inkan_tests::program::{Answer, run};
use inkan_tests::service::Service;

fn as_role(service: &Service, role: &str, arguments: &[&str]) -> Answer {
    let mut command = service.command(arguments);
    run(command.env("INKAN__DATABASE__URL", service.url_for(role)))
}

#[test]
fn the_backup_role_makes_archives_and_changes_nothing() {
    let mut service = Service::set_up(Engine::Postgres);
    service.offices(1);
    let folder = service.folder().path().to_owned();
    let archive = folder.join("night.age").display().to_string();
    let secret = folder.join("passphrase").display().to_string();
    let make = [
        "backup",
        "create",
        "--out",
        &archive,
        "--passphrase-file",
        &secret,
    ];
    as_role(&service, "backup", &make).ok();
    let mut sql = service.database.connect();
    assert_eq!(sql.count("audit WHERE act = 'backup.create'"), 1);
    for refused in [
        &["account", "disable", "KJ2700000001"][..],
        &["queue", "sign-now", "--reason", "x"],
    ] {
        as_role(&service, "backup", refused).refused(&["permission denied"]);
    }
    service.cli(&["audit", "verify"]).ok();
}

#[test]
fn a_migration_grants_without_the_new_role_and_the_command_makes_it() {
    let service = Service::set_up(Engine::Postgres);
    let name = service.database.name();
    let mut sql = service.database.connect();
    sql.run(&format!(
        "DROP OWNED BY {name}_backup; DROP ROLE {name}_backup"
    ));
    let file = service.folder().path().join("roles/backup.pgpass");
    std::fs::remove_file(&file).expect("a pass file");
    service
        .as_owner(&["database", "roles", "--prefix", name])
        .refused(&["_backup", "--out"]);
    // As a migration does at its end.
    let config = DatabaseConfig {
        url: service.database.url().to_owned(),
        ..DatabaseConfig::default()
    };
    let store = Store::open(&config, service.folder().path()).expect("the database");
    let prefix = name.parse().expect("a prefix");
    let granted: Result<(), StoreError> = store.transaction(|db| role::grant_all(db, &prefix));
    granted.expect("the roles that are there");
    let out = service.folder().path().join("roles").display().to_string();
    service
        .as_owner(&["database", "roles", "--prefix", name, "--out", &out])
        .ok();
    assert!(file.exists());
}
