//! The documents: every link leads somewhere, every document can be found.

use inkan_tests::repository::{files, root, short, text};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn documents() -> Vec<PathBuf> {
    let mut all = files("docs", "md");
    all.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    all
}

/// The targets of `[text](target)` outside fenced code.
fn links(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let target: String = line[at + 2..]
                .chars()
                .take_while(|letter| *letter != ')')
                .collect();
            found.push(target.split(' ').next().unwrap_or_default().to_owned());
        }
    }
    found
}

/// The anchors of a document, as GitHub and GitLab make them of headings.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let headings = markdown.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
            kept.map(|letter| if letter == ' ' { '-' } else { letter })
                .collect()
        })
        .collect()
}

fn broken(document: &Path, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = document.parent().expect("a document lies in a folder");
    let path = if file.is_empty() {
        document.to_owned()
    } else {
        folder.join(file)
    };
    if !path.exists() {
        return Some(format!("{}: {target} does not exist", short(document)));
    }
    let lost = !anchor.is_empty() && path.is_file() && !anchors(&text(&path)).contains(anchor);
    lost.then(|| format!("{}: {target} has no such heading", short(document)))
}

#[test]
fn every_link_leads_somewhere() {
    let mut lost = Vec::new();
    for document in documents() {
        let text = text(&document);
        lost.extend(
            links(&text)
                .iter()
                .filter_map(|target| broken(&document, target)),
        );
    }
    assert!(lost.is_empty(), "broken links:\n{}", lost.join("\n"));
}

#[test]
fn every_document_is_in_the_index() {
    let index = root().join("docs/README.md");
    let listed: BTreeSet<PathBuf> = links(&text(&index))
        .iter()
        .filter_map(|target| {
            root()
                .join("docs")
                .join(target.split('#').next()?)
                .canonicalize()
                .ok()
        })
        .collect();
    let lost: Vec<String> = files("docs", "md")
        .iter()
        .filter(|path| {
            **path != index && !listed.contains(&path.canonicalize().expect("it exists"))
        })
        .map(|path| short(path))
        .collect();
    assert!(
        lost.is_empty(),
        "docs/README.md does not lead to:\n{}",
        lost.join("\n")
    );
}

#[test]
fn every_fault_names_a_test_that_exists() {
    let model = text(&root().join("docs/failure-model.md"));
    let sources: String = ["ca-core", "ca-api", "ca-worker", "ca-cli", "tests"]
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .map(|path| text(&path))
        .collect();
    let table = model.split("| fault | what happens | test |").nth(1);
    let rows: Vec<&str> = table
        .expect("the fault table")
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    assert!(rows.len() > 10, "the fault table is gone");
    for row in rows {
        let named = row.trim_end_matches(" |").rsplit("| ").next();
        let tests: Vec<&str> = named.unwrap_or("").split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test stands behind: {row}");
        for test in tests {
            let exists = [format!("fn {test}("), format!("on_both!({test},")];
            let exists = exists.iter().any(|words| sources.contains(words));
            assert!(exists, "there is no test {test} for: {row}");
        }
    }
}

#[test]
fn the_readme_names_the_two_commands() {
    let readme = text(&root().join("README.md"));
    for command in ["cargo run -p ca-cli -- demo", "bash tests/run"] {
        assert!(readme.contains(command), "README.md should say `{command}`");
    }
}

#[test]
fn links_and_anchors_are_read_as_written() {
    assert_eq!(
        links("[a](b.md#c) `x` [d](e \"t\")\n```\n[no](no.md)\n```\n"),
        ["b.md#c", "e"]
    );
    assert!(
        anchors("# One Two\n## 発行の流れ (3)\n")
            .is_superset(&["one-two".into(), "発行の流れ-3".into()].into())
    );
}

/// Test names in tables and lists of a document: words in backquotes with three underscores or more.
fn tests_named(markdown: &str) -> BTreeSet<&str> {
    let quoted = markdown.split('`').skip(1).step_by(2);
    let is_test = |word: &&str| {
        word.matches('_').count() >= 3
            && word.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
            })
    };
    quoted.filter(is_test).collect()
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let document = text(&root().join("docs/threat-model.md"));
    let sources: Vec<String> = ["ca-core", "ca-api", "ca-worker", "ca-cli", "tests"]
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .map(|path| text(&path))
        .collect();
    let named = tests_named(&document);
    assert!(named.len() > 20, "{named:?}");
    let is_there = |name: &str| {
        let forms = [format!("fn {name}("), format!("on_both!({name},")];
        sources
            .iter()
            .any(|source| forms.iter().any(|form| source.contains(form)))
    };
    let lost: Vec<&str> = named.into_iter().filter(|name| !is_there(name)).collect();
    assert!(lost.is_empty(), "no such tests:\n{}", lost.join("\n"));
}
