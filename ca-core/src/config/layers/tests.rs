//! Tests of shared configurations: what stands above what, and what is refused.
use std::fs;
use std::path::Path;

use super::super::Config;
use super::PATHS;

fn write(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    file
}

fn said(file: &Path) -> String {
    Config::load(Some(file)).unwrap_err().to_string()
}

#[test]
fn a_later_file_stands_above_and_the_file_itself_above_all() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    write(
        place,
        "one.toml",
        "[lock]\ntries = 4\nminutes = 7\n[service]\nname = \"one\"\n[letter]\nsender_address = [\"a\", \"b\"]\n",
    );
    write(
        place,
        "two.toml",
        "[lock]\ntries = 5\n[letter]\nsender_address = [\"c\"]\n",
    );
    let file = write(
        place,
        "inkan.toml",
        "include = [\"one.toml\", \"two.toml\"]\n[service]\nname = \"own\"\n",
    );
    let config = Config::load(Some(&file)).unwrap();
    assert_eq!(config.lock.tries.get(), 5);
    assert_eq!(config.lock.minutes.get(), 7);
    assert_eq!(config.service.name, "own");
    assert_eq!(config.letter.sender_address, ["c"], "a list is one value");
    assert!(config.sources.place("lock.tries").ends_with("two.toml"));
    assert!(config.sources.place("lock.minutes").ends_with("one.toml"));
    assert!(config.sources.place("service.name").ends_with("inkan.toml"));
    assert!(config.sources.place("tls.key").contains("default"));
}

#[test]
fn a_file_that_two_others_share_does_not_undo_them() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    write(place, "base.toml", "lock.tries = 4\n");
    write(
        place,
        "a.toml",
        "include = [\"base.toml\"]\nlock.tries = 5\n",
    );
    write(place, "b.toml", "include = [\"base.toml\"]\n");
    let file = write(place, "inkan.toml", "include = [\"a.toml\", \"b.toml\"]\n");
    assert_eq!(Config::load(Some(&file)).unwrap().lock.tries.get(), 5);
}

#[test]
fn each_path_is_taken_from_the_folder_of_the_file_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let line = |key: &str| match key {
        "letter.fonts" => "letter.fonts = [\"x\", \"/abs\"]\n".to_owned(),
        key => format!("{key} = \"x\"\n"),
    };
    write(place, "shared/base.toml", &PATHS.map(line).concat());
    let file = write(
        place,
        "own/inkan.toml",
        "include = [\"../shared/base.toml\"]\ntls.key = \"own.key\"\n",
    );
    let config = Config::load(Some(&file)).unwrap();
    let values = serde_json::to_value(&config).unwrap();
    for key in PATHS.into_iter().filter(|key| *key != "tls.key") {
        let pointer = format!("/{}", key.replace('.', "/"));
        let value = values.pointer(&pointer).unwrap();
        let path = value.as_array().map_or(value, |paths| &paths[0]);
        let path = Path::new(path.as_str().unwrap());
        assert!(
            path.ends_with("shared/x") && path.starts_with(place),
            "{key}: {}",
            path.display()
        );
    }
    assert_eq!(values.pointer("/letter/fonts/1").unwrap(), "/abs");
    assert_eq!(config.tls.key.unwrap(), place.join("own/own.key"));
}

/// Every key of the configuration whose value is a path stands in [`PATHS`].
#[test]
fn no_key_that_holds_a_path_is_forgotten() {
    let sources = [
        include_str!("../letter.rs"),
        include_str!("../service.rs"),
        include_str!("../console.rs"),
        include_str!("../portal.rs"),
        include_str!("../authority.rs"),
        include_str!("../web.rs"),
        include_str!("../worker.rs"),
        include_str!("../audit.rs"),
        include_str!("../mail.rs"),
        include_str!("../database.rs"),
    ];
    let fields = sources
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.trim().strip_prefix("pub ")?.strip_suffix(','))
        .filter_map(|field| field.split_once(": "))
        .filter(|(_, kind)| kind.contains("PathBuf"));
    let names: Vec<&str> = fields.map(|(name, _)| name).collect();
    assert_eq!(names.len(), PATHS.len(), "{names:?}");
    for name in names {
        let end = format!(".{name}");
        assert!(PATHS.iter().any(|key| key.ends_with(&end)), "{name}");
    }
}

#[test]
fn a_circle_is_refused_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    write(place, "a.toml", "include = [\"./b.toml\"]\n");
    write(place, "b.toml", "include = [\"a.toml\"]\n");
    let file = write(place, "inkan.toml", "include = [\"a.toml\"]\n");
    let said_of = said(&file);
    assert!(
        said_of.contains("b.toml") && said_of.contains("a.toml") && said_of.contains("itself"),
        "{said_of}"
    );
    let own = write(place, "own.toml", "include = [\"own.toml\"]\n");
    assert!(said(&own).contains("own.toml"));
}

#[test]
fn what_is_wrong_is_told_with_the_file_that_says_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let file = write(place, "inkan.toml", "include = [\"base.toml\"]\n");
    for (text, words) in [
        ("lock.trys = 3\n", &["base.toml", "trys"][..]),
        ("nothing = 3\n", &["base.toml", "nothing"]),
        ("[lock\n", &["base.toml", "line 1"]),
        ("lock.tries = \"many\"\n", &["base.toml", "tries"]),
        (
            "pkcs12.iterations = 1000000\n",
            &["base.toml", "pkcs12.iterations is 1000000"],
        ),
        ("include = \"x.toml\"\n", &["base.toml", "include = ["]),
        ("include = [3]\n", &["base.toml", "include = ["]),
        ("include = [\"\"]\n", &["base.toml", "include = ["]),
        (
            "include = [\"absent.toml\"]\n",
            &["absent.toml", "base.toml"],
        ),
        (
            "[service]\ninclude = [\"x.toml\"]\n",
            &["base.toml", "include"],
        ),
    ] {
        write(place, "base.toml", text);
        let said = said(&file);
        for word in words {
            assert!(said.contains(word), "{text:?} wants {word:?}: {said}");
        }
    }
}
