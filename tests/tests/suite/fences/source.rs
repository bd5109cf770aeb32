//! How a source file looks: it says what it is for, it is short, it hides nothing.

use ca_core::domain::audit_act::AuditAct;
use inkan_tests::repository::{CRATES, files, root, short, text};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The longest file; `schema.rs` is a table of columns and may be longer.
const LONGEST_FILE: usize = 400;
/// The longest function of the product.
const LONGEST_FUNCTION: usize = 60;
/// The longest function of a test: a table of cases is read from top to bottom.
const LONGEST_TEST: usize = 90;
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

/// Whether a line of a file is compiled for tests only.
fn is_test(path: &Path, line: usize) -> bool {
    is_test_file(path)
        || text(path)
            .lines()
            .take(line)
            .any(|line| line.trim_start() == "#[cfg(test)]")
}

/// Whether a whole file is compiled for tests only: by its place, or because the module above says so.
fn is_test_file(path: &Path) -> bool {
    let name = short(path);
    let by_place =
        name.starts_with("tests/") || name.ends_with("/tests.rs") || name.contains("/tests/");
    by_place
        || test_modules()
            .iter()
            .any(|module| path.starts_with(module) || path == module.with_extension("rs"))
}

/// Modules declared by `#[cfg(test)] mod name;`, as paths without an ending.
fn test_modules() -> &'static [PathBuf] {
    static FOUND: OnceLock<Vec<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(|| {
        sources()
            .iter()
            .flat_map(|path| declared_for_tests(path))
            .collect()
    })
}

fn declared_for_tests(path: &Path) -> Vec<PathBuf> {
    let own_folder = match path.file_name().and_then(|name| name.to_str()) {
        Some("mod.rs" | "lib.rs" | "main.rs") => path.parent().map(Path::to_owned),
        _ => Some(path.with_extension("")),
    };
    let Some(folder) = own_folder else {
        return Vec::new();
    };
    let text = text(path);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines
        .windows(2)
        .filter(|pair| pair[0] == "#[cfg(test)]")
        .filter_map(|pair| pair[1].rsplit_once("mod ")?.1.strip_suffix(';'))
        .map(|name| folder.join(name))
        .collect()
}

/// The part of a file that is product: without its test module, empty for a file of tests.
fn product_lines(path: &Path) -> Vec<(usize, String)> {
    if is_test_file(path) {
        return Vec::new();
    }
    let text = text(path);
    let mut product = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        if line.trim_start() == "#[cfg(test)]" {
            match lines.peek() {
                // One line for tests; what follows is product again.
                Some((_, next)) if next.trim_end().ends_with(';') => drop(lines.next()),
                _ => break,
            }
        } else if !line.trim_start().starts_with("//") {
            product.push((index + 1, line.to_owned()));
        }
    }
    product
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
        // One that ends with its line has no body: a declaration for diesel or in a trait.
        if !words.iter().any(|word| code.starts_with(word)) || line.ends_with(';') {
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
            let most = if is_test(&path, line) {
                LONGEST_TEST
            } else {
                LONGEST_FUNCTION
            };
            if length > most {
                long.push(format!("{}:{line}: {length} lines: {name}", short(&path)));
            }
        }
    }
    assert_none(
        &long,
        "no function is longer than 60 lines, no test than 90",
    );
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
            // Without randomness nothing that follows would be safe.
            let is_allowed = path.ends_with("domain/random.rs") && line.contains("panic!(");
            if let Some(way) = ways.iter().find(|way| line.contains(**way) && !is_allowed) {
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
    // A worker, a flow or a page has no business with the terminal; programs and ca-cli talk to people.
    let mut found = Vec::new();
    let talks = |path: &Path| {
        short(path).starts_with("ca-cli/")
            || path.ends_with("main.rs")
            || path.ends_with("build.rs")
    };
    for path in sources().iter().filter(|path| !talks(path)) {
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

/// A verb that is written out could be misspelt unseen, and some of them decide whether a request is signed again.
#[test]
fn audit_verbs_are_written_out_in_one_file() {
    let names: Vec<String> = AuditAct::ALL
        .iter()
        .map(|act| format!("\"{act}\""))
        .collect();
    let mut found = Vec::new();
    for path in sources() {
        if path.ends_with("domain/audit_act.rs") {
            continue;
        }
        for (number, line) in product_lines(&path) {
            if names.iter().any(|name| line.contains(name)) {
                found.push(format!("{}:{number}: {}", short(&path), line.trim()));
            }
        }
    }
    assert_none(&found, "say AuditAct::… instead of an audit verb's name");
}

/// Whoever makes a file or folder by the standard library leaves its mode to the umask.
#[test]
fn files_and_folders_are_made_in_one_place() {
    let ways = [
        "fs::write(",
        "File::create(",
        "File::create_new(",
        "create_dir(",
        "create_dir_all(",
        "DirBuilder",
        "fs::copy(",
    ];
    // Benches work in folders that they throw away; a load figure is written into /proc.
    let is_allowed =
        |name: &str| name == "ca-core/src/private_file.rs" || name.starts_with("ca-cli/src/bench");
    let mut found = Vec::new();
    for path in sources().iter().filter(|path| !is_allowed(&short(path))) {
        for (number, line) in product_lines(path) {
            if ways.iter().any(|way| line.contains(way)) {
                found.push(format!("{}:{number}: {}", short(path), line.trim()));
            }
        }
    }
    assert_none(
        &found,
        "files and folders are made by ca_core::private_file",
    );
}

/// As docs/architecture.md says it.
#[test]
fn sql_is_written_by_hand_in_five_files_of_the_store() {
    let by_hand = ["connection", "migration", "role", "snapshot", "wake"];
    let mut found: Vec<String> = Vec::new();
    for path in sources() {
        let lines = product_lines(&path);
        let writes = |line: &str| line.contains("sql_query(") || line.contains("batch_execute(");
        if lines.iter().any(|(_, line)| writes(line)) {
            found.push(short(&path));
        }
    }
    found.sort();
    let named = by_hand.map(|name| format!("ca-core/src/store/{name}.rs"));
    assert_eq!(found, named);
    let told = text(&root().join("docs/architecture.md"));
    for name in by_hand {
        assert!(told.contains(&format!("`{name}.rs`")), "{name}");
    }
}
