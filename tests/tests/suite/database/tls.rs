//! The way to the database is encrypted and the server shows who it is.

use inkan_tests::database::{Database, Engine};
use inkan_tests::service::Service;

/// The address of the database over TLS, by the server's name, checked against that root.
fn verified(url: &str, root: &str) -> String {
    let join = if url.contains('?') { '&' } else { '?' };
    format!(
        "{}{join}sslmode=verify-full&sslrootcert={root}",
        url.replace("@127.0.0.1:", "@localhost:")
    )
}

fn root() -> String {
    std::env::var("INKAN_TEST_POSTGRES_ROOT")
        .expect("the test cluster's root; run the tests by `cargo nextest run`")
}

#[test]
fn a_program_that_verifies_the_server_speaks_tls() {
    let service = Service::set_up(Engine::Postgres);
    let url = verified(&service.url_for("worker"), &root());
    let _worker = service.start_worker_with(&[("INKAN__DATABASE__URL", &url)]);
    let mut sql = service.database.connect();
    let of_worker = format!(
        "pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.usename = '{}_worker'",
        service.database.name()
    );
    inkan_tests::process::until("the worker's connections", || {
        (sql.count(&of_worker) > 1).then_some(())
    });
    assert_eq!(
        sql.count(&format!("{of_worker} AND NOT s.ssl")),
        0,
        "a plain connection"
    );
}

#[test]
fn a_server_that_is_somebody_else_is_refused_in_clear_words() {
    let database = Database::new(Engine::Postgres);
    let service = Service::configured(Engine::Postgres, "");
    let run = |url: &str| {
        let mut command = service.command(&["database", "migrate"]);
        command.env("INKAN__DATABASE__URL", url);
        inkan_tests::program::run(&mut command)
    };
    let stranger = service.folder().join("stranger.pem");
    inkan_tests::program::tool(
        "openssl",
        [
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-keyout",
            "/dev/null",
            "-out",
            &stranger.display().to_string(),
        ],
    )
    .ok();
    let password = database
        .url()
        .split(':')
        .nth(2)
        .and_then(|rest| rest.split('@').next())
        .expect("a password");
    for (url, words) in [
        (
            verified(database.url(), &stranger.display().to_string()),
            "certificate verify failed",
        ),
        (
            verified(database.url(), &root()).replace("@localhost:", "@127.0.0.1:"),
            "does not match host name",
        ),
        (
            verified(database.url(), "/nowhere/root.pem"),
            "/nowhere/root.pem",
        ),
    ] {
        let answer = run(&url).refused(&[words]);
        assert!(!answer.err.contains(password), "a password in an error");
    }
    run(&verified(database.url(), &root())).ok();
    run("postgres://inkan@db.example.jp/inkan").refused(&["sslmode=verify-full"]);
}
