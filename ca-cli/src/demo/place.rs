//! The demo's folder: what lies where, and the configuration that fits it.

use std::io::Write;
use std::path::{Path, PathBuf};

use ca_core::config::{Config, Listen};
use ca_core::domain::thumbprint::Thumbprint;
use secrecy::ExposeSecret;

use super::set_up::{House, OPERATOR};
use crate::desk::Desk;
use crate::file::replace;
use crate::letter::LetterText;

/// Seconds between the worker's looks at the queue: somebody is watching.
const POLL_SECONDS: u32 = 1;

/// A folder and its desk.
pub(crate) struct Place {
    /// The desk, its configuration made for this folder.
    pub desk: Desk,
}

impl Place {
    /// The demo in `folder`: on this machine only, under the name `localhost`.
    pub(crate) fn new(mut config: Config, folder: &Path) -> Self {
        config.data.folder = folder.to_owned();
        config.authority.passphrase_file = Some(folder.join("passphrase"));
        config.service.host = "localhost".into();
        config.service.public_url = here("https", config.listen.https);
        config.service.portal_url = here("https", config.listen.portal);
        config.service.plain_url = here("http", config.listen.http);
        config.worker.poll_seconds = POLL_SECONDS;
        Self {
            desk: Desk::of(config),
        }
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.desk.data()
    }

    /// The passphrase of the key files, drawn at random at the first start.
    pub(crate) fn passphrase(&self) -> PathBuf {
        self.folder().join("passphrase")
    }

    /// The operator's PKCS#12.
    pub(crate) fn operator_p12(&self) -> PathBuf {
        self.folder().join("operator.p12")
    }

    /// The operator's password.
    pub(crate) fn operator_password(&self) -> PathBuf {
        self.folder().join("operator.password")
    }

    /// The first letters.
    pub(crate) fn letters(&self) -> PathBuf {
        self.folder().join("letters").join("letters.pdf")
    }

    /// The mails.
    pub(crate) fn mail(&self) -> PathBuf {
        self.desk
            .place(self.desk.config.mail.folder.as_ref(), "mail")
    }

    /// Address of the console.
    pub(crate) fn console_url(&self) -> String {
        format!("{}console", here("https", self.desk.config.listen.console))
    }

    /// The configuration file that fits this folder, for the other commands.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.folder().join("inkan.toml")
    }

    /// Writes [`Place::config_file`]; anew at every start, since ports may differ.
    pub(crate) fn write_config(&self) -> anyhow::Result<()> {
        let config = &self.desk.config;
        let (service, listen) = (&config.service, &config.listen);
        let text = format!(
            "# Written by `ca-cli demo` at every start, so that the other commands find this demo.\n\
             [service]\nhost = {:?}\npublic_url = {:?}\nportal_url = {:?}\nplain_url = {:?}\n\n\
             [data]\nfolder = \".\"\n\n[database]\nurl = {:?}\n\n\
             [listen]\nhttp = \"{}\"\nhttps = \"{}\"\nportal = \"{}\"\nconsole = \"{}\"\n\n\
             [authority]\npassphrase_file = \"passphrase\"\n",
            service.host,
            service.public_url,
            service.portal_url,
            service.plain_url,
            without_password(&config.database.url),
            listen.http,
            listen.https,
            listen.portal,
            listen.console,
        );
        replace(&self.config_file(), text.as_bytes(), 0o600)
    }

    /// Everything that somebody needs to try it.
    pub(crate) fn tell(
        &self,
        house: &House,
        letters: Option<&[LetterText]>,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        writeln!(out, "\n印鑑 Inkan demo（いつでも発行 always open）")?;
        for (what, values) in self.facts(house, letters) {
            writeln!(out, "\n  {what}")?;
            for value in values {
                writeln!(out, "      {value}")?;
            }
        }
        writeln!(
            out,
            "\n終了は Ctrl-C。 Ctrl-C ends it; the next start goes on with the same data."
        )?;
        Ok(())
    }

    fn facts(
        &self,
        house: &House,
        letters: Option<&[LetterText]>,
    ) -> Vec<(&'static str, Vec<String>)> {
        let service = &self.desk.config.service;
        let thumbprint = Thumbprint::of_der(&house.root.certificate_der);
        let path = |path: PathBuf| path.display().to_string();
        let mut facts = vec![
            (
                "申請者のページ Pages for applicants",
                vec![service.public_url.clone()],
            ),
            (
                "ポータル Portal (with the applicant's certificate in the browser)",
                vec![format!("{}portal", service.portal_url)],
            ),
            (
                "認証局証明書 Root certificate",
                vec![format!("{}ca.crt", service.plain_url)],
            ),
            (
                "拇印 Its thumbprint (SHA-1)",
                vec![thumbprint.sha1_hex(), thumbprint.sha1_windows()],
            ),
            (
                "審査画面 Operators' console (import the certificate into the browser first)",
                vec![self.console_url()],
            ),
            (
                "審査担当者 Operator: login name, password (also of the certificate), certificate",
                vec![
                    OPERATOR.to_owned(),
                    format!("→ {}", path(self.operator_password())),
                    path(self.operator_p12()),
                ],
            ),
        ];
        facts.push(sample(house, letters));
        facts.push((
            "お知らせ Letters, メール mails, データ data",
            vec![
                path(self.letters()),
                path(self.mail()),
                path(self.folder().to_owned()),
            ],
        ));
        let other = format!("ca-cli --config {} account list", path(self.config_file()));
        facts.push(("ほかのコマンド Other commands", vec![other]));
        facts
    }
}

/// Where a listener is reached on this machine; the demo has all of them.
fn here(scheme: &str, listen: Listen) -> String {
    let port = listen.port().unwrap_or_default();
    format!("{scheme}://localhost:{port}/")
}

/// The first account of the CSV with its passwords, if its letter was printed by this start.
fn sample(house: &House, letters: Option<&[LetterText]>) -> (&'static str, Vec<String>) {
    let first = letters
        .unwrap_or_default()
        .iter()
        .find(|letter| Some(&letter.user_id) == house.user_ids.first());
    match first {
        Some(letter) => (
            "ためす ユーザＩＤ・仮のログインパスワード・証明書発行用パスワード User ID, temporary login and issuance password",
            vec![
                letter.user_id.to_string(),
                letter.login_password.expose_secret().to_owned(),
                letter.issuance_password.expose_secret().to_owned(),
            ],
        ),
        None => (
            "ためす User IDs and passwords",
            vec!["お知らせにあります。 They are on the letters; `ca-cli letter print` makes new ones.".to_owned()],
        ),
    }
}

/// `postgres://user:secret@host/name` without `:secret`; libpq reads it from its own pass file.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url
        .split_once("://")
        .filter(|_| !url.starts_with("sqlite:"))
    else {
        return url.to_owned();
    };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let name = user.split_once(':').map_or(user, |(name, _)| name);
            format!("{scheme}://{name}@{}", without_parameter(host))
        }
        None => format!("{scheme}://{}", without_parameter(rest)),
    }
}

/// libpq also takes `?password=…`.
fn without_parameter(rest: &str) -> String {
    match rest.split_once('?') {
        Some((path, query)) if query.contains("password=") => path.to_owned(),
        _ => rest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_its_password_and_nothing_else() {
        for (url, told) in [
            (
                "postgres://inkan:se@cret@db/inkan",
                "postgres://inkan@db/inkan",
            ),
            ("postgres://inkan@db/inkan", "postgres://inkan@db/inkan"),
            (
                "postgres:///inkan?host=/run/pg",
                "postgres:///inkan?host=/run/pg",
            ),
            ("postgres:///inkan?password=x", "postgres:///inkan"),
            ("sqlite:/a/b@c", "sqlite:/a/b@c"),
            ("", ""),
        ] {
            assert_eq!(without_password(url), told);
        }
    }

    #[test]
    fn the_written_configuration_is_the_demos_own() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(Config::load(None).unwrap(), folder.path());
        place.write_config().unwrap();
        let read = Config::load(Some(&place.config_file())).unwrap();
        assert_eq!(read.listen, place.desk.config.listen);
        assert_eq!(read.service, place.desk.config.service);
        assert_eq!(read.database, place.desk.config.database);
        assert_eq!(
            read.authority.passphrase_file.unwrap(),
            folder.path().join("passphrase")
        );
    }
}
