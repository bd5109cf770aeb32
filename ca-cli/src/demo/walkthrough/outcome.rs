//! `result.json`: what the walkthrough leaves behind, every path relative to its folder.

use std::path::{Path, PathBuf};

use anyhow::Context;
use ca_core::config::DatabaseUrl;
use ca_core::domain::thumbprint::Thumbprint;
use secrecy::ExposeSecret;
use serde::Serialize;

use super::super::place::{Place, without_password};
use super::super::set_up::House;
use crate::file::write_private;
use crate::letter::LetterText;

/// The whole result: the first account's facts at the top, the others' in a list.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    root: PathBuf,
    thumbprint_sha1: String,
    #[serde(flatten)]
    first: Issued,
    letter: PathBuf,
    database: String,
    audit_verified: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<Issued>,
}

/// One account's certificate.
#[derive(Debug, Serialize)]
pub(super) struct Issued {
    user_id: String,
    issuance_password: String,
    p12: PathBuf,
    mail: Option<PathBuf>,
    certificate_pem: PathBuf,
}

impl Issued {
    /// What was issued for the reader of `letter`.
    pub(super) fn new(
        letter: &LetterText,
        p12: PathBuf,
        mail: Option<PathBuf>,
        certificate_pem: PathBuf,
    ) -> Self {
        Self {
            user_id: letter.user_id.to_string(),
            // The demo's own secret, told to whoever started it so that other programs can open the file.
            issuance_password: letter.issuance_password.expose_secret().to_owned(),
            p12,
            mail,
            certificate_pem,
        }
    }

    fn within(mut self, folder: &Path) -> Self {
        for path in [
            Some(&mut self.p12),
            self.mail.as_mut(),
            Some(&mut self.certificate_pem),
        ]
        .into_iter()
        .flatten()
        {
            *path = relative(path, folder);
        }
        self
    }
}

impl Outcome {
    /// The result of a journey in which every step held.
    pub(super) fn new(
        place: &Place,
        house: &House,
        root: &Path,
        issued: Vec<Issued>,
    ) -> anyhow::Result<Self> {
        let folder = place.folder();
        let mut issued = issued.into_iter().map(|one| one.within(folder));
        Ok(Self {
            root: relative(root, folder),
            thumbprint_sha1: Thumbprint::of_der(&house.root.certificate_der).sha1_hex(),
            first: issued.next().context("no certificate was issued")?,
            letter: relative(&place.letters(), folder),
            database: database(place),
            // Written only after the chain was walked: see `walkthrough::run`.
            audit_verified: true,
            certificates: issued.collect(),
        })
    }

    /// Writes `result.json` into `folder`, for its owner alone.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        write_private(&folder.join("result.json"), &text)
    }
}

/// The file below the folder, or the address without its password.
fn database(place: &Place) -> String {
    match place.desk.config.database.target(place.folder()) {
        DatabaseUrl::Sqlite(file) => relative(&file, place.folder()).display().to_string(),
        DatabaseUrl::Postgres(url) => without_password(&url),
    }
}

fn relative(path: &Path, folder: &Path) -> PathBuf {
    path.strip_prefix(folder).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_the_folder() {
        assert_eq!(
            relative(Path::new("/a/b/c.p12"), Path::new("/a")),
            Path::new("b/c.p12")
        );
        assert_eq!(
            relative(Path::new("/x/c.p12"), Path::new("/a")),
            Path::new("/x/c.p12")
        );
    }
}
