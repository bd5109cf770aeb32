//! Inside ca-core a module uses only those to its left: domain, config, store, queue, flow.

use inkan_tests::repository::{files, short, text};

const LEFT_TO_RIGHT: [&str; 5] = ["domain", "config", "store", "queue", "flow"];

/// Lines of code (no comments, no tests) of one module of ca-core.
fn code(module: &str) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut paths = files(&format!("ca-core/src/{module}"), "rs");
    let single = inkan_tests::repository::root().join(format!("ca-core/src/{module}.rs"));
    paths.extend(single.is_file().then_some(single));
    for path in paths.iter().filter(|path| !path.ends_with("tests.rs")) {
        let text = text(path);
        let product = text
            .lines()
            .take_while(|line| !line.trim_start().starts_with("#[cfg(test)]"));
        for (index, line) in product.enumerate() {
            if !line.trim_start().starts_with("//") {
                lines.push((format!("{}:{}", short(path), index + 1), line.to_owned()));
            }
        }
    }
    lines
}

fn assert_without(modules: &[&str], words: &[String], rule: &str) {
    let mut found = Vec::new();
    for module in modules {
        for (place, line) in code(module) {
            if words.iter().any(|word| line.contains(word.as_str())) {
                found.push(format!("{place}: {}", line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

#[test]
fn no_module_uses_one_to_its_right() {
    for (index, module) in LEFT_TO_RIGHT.iter().enumerate() {
        let right: Vec<String> = LEFT_TO_RIGHT[index + 1..]
            .iter()
            .map(|other| format!("crate::{other}"))
            .collect();
        assert_without(
            &[module],
            &right,
            &format!("{module} uses only what stands to its left"),
        );
    }
}

#[test]
fn the_domain_does_no_input_and_no_output() {
    let words = [
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "std::thread",
        "diesel",
        "tracing::",
        "tokio",
    ];
    assert_without(&["domain"], &words.map(str::to_owned), "the domain is pure");
}

#[test]
fn time_is_an_argument() {
    let words = ["Utc::now(", "Local::now(", "SystemTime::now("];
    let mut found = Vec::new();
    for module in LEFT_TO_RIGHT {
        for (place, line) in code(module) {
            let is_the_clock = place.starts_with("ca-core/src/domain/time.rs");
            if !is_the_clock && words.iter().any(|word| line.contains(word)) {
                found.push(format!("{place}: {}", line.trim()));
            }
        }
    }
    assert!(
        found.is_empty(),
        "time comes from a Clock:\n{}",
        found.join("\n")
    );
}

#[test]
fn only_the_store_knows_the_database() {
    let modules = ["domain", "config", "queue", "flow"];
    assert_without(
        &modules,
        &["diesel::".to_owned(), "diesel_migrations".to_owned()],
        "diesel stays in the store",
    );
    for folder in ["ca-api/src", "ca-worker/src", "ca-cli/src"] {
        for path in files(folder, "rs") {
            let uses = text(&path)
                .lines()
                .any(|line| line.contains("diesel::") || line.contains("use diesel"));
            assert!(
                !uses,
                "{} should call a flow instead of diesel",
                short(&path)
            );
        }
    }
}

#[test]
fn the_code_of_ca_core_is_found() {
    let all: usize = LEFT_TO_RIGHT.iter().map(|module| code(module).len()).sum();
    assert!(all > 200, "only {all} lines found; has ca-core moved?");
}
