//! What we link has to be free to give away under our own licence.

use inkan_tests::program::tool;
use inkan_tests::repository::root;

/// Licences that ask for nothing but their own text to be kept. MPL-2.0 is copyleft of single files,
/// which we leave as they are.
const FREE: [&str; 17] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "PostgreSQL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "OFL-1.1",
];

/// Whether an SPDX expression can be met by free licences alone. Brackets bind; in `A OR B` one is
/// enough, in `A AND B` both are needed; the old form `A/B` means OR.
fn is_free(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let all = split(&expression, " AND ");
    if all.len() > 1 {
        return all.iter().all(|part| is_free(part));
    }
    let any = split(&expression, " OR ");
    if any.len() > 1 {
        return any.iter().any(|part| is_free(part));
    }
    let name = expression.trim();
    match name
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
    {
        Some(inner) => is_free(inner),
        None => FREE.contains(&name),
    }
}

/// Splits at a word that stands outside every bracket.
fn split(expression: &str, word: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        if depth == 0 && rest.starts_with(word) {
            parts.push(String::new());
            rest = &rest[word.len()..];
            continue;
        }
        depth += i32::from(first == '(') - i32::from(first == ')');
        parts.last_mut().expect("one part at least").push(first);
        rest = &rest[first.len_utf8()..];
    }
    parts
}

#[test]
fn every_crate_is_free_to_give_away() {
    let manifest = root().join("Cargo.toml").display().to_string();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let host = tool("rustc", ["-vV"]).ok().out;
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("the host's name");
    let arguments = [
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        host,
        "--manifest-path",
        &manifest,
    ];
    let metadata: serde_json::Value =
        serde_json::from_str(&tool(&cargo, arguments).ok().out).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 100, "cargo metadata looks empty");
    let bound: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(is_free))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert!(
        bound.is_empty(),
        "not free to give away:\n{}",
        bound.join("\n")
    );
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    for free in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-2.0-only OR Apache-2.0",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
    ] {
        assert!(is_free(free), "{free}");
    }
    for bound in [
        "GPL-3.0-or-later",
        "MIT AND GPL-2.0-only",
        "(GPL-2.0-only OR LGPL-2.1) AND MIT",
        "",
    ] {
        assert!(!is_free(bound), "{bound}");
    }
}
