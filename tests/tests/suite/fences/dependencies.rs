//! Which crate may reach which: the trust boundary as cargo sees it.

use inkan_tests::program::tool;
use inkan_tests::repository::{CRATES, root, text};

/// The names of every crate that `package` is linked with, itself apart.
fn linked_with(package: &str) -> Vec<String> {
    let manifest = root().join("Cargo.toml").display().to_string();
    let arguments = [
        "tree",
        "--locked",
        "--manifest-path",
        &manifest,
        "-p",
        package,
        "-e",
        "normal",
        "--prefix",
        "none",
        "-f",
        "{p}",
    ];
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let tree = tool(&cargo, arguments).ok().out;
    let mut names: Vec<String> = tree
        .lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    assert!(
        names.len() > 10,
        "cargo tree of {package} looks empty:\n{tree}"
    );
    names
}

fn assert_free_of(package: &str, forbidden: &[&str]) {
    let names = linked_with(package);
    let found: Vec<_> = forbidden
        .iter()
        .filter(|name| names.iter().any(|other| other == *name))
        .collect();
    assert!(found.is_empty(), "{package} must not reach {found:?}");
}

#[test]
fn the_web_tier_cannot_sign() {
    let signs = [
        "ca-worker",
        "ca-cli",
        "rcgen",
        "p12-keystore",
        "pkcs12",
        "lettre",
        "cryptoki",
        "typst",
    ];
    assert_free_of("ca-api", &signs);
}

#[test]
fn the_core_has_no_http_no_mail_and_no_private_key() {
    let foreign = [
        "ca-api",
        "ca-worker",
        "ca-cli",
        "actix-web",
        "lettre",
        "rcgen",
        "openssl",
        "p12-keystore",
        "typst",
    ];
    assert_free_of("ca-core", &foreign);
}

#[test]
fn the_signer_has_no_port_and_no_pages() {
    assert_free_of(
        "ca-worker",
        &[
            "ca-api",
            "ca-cli",
            "actix-web",
            "actix-http",
            "hyper",
            "askama",
            "typst",
        ],
    );
}

#[test]
fn one_crypto_engine_and_one_tls_stack() {
    let others = [
        "ring",
        "aws-lc-rs",
        "aws-lc-sys",
        "rustls",
        "native-tls-vendored",
    ];
    for package in CRATES {
        assert_free_of(package, &others);
    }
}

#[test]
fn nothing_that_makes_it_fail_on_purpose_is_installed() {
    for package in CRATES {
        assert_free_of(package, &["fail", "stateright", "proptest"]);
    }
}

#[test]
fn the_fence_itself_can_see_through_a_crate() {
    let names = linked_with("ca-cli");
    for reached in ["ca-worker", "ca-api", "ca-core", "rcgen", "typst", "diesel"] {
        assert!(
            names.iter().any(|name| name == reached),
            "ca-cli should reach {reached}"
        );
    }
}

/// The dependencies that a manifest names, by its own `[dependencies]` table.
fn named_by(package: &str) -> toml::Table {
    let manifest: toml::Table = text(&root().join(package).join("Cargo.toml"))
        .parse()
        .expect("a manifest is TOML");
    manifest
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .cloned()
        .unwrap_or_default()
}

#[test]
fn each_engine_has_one_owner() {
    let owners = [
        (
            "ca-core",
            ["diesel", "diesel_migrations", "argon2"].as_slice(),
        ),
        ("ca-api", &["actix-web", "actix-tls", "askama"]),
        ("ca-worker", &["rcgen", "p12-keystore", "lettre", "yasna"]),
        ("ca-cli", &["typst", "typst-pdf", "rpassword"]),
    ];
    for (owner, engines) in owners {
        for package in CRATES.into_iter().filter(|package| *package != owner) {
            let named = named_by(package);
            let taken: Vec<_> = engines
                .iter()
                .filter(|engine| named.contains_key(**engine))
                .collect();
            assert!(
                taken.is_empty(),
                "{package} names {taken:?}, which belong to {owner}"
            );
        }
    }
}

#[test]
fn versions_and_lints_stand_in_one_place() {
    for package in CRATES {
        for (name, dependency) in named_by(package) {
            let inherited =
                dependency.get("workspace").and_then(toml::Value::as_bool) == Some(true);
            assert!(inherited, "{package}: {name} should say `workspace = true`");
        }
        let manifest = text(&root().join(package).join("Cargo.toml"));
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{package} should take the workspace's lints"
        );
    }
}
