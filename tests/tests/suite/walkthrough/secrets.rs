//! Where the issuance password must not be: anywhere but on the letter and in the result of the demo.

use inkan_tests::walkthrough::Walkthrough;
use std::path::{Path, PathBuf};

pub(super) fn judge(walk: &Walkthrough) {
    let secret = walk.word("issuance_password");
    let allowed = [walk.file("letter"), walk.folder().join("result.json")];
    let mut files = Vec::new();
    collect(walk.folder().path(), &mut files);
    assert!(
        files.len() > 5,
        "the walkthrough should leave files behind: {files:?}"
    );
    for file in files.iter().filter(|file| !allowed.contains(file)) {
        let bytes = std::fs::read(file).unwrap_or_default();
        for (form, pattern) in forms(secret) {
            assert!(
                !contains(&bytes, &pattern),
                "{} holds the issuance password as {form}",
                file.display()
            );
        }
        assert!(
            !contains(&bytes, b"BEGIN PRIVATE KEY") || is_the_sites_own(file),
            "{} holds a bare key",
            file.display()
        );
    }
    the_database_holds_no_secret(walk, secret);
}

/// The site's TLS key has to be readable by the web server.
fn is_the_sites_own(file: &Path) -> bool {
    file.to_string_lossy().contains("/tls/")
}

/// The ways in which a careless program might keep a password.
fn forms(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let utf16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let base64 = openssl::base64::encode_block(secret.as_bytes());
    vec![
        ("text", secret.as_bytes().to_vec()),
        ("UTF-16", utf16),
        ("hex", hex.into_bytes()),
        (
            "base64",
            base64.trim_end_matches('=').as_bytes()[..base64.len().min(14)].to_vec(),
        ),
    ]
}

fn the_database_holds_no_secret(walk: &Walkthrough, secret: &str) {
    let mut sql = walk.database.connect();
    let texts = [
        ("account", "login_password_hash"),
        ("account", "issuance_password_hash"),
        ("audit", "detail"),
        ("audit", "object"),
        ("outbox", "facts"),
        ("letter_run", "printed_by"),
        ("request", "subject"),
    ];
    for (table, column) in texts {
        let found = sql.lines(&format!(
            "SELECT COALESCE({column}, '') AS line FROM {table}"
        ));
        assert!(
            found.iter().all(|text| !text.contains(secret)),
            "{table}.{column} holds the issuance password"
        );
    }
    let hashes = sql.lines(
        "SELECT login_password_hash AS line FROM account WHERE login_password_hash IS NOT NULL",
    );
    assert!(
        hashes.iter().all(|hash| hash.starts_with("$argon2id$")),
        "{hashes:?}"
    );
}

fn contains(bytes: &[u8], pattern: &[u8]) -> bool {
    bytes.windows(pattern.len()).any(|window| window == pattern)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found)
        } else {
            found.push(path)
        }
    }
}
