//! The certificate profiles: from `authority.profiles`, or the built-in ones.
use std::path::{Path, PathBuf};

use chrono::Months;
use figment::Figment;
use figment::providers::{Format, Toml};

use super::Config;
use crate::domain::profile::{Profile, ProfileError, ProfileName, ProfilePlaces, RawProfile};

/// Every profile, checked.
#[derive(Debug, Clone)]
pub struct Profiles {
    client: Profile,
    server: Profile,
    operator: Profile,
    ocsp: Profile,
    audit: Profile,
    root: Profile,
}

/// Why a profile's file is refused.
#[derive(Debug, thiserror::Error)]
pub enum ProfilesError {
    /// The file is there and not readable.
    #[error("certificate profile {0} cannot be read: {1}")]
    File(PathBuf, std::io::Error),
    /// A key is unknown, missing or of the wrong type.
    #[error("certificate profile {0}: {1}; config/profiles has the built-in ones as examples")]
    Shape(String, Box<figment::Error>),
    /// A profile under another profile's file name.
    #[error("the file {expected}.toml holds profile {found}; one file, one profile of its name")]
    Name {
        /// The file's name.
        expected: ProfileName,
        /// The name inside.
        found: ProfileName,
    },
    /// A value is not allowed.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl Profiles {
    /// Reads and checks the profiles. A file that the folder lacks means the built-in profile; a folder
    /// that is not there is an error, not a set of built-in profiles.
    pub fn load(config: &Config) -> Result<Self, ProfilesError> {
        let places = ProfilePlaces {
            plain_url: &config.service.plain_url,
            organisation: &config.authority.client_organisation,
        };
        let folder = config.authority.profiles.as_deref();
        if let Some(folder) = folder {
            std::fs::read_dir(folder)
                .map_err(|error| ProfilesError::File(folder.to_owned(), error))?;
        }
        let load = |name| load_one(name, folder, places);
        Ok(Self {
            client: load(ProfileName::Client)?,
            server: load(ProfileName::Server)?,
            operator: load(ProfileName::Operator)?,
            ocsp: load(ProfileName::Ocsp)?,
            audit: load(ProfileName::Audit)?,
            root: load(ProfileName::Root)?,
        })
    }

    /// The profile called `name`.
    pub fn get(&self, name: ProfileName) -> &Profile {
        match name {
            ProfileName::Client => &self.client,
            ProfileName::Server => &self.server,
            ProfileName::Operator => &self.operator,
            ProfileName::Ocsp => &self.ocsp,
            ProfileName::Audit => &self.audit,
            ProfileName::Root => &self.root,
        }
    }

    /// The longest life that any of them but the root's gives.
    pub fn longest_life(&self) -> Months {
        let all = [
            &self.client,
            &self.server,
            &self.operator,
            &self.ocsp,
            &self.audit,
        ];
        Months::new(
            all.map(Profile::validity_months)
                .into_iter()
                .max()
                .unwrap_or(0),
        )
    }

    /// The same profiles, `profile` in the place of the one of its name.
    #[must_use]
    pub fn with(mut self, profile: Profile) -> Self {
        match profile.name() {
            ProfileName::Client => self.client = profile,
            ProfileName::Server => self.server = profile,
            ProfileName::Operator => self.operator = profile,
            ProfileName::Ocsp => self.ocsp = profile,
            ProfileName::Audit => self.audit = profile,
            ProfileName::Root => self.root = profile,
        }
        self
    }
}

fn load_one(
    name: ProfileName,
    folder: Option<&Path>,
    places: ProfilePlaces<'_>,
) -> Result<Profile, ProfilesError> {
    let text = match folder {
        Some(folder) => own_text(&folder.join(format!("{name}.toml")))?,
        None => None,
    };
    let text = text.unwrap_or_else(|| built_in(name).to_owned());
    let raw: RawProfile = Figment::from(Toml::string(&text))
        .extract()
        .map_err(|error| ProfilesError::Shape(name.to_string(), Box::new(error)))?;
    let profile = raw.validate(places)?;
    if profile.name() == name {
        Ok(profile)
    } else {
        Err(ProfilesError::Name {
            expected: name,
            found: profile.name(),
        })
    }
}

fn own_text(path: &Path) -> Result<Option<String>, ProfilesError> {
    match super::text_file::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ProfilesError::File(path.to_owned(), error)),
    }
}

fn built_in(name: ProfileName) -> &'static str {
    match name {
        ProfileName::Client => include_str!("../../../config/profiles/client.toml"),
        ProfileName::Server => include_str!("../../../config/profiles/server.toml"),
        ProfileName::Operator => include_str!("../../../config/profiles/operator.toml"),
        ProfileName::Ocsp => include_str!("../../../config/profiles/ocsp.toml"),
        ProfileName::Audit => include_str!("../../../config/profiles/audit.toml"),
        ProfileName::Root => include_str!("../../../config/profiles/root.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_profiles_take_the_configurations_words() {
        let profiles = Profiles::load(&Config::default()).unwrap();
        let client = profiles.get(ProfileName::Client);
        let subject = client.subject_of("KJ2700000001").unwrap().to_string();
        assert_eq!(subject, "CN=KJ2700000001, O=電子請求受付センター");
        assert_eq!(
            client.crl_url(1).as_deref(),
            Some("http://localhost:8080/crl/1.crl")
        );
    }

    #[test]
    fn a_folder_replaces_what_it_holds_and_mistakes_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.authority.profiles = Some(folder.path().to_owned());
        let path = folder.path().join("client.toml");
        let write = |text: &str| std::fs::write(&path, text).unwrap();

        write(&built_in(ProfileName::Client).replace("= 36", "= 24"));
        let profiles = Profiles::load(&config).unwrap();
        assert_eq!(profiles.get(ProfileName::Client).validity_months(), 24);

        write(&format!("lifetime = 3\n{}", built_in(ProfileName::Client)));
        let error = Profiles::load(&config).unwrap_err().to_string();
        assert!(
            error.contains("client") && error.contains("lifetime"),
            "{error}"
        );

        write(built_in(ProfileName::Server));
        let error = Profiles::load(&config).unwrap_err().to_string();
        assert!(
            error.contains("client.toml holds profile server"),
            "{error}"
        );
    }
}
