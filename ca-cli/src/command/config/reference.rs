//! The reference of the configuration, told by the types themselves: doc comments and defaults.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, anyhow};
use ca_core::config::Config;
use ca_core::domain::user_id::Classes;
use schemars::schema_for;
use serde_json::{Map, Value};

/// One table of the TOML file.
struct Section {
    name: String,
    about: String,
    keys: Vec<Key>,
}

/// One key of a table.
struct Key {
    name: String,
    about: String,
    kind: String,
    default: Option<String>,
}

/// docs/configuration.md.
pub(super) fn markdown() -> anyhow::Result<String> {
    let mut text = String::from(HEAD);
    let mut sections = sections()?;
    sections.push(class_section()?);
    for section in sections {
        write!(text, "\n## [{}]\n\n{}\n\n", section.name, section.about)?;
        text.push_str("| key | type | default | meaning |\n|---|---|---|---|\n");
        for key in &section.keys {
            let default = key
                .default
                .as_deref()
                .map_or("not set".into(), |value| format!("`{value}`"));
            let (name, kind, about) = (&key.name, cell(&key.kind), cell(&key.about));
            writeln!(text, "| `{name}` | {kind} | {} | {about} |", cell(&default))?;
        }
    }
    Ok(text)
}

const HEAD: &str = "# Configuration

One TOML file, given by `--config FILE` to every program, with defaults for everything. Unknown keys are refused.
Relative paths are taken from the folder of the file. `INKAN__SECTION__KEY` in the environment overrides a key, for
example `INKAN__DATABASE__URL=postgres:///inkan`. No secret is written here: a key that needs one names the file that
holds it. `--check-config` of every program opens what that program needs, as the account that runs it, and says what is
wrong; `ca-cli config check` opens everything.

Programs can share what they have in common: `include = [\"base.toml\"]`, above the first section, reads other files first.
Of two included files the later one stands above the earlier, the file itself above both, the environment above all. A list is
one value and replaces the other list. A file is read once, even if two others include it; its relative paths are taken
from its own folder.

`config/inkan.toml` has every default as a comment, `config/production.toml` is an example of a real site.
This page is printed by `ca-cli config docs`; change the types in `ca-core/src/config`, not this page.
";

/// A text inside a Markdown table.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

/// config/inkan.toml.
pub(super) fn example() -> anyhow::Result<String> {
    let mut text = String::from(
        "# Every key with its default, as `ca-cli config example` prints it. Take away the # where you differ.\n\
         # docs/configuration.md says the same as a table; production.toml beside this file is an example.\n",
    );
    for section in sections()? {
        write!(
            text,
            "\n# {}\n[{}]\n",
            commented(&section.about),
            section.name
        )?;
        for key in &section.keys {
            let default = key.default.clone().unwrap_or_else(|| "(not set)".into());
            write!(
                text,
                "\n# {}\n#{} = {default}\n",
                commented(&key.about),
                key.name
            )?;
        }
    }
    for class in Classes::default().iter() {
        text.push_str("\n#[[class]]\n");
        for (key, value) in serde_json::to_value(class)?
            .as_object()
            .into_iter()
            .flatten()
        {
            writeln!(text, "#{key} = {}", toml_value(value))?;
        }
    }
    Ok(text)
}

fn commented(text: &str) -> String {
    text.replace('\n', "\n# ")
}

/// Every table, by name; tables inside tables follow as `[outer.inner]`.
fn sections() -> anyhow::Result<Vec<Section>> {
    let schema = serde_json::to_value(schema_for!(Config))?;
    let defaults = serde_json::to_value(Config::default())?;
    let book = Book {
        definitions: schema.get("$defs").cloned().unwrap_or_default(),
    };
    let mut sections = Vec::new();
    for (name, property) in book.properties(&schema)? {
        let value = defaults.get(&name).cloned().unwrap_or_default();
        if value.is_object() {
            book.collect(&name, &property, &value, &mut sections)?;
        }
    }
    Ok(sections)
}

/// The table that may stand several times.
fn class_section() -> anyhow::Result<Section> {
    let schema = serde_json::to_value(schema_for!(Config))?;
    let book = Book {
        definitions: schema.get("$defs").cloned().unwrap_or_default(),
    };
    let class = schema
        .pointer("/properties/class/items")
        .context("the classes' schema")?;
    let about = "One table for each class of user IDs; with none, KJ 介護事業所, HJ 障がい事業所 and HD 代理人 hold.";
    let properties = book.properties(book.resolve(class)?)?;
    let key = |(name, property): (String, Value)| book.key(name, &property, &Value::Null);
    let keys = properties
        .into_iter()
        .map(key)
        .collect::<anyhow::Result<_>>()?;
    Ok(Section {
        name: "[class]".to_owned(),
        about: about.to_owned(),
        keys,
    })
}

/// The schema's definitions, to be looked up by reference.
struct Book {
    definitions: Value,
}

impl Book {
    fn collect(
        &self,
        name: &str,
        property: &Value,
        defaults: &Value,
        sections: &mut Vec<Section>,
    ) -> anyhow::Result<()> {
        let place = sections.len();
        let about = about(property);
        sections.push(Section {
            name: name.to_owned(),
            about,
            keys: Vec::new(),
        });
        let mut keys = Vec::new();
        for (key, property) in self.properties(self.resolve(property)?)? {
            let value = defaults.get(&key).cloned().unwrap_or_default();
            if value.is_object() {
                self.collect(&format!("{name}.{key}"), &property, &value, sections)?;
            } else {
                keys.push(self.key(key, &property, &value)?);
            }
        }
        sections
            .get_mut(place)
            .context("the section just made")?
            .keys = keys;
        Ok(())
    }

    fn key(&self, name: String, property: &Value, default: &Value) -> anyhow::Result<Key> {
        let default = (!default.is_null()).then(|| toml_value(default));
        let (about, kind) = (about(property), self.kind(property)?);
        Ok(Key {
            name,
            about,
            kind,
            default,
        })
    }

    /// What may be written, in a word or two.
    fn kind(&self, property: &Value) -> anyhow::Result<String> {
        let property = self.resolve(property)?;
        let choices = ["enum", "oneOf", "anyOf"]
            .iter()
            .find_map(|key| property.get(key)?.as_array());
        if let Some(choices) = choices {
            let words = choices
                .iter()
                .filter_map(|choice| self.choice(choice).transpose());
            return Ok(words.collect::<anyhow::Result<Vec<_>>>()?.join(" or "));
        }
        let word = |kind: &str| match kind {
            "string" => "text".to_owned(),
            "integer" => "number".to_owned(),
            "boolean" => "true or false".to_owned(),
            "array" => "list".to_owned(),
            other => other.to_owned(),
        };
        Ok(match property.get("type") {
            Some(Value::String(kind)) => word(kind),
            Some(Value::Array(kinds)) => {
                let kinds = kinds
                    .iter()
                    .filter_map(Value::as_str)
                    .filter(|kind| *kind != "null");
                kinds.map(word).collect::<Vec<_>>().join(" or ")
            }
            _ => "text".to_owned(),
        })
    }

    fn choice(&self, choice: &Value) -> anyhow::Result<Option<String>> {
        if let Some(word) = choice.as_str().or_else(|| choice.get("const")?.as_str()) {
            return Ok(Some(format!("`{word}`")));
        }
        if choice.get("type").and_then(Value::as_str) == Some("null") {
            return Ok(None);
        }
        self.kind(choice).map(Some)
    }

    fn properties(&self, schema: &Value) -> anyhow::Result<Vec<(String, Value)>> {
        let found = schema.get("properties").and_then(Value::as_object);
        let found: &Map<String, Value> =
            found.ok_or_else(|| anyhow!("a table without keys: {schema}"))?;
        Ok(found
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect())
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> anyhow::Result<&'a Value> {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
            return Ok(schema);
        };
        let name = reference.rsplit('/').next().unwrap_or_default();
        self.definitions
            .get(name)
            .with_context(|| format!("no definition {name}"))
    }
}

/// The doc comment, its hard line breaks taken out.
fn about(property: &Value) -> String {
    let text = property
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    text.replace('\n', " ")
}

/// A default as TOML; JSON writes texts, numbers and lists alike, tables apart.
fn toml_value(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(toml_value).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(table) => {
            let sorted: BTreeMap<_, _> = table.iter().collect();
            let pairs: Vec<String> = sorted
                .iter()
                .map(|(key, value)| format!("{key} = {}", toml_value(value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(path: &str) -> String {
        let path = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&path).unwrap_or_default()
    }

    #[test]
    fn the_page_in_docs_is_what_the_types_say() {
        let page = repository("docs/configuration.md");
        assert!(
            page == markdown().unwrap(),
            "run: ca-cli config docs > docs/configuration.md"
        );
    }

    #[test]
    fn the_example_is_what_the_types_say_and_means_the_defaults() {
        let file = repository("config/inkan.toml");
        assert!(
            file == example().unwrap(),
            "run: ca-cli config example > config/inkan.toml"
        );
        let path = format!("{}/../config/inkan.toml", env!("CARGO_MANIFEST_DIR"));
        let read = Config::load(Some(path.as_ref())).unwrap();
        assert_eq!(read.lock, Config::default().lock);
    }

    #[test]
    fn every_default_in_the_example_may_be_written_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inkan.toml");
        let text = example().unwrap();
        let bare: Vec<&str> = text
            .lines()
            .filter(|line| !line.ends_with("(not set)"))
            .map(|line| {
                line.strip_prefix('#')
                    .filter(|rest| !rest.starts_with(' '))
                    .unwrap_or(line)
            })
            .collect();
        std::fs::write(&path, bare.join("\n")).unwrap();
        let read = Config::load(Some(&path)).unwrap();
        assert_eq!(read.service, Config::default().service);
        assert_eq!(read.authority, Config::default().authority);
        assert_eq!(read.listen, Config::default().listen);
        assert_eq!(read.classes(), Classes::default());
    }

    #[test]
    fn every_key_is_explained() {
        for section in sections().unwrap() {
            assert!(!section.about.is_empty(), "[{}]", section.name);
            for key in section.keys {
                assert!(!key.about.is_empty(), "[{}] {}", section.name, key.name);
            }
        }
    }

    #[test]
    fn the_production_example_is_right() {
        let path = format!("{}/../config/production.toml", env!("CARGO_MANIFEST_DIR"));
        Config::load(Some(path.as_ref())).unwrap();
    }
}
