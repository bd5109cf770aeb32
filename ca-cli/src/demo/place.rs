//! The demo's folder: what lies where, and the configuration that fits it.

use std::io::Write;
use std::path::{Path, PathBuf};

use ca_core::config::Config;
use ca_core::domain::thumbprint::Thumbprint;
use secrecy::ExposeSecret;

use super::running::Running;
use super::set_up::House;
use crate::desk::Desk;
use crate::letter::LetterText;

/// Seconds between the worker's looks at the queue: somebody is watching.
const POLL_SECONDS: u32 = 1;

/// A folder and its desk.
pub(super) struct Place {
    /// The desk, its configuration made for this folder.
    pub desk: Desk,
}

impl Place {
    /// The demo in `folder`: on this machine only, under the name `localhost`.
    pub(super) fn new(mut config: Config, folder: &Path) -> Self {
        config.data.folder = folder.to_owned();
        config.authority.passphrase_file = Some(folder.join("passphrase"));
        config.service.host = "localhost".into();
        config.service.public_url = format!("https://localhost:{}/", config.listen.https.port());
        config.service.plain_url = format!("http://localhost:{}/", config.listen.http.port());
        config.worker.poll_seconds = POLL_SECONDS;
        Self {
            desk: Desk::of(config),
        }
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        self.desk.data()
    }

    /// The passphrase of the key files, drawn at random at the first start.
    pub(super) fn passphrase(&self) -> PathBuf {
        self.folder().join("passphrase")
    }

    /// The operator's PKCS#12.
    pub(super) fn operator_p12(&self) -> PathBuf {
        self.folder().join("operator.p12")
    }

    /// The operator's password.
    pub(super) fn operator_password(&self) -> PathBuf {
        self.folder().join("operator.password")
    }

    /// The first letters.
    pub(super) fn letters(&self) -> PathBuf {
        self.folder().join("letters").join("letters.pdf")
    }

    /// The mails.
    pub(super) fn mail(&self) -> PathBuf {
        self.desk
            .place(self.desk.config.mail.folder.as_ref(), "mail")
    }

    /// Address of the console.
    pub(super) fn console_url(&self) -> String {
        format!(
            "https://localhost:{}/console",
            self.desk.config.listen.console.port()
        )
    }

    /// Everything that somebody needs to try it.
    pub(super) fn tell(
        &self,
        house: &House,
        running: &Running,
        letters: Option<&[LetterText]>,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let service = &self.desk.config.service;
        let thumbprint = Thumbprint::of_der(&house.root.certificate_der);
        writeln!(out, "\n印鑑 Inkan demo（{}）\n", running.greeting())?;
        let mut line = |what: &str, value: String| writeln!(out, "  {what}\n      {value}");
        line(
            "申請者のページ Pages for applicants",
            service.public_url.clone(),
        )?;
        line("審査画面 Operators' console", self.console_url())?;
        let (p12, password) = (self.operator_p12(), self.operator_password());
        line(
            "審査画面の証明書 Its certificate, to be imported into the browser first (login name: operator)",
            format!("{}  password in {}", p12.display(), password.display()),
        )?;
        line(
            "認証局証明書 Root certificate",
            format!("{}ca.crt", service.plain_url),
        )?;
        line("拇印 Its thumbprint (SHA-1)", thumbprint.sha1_hex())?;
        line("", thumbprint.sha1_windows())?;
        match letters.and_then(<[LetterText]>::first) {
            Some(letter) => {
                line("ユーザＩＤ User ID", letter.user_id.to_string())?;
                line(
                    "仮のログインパスワード Temporary login password",
                    letter.login_password.expose_secret().to_owned(),
                )?;
                line(
                    "証明書発行用パスワード Issuance password",
                    letter.issuance_password.expose_secret().to_owned(),
                )?;
            }
            None => line(
                "ユーザＩＤとパスワード User IDs and passwords",
                "on the letters; new ones: ca-cli letter print --user-id …".to_owned(),
            )?,
        }
        line("お知らせ Letters", self.letters().display().to_string())?;
        line("メール Mails", self.mail().display().to_string())?;
        line("データ Data folder", self.folder().display().to_string())?;
        writeln!(
            out,
            "\n終了は Ctrl-C。 Ctrl-C ends it; the next start goes on with the same data."
        )?;
        Ok(())
    }
}
