//! Each role has the verbs of its program and no other; the server is asked, not the list.

use inkan_tests::database::{Engine, Sql};
use inkan_tests::repository::{root, text};
use inkan_tests::service::Service;
use std::collections::{BTreeMap, BTreeSet};

const LIST: &str = "config/database-roles.txt";
const ROLES: [&str; 6] = ["web", "console", "worker", "staff", "auditor", "backup"];

/// What the catalogue says, a line each: table, role, verb, and the column where the verb is for some columns only.
fn granted(sql: &mut Sql, prefix: &str) -> Vec<String> {
    let whole = format!(
        "SELECT c.relname || ' ' || replace(r.rolname, '{prefix}_', '') || ' ' || a.privilege_type AS line
         FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND r.rolname LIKE '{prefix}\\_%'"
    );
    let some = format!(
        "SELECT c.relname || ' ' || replace(r.rolname, '{prefix}_', '') || ' ' || a.privilege_type || ' ' || t.attname AS line
         FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid CROSS JOIN LATERAL aclexplode(t.attacl) a
         JOIN pg_roles r ON r.oid = a.grantee
         WHERE c.relnamespace = 'public'::regnamespace AND r.rolname LIKE '{prefix}\\_%'"
    );
    let mut lines = sql.lines(&whole);
    lines.extend(sql.lines(&some));
    lines.sort();
    lines
}

/// The list as people read it: one line for each table and role, its verbs, columns in brackets.
fn written(lines: &[String]) -> String {
    let mut list: BTreeMap<(&str, &str), BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let verbs = list.entry((words[0], words[1])).or_default();
        verbs.entry(words[2]).or_default().extend(words.get(3));
    }
    let mut text = String::from(
        "# Which role may do what to which table on PostgreSQL, as the server tells it; held by a test.\n\
         # The console is a member of web and has its verbs besides its own.\n",
    );
    for ((table, role), verbs) in list {
        let verbs = verbs
            .into_iter()
            .map(|(verb, columns)| match columns.join(", ") {
                all if all.is_empty() => verb.to_owned(),
                some => format!("{verb} ({some})"),
            });
        text.push_str(&format!(
            "{table} {role}: {}\n",
            verbs.collect::<Vec<_>>().join(", ")
        ));
    }
    text
}

#[test]
fn the_roles_have_the_verbs_of_the_list() {
    let service = Service::set_up(Engine::Postgres);
    let mut sql = service.database.connect();
    let is = written(&granted(&mut sql, service.database.name()));
    if is != text(&root().join(LIST)) {
        let place = root().join("target/database-roles.txt");
        std::fs::write(&place, &is).expect("a place for the new list");
        panic!(
            "{LIST} says otherwise; what the server says is in {}",
            place.display()
        );
    }
}

/// Every column of every table, in the words `table column`.
fn columns(sql: &mut Sql) -> Vec<(String, String)> {
    let lines = sql.lines(
        "SELECT table_name || ' ' || column_name AS line FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1",
    );
    let pair = |line: &String| {
        line.split_once(' ')
            .map(|(table, column)| (table.to_owned(), column.to_owned()))
    };
    lines.iter().filter_map(pair).collect()
}

/// Whether the server lets this statement begin; what it says of the values is another matter.
fn may(sql: &mut Sql, statement: &str) -> bool {
    match sql.try_run(&format!("BEGIN; {statement}; ROLLBACK")) {
        Ok(()) => true,
        Err(error) => {
            sql.run("ROLLBACK");
            let words = ["permission denied", "must be owner", "must be superuser"];
            !words.iter().any(|word| error.to_string().contains(word))
        }
    }
}

#[test]
fn every_verb_that_is_not_on_the_list_is_refused() {
    let service = Service::set_up(Engine::Postgres);
    let mut owner = service.database.connect();
    let allowed: BTreeSet<String> = granted(&mut owner, service.database.name())
        .into_iter()
        .collect();
    let columns = columns(&mut owner);
    let (mut refused, mut let_through) = (0, 0);
    for role in ROLES {
        let mut sql = Sql::connect(Engine::Postgres, &service.url_for(role));
        let has = |table: &str, verb: &str, column: &str| {
            let by = |role: &str| {
                allowed.contains(&format!("{table} {role} {verb}"))
                    || allowed.contains(&format!("{table} {role} {verb} {column}"))
            };
            by(role) || (role == "console" && by("web"))
        };
        let mut check = |statement: String, expected: bool| {
            assert_eq!(may(&mut sql, &statement), expected, "{role}: {statement}");
            if expected {
                let_through += 1
            } else {
                refused += 1
            }
        };
        for (table, column) in &columns {
            check(
                format!("SELECT {column} FROM {table} WHERE false"),
                has(table, "SELECT", column),
            );
            check(
                format!("UPDATE {table} SET {column} = DEFAULT WHERE false"),
                has(table, "UPDATE", column),
            );
        }
        let tables: BTreeSet<&String> = columns.iter().map(|(table, _)| table).collect();
        for table in tables {
            check(
                format!("INSERT INTO {table} DEFAULT VALUES"),
                has(table, "INSERT", ""),
            );
            check(
                format!("DELETE FROM {table} WHERE false"),
                has(table, "DELETE", ""),
            );
            check(format!("TRUNCATE {table}"), false);
            check(format!("DROP TABLE {table}"), false);
        }
        check("CREATE TABLE extra (id BIGINT)".to_owned(), false);
        check("COPY audit_head TO PROGRAM 'true'".to_owned(), false);
        check("CREATE ROLE extra".to_owned(), false);
    }
    assert!(
        refused > 1_000 && let_through > 300,
        "{refused} refused, {let_through} let through"
    );
}

#[test]
fn nobody_but_the_owner_rewrites_the_past() {
    let service = Service::set_up(Engine::Postgres);
    for role in ROLES {
        let mut sql = Sql::connect(Engine::Postgres, &service.url_for(role));
        for statement in [
            "UPDATE audit SET act = act",
            "DELETE FROM audit",
            "TRUNCATE audit",
        ] {
            assert!(!may(&mut sql, statement), "{role}: {statement}");
        }
    }
    for (role, statement) in [
        ("web", "INSERT INTO approval SELECT * FROM approval"),
        ("worker", "INSERT INTO approval SELECT * FROM approval"),
        ("staff", "INSERT INTO approval SELECT * FROM approval"),
        ("web", "INSERT INTO certificate SELECT * FROM certificate"),
        (
            "console",
            "INSERT INTO certificate SELECT * FROM certificate",
        ),
        ("web", "INSERT INTO intent SELECT * FROM intent"),
        ("web", "UPDATE certificate SET status = 'valid'"),
        ("worker", "UPDATE certificate SET status = 'valid'"),
        ("web", "SELECT password_hash FROM operator"),
        ("auditor", "SELECT login_password_hash FROM account"),
        ("auditor", "SELECT pkcs12 FROM certificate"),
    ] {
        let mut sql = Sql::connect(Engine::Postgres, &service.url_for(role));
        assert!(!may(&mut sql, statement), "{role}: {statement}");
    }
}

#[test]
fn an_auditor_walks_the_chain_and_nothing_else() {
    let mut service = Service::set_up(Engine::Postgres);
    service.offices(1);
    let run = |arguments: &[&str]| {
        let mut command = service.command(arguments);
        command.env("INKAN__DATABASE__URL", service.url_for("auditor"));
        inkan_tests::program::run(&mut command)
    };
    run(&["audit", "verify"]).ok();
    run(&["account", "list"]).refused(&["permission denied"]);
}

#[test]
fn the_command_can_be_repeated_and_renews_passwords_only_when_told() {
    let service = Service::set_up(Engine::Postgres);
    let (prefix, folder) = (service.database.name(), service.folder().join("roles"));
    let read = || std::fs::read_to_string(folder.join("web.pgpass")).expect("a pass file");
    let before = read();
    service
        .as_owner(&["database", "roles", "--prefix", prefix])
        .ok();
    assert_eq!(read(), before);
    service.cli(&["account", "list"]).ok();
    let folder_text = folder.display().to_string();
    let renew = [
        "database",
        "roles",
        "--prefix",
        prefix,
        "--out",
        &folder_text,
        "--renew",
    ];
    let answer = service.as_owner(&renew).ok();
    assert_ne!(read(), before);
    service.cli(&["account", "list"]).ok();
    let password = read()
        .trim_end()
        .rsplit(':')
        .next()
        .expect("a password")
        .to_owned();
    assert!(!answer.out.contains(&password) && !answer.err.contains(&password));
    let mode = std::os::unix::fs::MetadataExt::mode(
        &std::fs::metadata(folder.join("web.pgpass")).expect("a file"),
    );
    assert_eq!(mode & 0o777, 0o600);
    service
        .cli(&["database", "roles", "--prefix", prefix])
        .refused(&["CREATEROLE", "--print"]);
    service
        .as_owner(&["database", "roles", "--prefix", "Robert'); --"])
        .refused(&["--prefix", "small letters"]);
    service
        .as_owner(&["database", "roles", "--prefix", "other"])
        .refused(&["other_web", "--out"]);
}

#[test]
fn what_is_printed_for_an_administrator_does_the_same() {
    let service = Service::set_up(Engine::Postgres);
    let prefix = service.database.name();
    let printed = service
        .as_owner(&["database", "roles", "--prefix", prefix, "--print"])
        .ok();
    let grants: String = printed
        .out
        .lines()
        .filter(|line| !line.starts_with("CREATE ROLE"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut sql = service.database.connect();
    let before = granted(&mut sql, prefix);
    sql.run(&format!(
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {prefix}_worker"
    ));
    assert_ne!(granted(&mut sql, prefix), before);
    sql.run(&grants);
    assert_eq!(granted(&mut sql, prefix), before);
}

#[test]
fn sqlite_has_no_roles_and_says_so() {
    let service = Service::set_up(Engine::Sqlite);
    service
        .cli(&["database", "roles"])
        .refused(&["no roles", "postgres://"]);
}
