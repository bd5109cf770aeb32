//! How a source file looks: it says what it is for, it is short, it hides nothing.

use inkan_tests::repository::{CRATES, files, short, text};
use std::path::{Path, PathBuf};

/// The longest file; `schema.rs` is a table of columns and may be longer.
const LONGEST_FILE: usize = 400;
/// The longest function.
const LONGEST_FUNCTION: usize = 60;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = [
    "utils", "util", "helpers", "helper", "common", "misc", "shared", "stuff",
];

fn sources() -> Vec<PathBuf> {
    let folders = CRATES.into_iter().chain(["tests"]);
    let all: Vec<PathBuf> = folders.flat_map(|folder| files(folder, "rs")).collect();
    assert!(all.len() > 5, "the sources should be found");
    all
}

/// The part of a file that is product: without its test module, empty for a file of tests.
fn product_lines(path: &Path) -> Vec<(usize, String)> {
    let name = short(path);
    let tests_only =
        name.starts_with("tests/") || name.ends_with("/tests.rs") || name.contains("/tests/");
    if tests_only {
        return Vec::new();
    }
    let text = text(path);
    let lines = text
        .lines()
        .take_while(|line| !line.trim_start().starts_with("#[cfg(test)]"));
    lines
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line.to_owned()))
        .collect()
}

fn assert_none(findings: &[String], rule: &str) {
    assert!(findings.is_empty(), "{rule}:\n{}", findings.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> = sources()
        .iter()
        .filter(|path| !text(path).starts_with("//! "))
        .map(|path| short(path))
        .collect();
    assert_none(&silent, "a file opens with `//! what it is for`");
}

#[test]
fn no_file_is_long() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|path| !path.ends_with("schema.rs"))
        .map(|path| (short(path), text(path).lines().count()))
        .filter(|(_, lines)| *lines > LONGEST_FILE)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert_none(&long, "no file is longer than 400 lines");
}

/// Functions of rustfmt's making: the line that opens one and the first brace that closes at its depth.
fn functions(text: &str) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let depth = line.len() - code.len();
        let words = [
            "fn ",
            "pub fn ",
            "async fn ",
            "pub async fn ",
            "const fn ",
            "pub const fn ",
            "pub(crate) fn ",
            "pub(super) fn ",
            "pub(crate) async fn ",
            "pub(super) async fn ",
        ];
        if !words.iter().any(|word| code.starts_with(word)) {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(depth));
        let length = lines[start..].iter().position(|line| **line == closing);
        if let Some(length) = length {
            found.push((start + 1, code.chars().take(60).collect(), length + 1));
        }
    }
    found
}

#[test]
fn no_function_is_long() {
    let mut long = Vec::new();
    for path in sources() {
        for (line, name, length) in functions(&text(&path)) {
            if length > LONGEST_FUNCTION {
                long.push(format!("{}:{line}: {length} lines: {name}", short(&path)));
            }
        }
    }
    assert_none(&long, "no function is longer than 60 lines");
}

#[test]
fn the_length_of_a_function_is_counted() {
    let text = "impl X {\n    pub fn a() {\n        b();\n    }\n}\nfn c(\n    d: u8,\n) {\n}\n";
    let lengths: Vec<usize> = functions(text)
        .into_iter()
        .map(|(_, _, length)| length)
        .collect();
    assert_eq!(lengths, [3, 4]);
}

#[test]
fn no_module_has_an_empty_name() {
    let empty: Vec<String> = sources()
        .iter()
        .map(|path| short(path))
        .filter(|path| {
            let mut parts = path.trim_end_matches(".rs").split('/');
            parts.any(|part| EMPTY_NAMES.contains(&part))
        })
        .collect();
    assert_none(&empty, "a module is named after what it holds");
}

#[test]
fn nothing_is_left_for_later() {
    let marks = ["TODO", "FIXME", "XXX", "HACK", "todo!(", "unimplemented!("];
    let mut left = Vec::new();
    for path in sources()
        .iter()
        .filter(|path| !path.ends_with("fences/source.rs"))
    {
        for (index, line) in text(path).lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                left.push(format!("{}:{}: {}", short(path), index + 1, line.trim()));
            }
        }
    }
    assert_none(&left, "nothing is left for later");
}

#[test]
fn the_product_has_no_way_to_panic_on_purpose() {
    let ways = [
        ".unwrap()",
        ".expect(",
        ".unwrap_err()",
        ".expect_err(",
        "panic!(",
        "dbg!(",
        "#[allow(",
        "#![allow(",
    ];
    let mut found = Vec::new();
    for path in sources() {
        for (number, line) in product_lines(&path) {
            if let Some(way) = ways.iter().find(|way| line.contains(**way)) {
                found.push(format!("{}:{number}: {way} {}", short(&path), line.trim()));
            }
        }
    }
    assert_none(
        &found,
        "the product returns errors, and a lint is waived by `#[expect(.., reason)]`",
    );
}

#[test]
fn a_waived_lint_has_a_reason() {
    let mut silent = Vec::new();
    for path in sources()
        .iter()
        .filter(|path| !path.ends_with("fences/source.rs"))
    {
        let text = text(path);
        for (at, _) in text.match_indices("#[expect(") {
            let waiver: String = text[at..]
                .chars()
                .take_while(|letter| *letter != ']')
                .collect();
            if !waiver.contains("reason") {
                silent.push(format!("{}: {waiver}", short(path)));
            }
        }
    }
    assert_none(&silent, "`#[expect]` says why");
}

#[test]
fn secrets_are_not_printed_from_the_product() {
    // A worker, a flow or a page has no business with the terminal; ca-cli alone talks to people.
    let mut found = Vec::new();
    for path in sources()
        .iter()
        .filter(|path| !short(path).starts_with("ca-cli/"))
    {
        for (number, line) in product_lines(path) {
            if ["println!(", "eprintln!(", "print!("]
                .iter()
                .any(|word| line.contains(word))
            {
                found.push(format!("{}:{number}: {}", short(path), line.trim()));
            }
        }
    }
    assert_none(&found, "only ca-cli prints; the others log by tracing");
}
