//! Databases that are not there, older or newer than the program, or shut.

use inkan_tests::database::Engine;
use inkan_tests::service::Service;

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

#[test]
fn a_database_that_is_not_there_says_how_to_get_one() {
    let service = Service::configured(Engine::Sqlite, "");
    service
        .cli(&["account", "list"])
        .refused(&["there is no database", "ca-cli ca init"]);
    let shut = "database.url = \"postgres://inkan@127.0.0.1:1/inkan\"";
    let service = Service::configured(Engine::Sqlite, "");
    let text =
        std::fs::read_to_string(service.folder().join("inkan.toml")).expect("the configuration");
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("database.url"))
        .chain([shut]);
    service
        .folder()
        .write("inkan.toml", lines.collect::<Vec<_>>().join("\n"));
    service
        .cli(&["account", "list"])
        .refused(&["127.0.0.1:1", "[database] url"]);
}

#[test]
fn an_older_database_says_migrate() {
    for engine in ENGINES {
        let service = Service::configured(engine, "");
        service.cli(&["database", "migrate"]).ok();
        service
            .database
            .connect()
            .run("DELETE FROM __diesel_schema_migrations");
        service
            .cli(&["account", "list"])
            .refused(&["older", "ca-cli database migrate"]);
        service.cli(&["database", "status"]).refused(&[]);
    }
}

#[test]
fn a_newer_database_says_upgrade_and_is_left_alone() {
    for engine in ENGINES {
        let service = Service::configured(engine, "");
        service.cli(&["database", "migrate"]).ok();
        let mut sql = service.database.connect();
        sql.run("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000001')");
        let steps = || {
            service
                .database
                .connect()
                .count("__diesel_schema_migrations")
        };
        let before = steps();
        for arguments in [
            ["account", "list"],
            ["database", "migrate"],
            ["database", "status"],
        ] {
            service.cli(&arguments).refused(&["newer"]);
        }
        assert_eq!(steps(), before);
    }
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let service = Service::configured(Engine::Sqlite, "");
    let file = service
        .database
        .url()
        .trim_start_matches("sqlite:")
        .to_owned();
    std::fs::write(&file, "this is a letter, not a database").expect("a file");
    service.cli(&["account", "list"]).refused(&["database"]);
    assert_eq!(
        std::fs::read(&file).expect("still there"),
        b"this is a letter, not a database"
    );
}
