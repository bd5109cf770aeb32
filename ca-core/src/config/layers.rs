//! Where the values of a configuration come from: defaults, the files that `include` names, the file, the environment.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::{Config, ConfigError};

/// What the environment's keys begin with.
const PREFIX: &str = "INKAN__";

/// The key that names further files.
const INCLUDE: &str = "include";

/// Every key that holds a path, or several. A relative one is taken from the folder of the file that names it.
const PATHS: [&str; 18] = [
    "data.folder",
    "letter.fonts",
    "letter.template",
    "calendar.file",
    "console.approval_key_file",
    "portal.access_matrix",
    "authority.profiles",
    "authority.key_file",
    "authority.passphrase_file",
    "authority.sealing_key_file",
    "tls.certificate",
    "tls.key",
    "worker.journal_folder",
    "audit.checkpoint_folder",
    "mail.folder",
    "mail.templates",
    "mail.smtp.credentials_file",
    "mail.smtp.root_certificates",
];

/// Which file, or the environment, gave each key its value; keys at their default are not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    places: BTreeMap<String, String>,
    file: Option<PathBuf>,
}

impl Sources {
    /// The place to correct a key, for people: `INKAN__…` in the environment, a file, or the default.
    pub fn place(&self, key: &str) -> String {
        match (self.places.get(key), &self.file) {
            (Some(place), _) => place.clone(),
            (None, Some(file)) => format!("its default; {} does not set it", file.display()),
            (None, None) => "its default; no configuration file is named".to_owned(),
        }
    }

    /// Whether a file or the environment sets the key.
    pub fn is_set(&self, key: &str) -> bool {
        self.places.contains_key(key)
    }
}

/// The values of one source, paths made absolute.
struct Layer {
    metadata: Metadata,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        self.metadata.clone()
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

/// Reads everything; what comes later stands above what came before.
pub(super) fn read(file: Option<&Path>) -> Result<(Figment, Sources), ConfigError> {
    let mut reading = Reading::default();
    if let Some(file) = file {
        reading.file(file, None)?;
    }
    let folder = file.and_then(Path::parent);
    let defaults = Serialized::defaults(Config::default());
    let environment = Env::prefixed(PREFIX).split("__");
    let defaults = layer(&defaults, folder)?;
    let environment = layer(&environment, folder)?;
    let mut sources = reading.sources;
    sources.file = file.map(Path::to_owned);
    note(&environment.values, "", &mut |key| {
        let name = key.to_uppercase().replace('.', "__");
        let place = format!("{PREFIX}{name} in the environment");
        sources.places.insert(key.to_owned(), place);
    });
    let files = reading.layers.into_iter();
    let all = files.fold(Figment::from(defaults), Figment::merge);
    Ok((all.merge(environment), sources))
}

/// A source that is no file of ours.
fn layer(source: &dyn Provider, folder: Option<&Path>) -> Result<Layer, ConfigError> {
    let shape = |error| ConfigError::Shape(Box::new(error));
    let mut values = source.data().map_err(shape)?;
    let mut values = values.remove(&Profile::Default).unwrap_or_default();
    if let Some(folder) = folder {
        resolve(&mut values, folder);
    }
    Ok(Layer {
        metadata: source.metadata(),
        values,
    })
}

/// Files as they are read: each once, those that it includes before it.
#[derive(Default)]
struct Reading {
    layers: Vec<Layer>,
    sources: Sources,
    done: Vec<PathBuf>,
    open: Vec<PathBuf>,
}

impl Reading {
    fn file(&mut self, file: &Path, by: Option<&Path>) -> Result<(), ConfigError> {
        let unreadable = |error| match by {
            Some(by) => ConfigError::Included {
                file: file.to_owned(),
                by: by.to_owned(),
                error,
            },
            None => ConfigError::File(file.to_owned(), error),
        };
        let itself = std::fs::canonicalize(file).map_err(unreadable)?;
        if self.open.contains(&itself) {
            let by = by.unwrap_or(file).to_owned();
            return Err(ConfigError::Circle(by, file.to_owned()));
        }
        if self.done.contains(&itself) {
            return Ok(());
        }
        let text = super::text_file::read(file).map_err(unreadable)?;
        let wrong = |error| ConfigError::InFile(file.to_owned(), Box::new(error));
        let mut values = Toml::string(&text).data().map_err(wrong)?;
        let mut values = values.remove(&Profile::Default).unwrap_or_default();
        let folder = file.parent().unwrap_or(Path::new(""));
        self.open.push(itself);
        for name in included(&mut values, file)? {
            self.file(&folder.join(name), Some(file))?;
        }
        self.done.extend(self.open.pop());
        resolve(&mut values, folder);
        let layer = Layer {
            metadata: Metadata::from("configuration file", file),
            values,
        };
        // By itself, so that a wrong key is told with its own file.
        let alone = Figment::from(Serialized::defaults(Config::default())).merge(&layer);
        alone.extract::<Config>().map_err(wrong)?;
        note(&layer.values, "", &mut |key| {
            let place = file.display().to_string();
            self.sources.places.insert(key.to_owned(), place);
        });
        self.layers.push(layer);
        Ok(())
    }
}

/// The files that a file names, taken out of its values.
fn included(values: &mut Dict, file: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let refused = || ConfigError::Include(file.to_owned());
    let names = match values.remove(INCLUDE) {
        None => return Ok(Vec::new()),
        Some(Value::Array(_, names)) => names,
        Some(_) => return Err(refused()),
    };
    let name = |value: Value| match value {
        Value::String(_, name) if !name.is_empty() => Ok(PathBuf::from(name)),
        _ => Err(refused()),
    };
    names.into_iter().map(name).collect()
}

/// Takes relative paths from `folder`.
fn resolve(values: &mut Dict, folder: &Path) {
    if folder.as_os_str().is_empty() {
        return;
    }
    for key in PATHS {
        if let Some(value) = find(values, key) {
            place(value, folder);
        }
    }
}

fn find<'a>(values: &'a mut Dict, key: &str) -> Option<&'a mut Value> {
    match key.split_once('.') {
        None => values.get_mut(key),
        Some((section, rest)) => match values.get_mut(section)? {
            Value::Dict(_, inner) => find(inner, rest),
            _ => None,
        },
    }
}

fn place(value: &mut Value, folder: &Path) {
    match value {
        Value::String(_, text) if Path::new(text.as_str()).is_relative() => {
            *text = folder.join(&*text).to_string_lossy().into_owned();
        }
        Value::Array(_, values) => values.iter_mut().for_each(|value| place(value, folder)),
        _ => {}
    }
}

/// Names every value.
fn note(values: &Dict, before: &str, name: &mut impl FnMut(&str)) {
    for (key, value) in values {
        let key = format!("{before}{key}");
        match value {
            Value::Dict(_, inner) => note(inner, &format!("{key}."), name),
            _ => name(&key),
        }
    }
}

#[cfg(test)]
mod tests;
