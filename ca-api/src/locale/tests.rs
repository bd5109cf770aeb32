//! Both languages say the same things, and every text that a page asks for exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

fn keys(source: &str) -> BTreeSet<String> {
    let starts = |c: char| c.is_ascii_alphabetic();
    source
        .lines()
        .filter(|line| line.starts_with(starts))
        .filter_map(|line| line.split_once(" =").map(|(key, _)| key.trim().to_owned()))
        .collect()
}

fn variables(source: &str) -> BTreeSet<String> {
    source
        .split("{ $")
        .skip(1)
        .filter_map(|rest| rest.split_once(' ').map(|(name, _)| name.to_owned()))
        .collect()
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Keys asked for as literals: `.t("key")`, `.with("key", …)`, `texts.text("key")`.
fn keys_used() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    files_below(&root.join("templates"), &mut files);
    files_below(&root.join("src"), &mut files);
    let mut used = Vec::new();
    for file in files
        .into_iter()
        .filter(|file| !file.ends_with("locale/tests.rs"))
    {
        let source = fs::read_to_string(&file).unwrap();
        for call in [".t(\"", ".with(\"", "texts.text(\""] {
            for rest in source.split(call).skip(1) {
                used.push((file.clone(), rest.split('"').next().unwrap().to_owned()));
            }
        }
    }
    used
}

#[test]
fn both_languages_have_the_same_keys_and_variables() {
    for (file, japanese, english) in FILES.iter().copied() {
        assert_eq!(keys(japanese), keys(english), "locale/*/{file}.ftl");
        assert_eq!(
            variables(japanese),
            variables(english),
            "variables of locale/*/{file}.ftl"
        );
    }
}

#[test]
fn every_key_used_exists() {
    let known: BTreeSet<String> = FILES
        .iter()
        .flat_map(|(_, japanese, _)| keys(japanese))
        .collect();
    let missing: Vec<_> = keys_used()
        .into_iter()
        .filter(|(_, key)| !known.contains(key))
        .collect();
    assert!(missing.is_empty(), "texts that no file has: {missing:#?}");
}

#[test]
fn values_are_filled_in_without_invisible_marks() {
    let texts = Texts::new(Arc::new(Locale::load().unwrap()), Language::English);
    let text = texts.with("step", [("now", "2"), ("all", "4")]);
    assert_eq!(text, "Step 2 of 4");
}
