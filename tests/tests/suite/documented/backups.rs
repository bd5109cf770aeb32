//! The nightly archive needs no owner's password.

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
fn an_installation_without_the_new_role_is_migrated_and_gets_it_by_the_command() {
    let service = Service::set_up(Engine::Postgres);
    let name = service.database.name();
    let mut sql = service.database.connect();
    sql.run(&format!(
        "DROP OWNED BY {name}_backup; DROP ROLE {name}_backup"
    ));
    let file = service.folder().path().join("roles/backup.pgpass");
    std::fs::remove_file(&file).expect("a pass file");
    sql.run("DELETE FROM __diesel_schema_migrations WHERE false");
    service
        .as_owner(&["database", "roles", "--prefix", name])
        .refused(&["_backup", "--out"]);
    service.as_owner(&["database", "migrate"]).ok();
    let out = service.folder().path().join("roles").display().to_string();
    service
        .as_owner(&["database", "roles", "--prefix", name, "--out", &out])
        .ok();
    assert!(file.exists());
}
