//! The office's clerk: a letter in one hand, a browser in the other (J2, J4).

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use ca_core::domain::password::IssuancePassword;
use ca_core::domain::user_id::UserId;
use ca_core::private_file::{self, PRIVATE};
use ca_core::store::account;
use secrecy::{ExposeSecret, SecretString};

use super::super::place::Place;
use super::super::set_up::House;
use super::progress::Progress;
use crate::browser::{Browser, Page};
use crate::letter::LetterText;

/// One office.
pub(super) struct Applicant {
    letter: LetterText,
    mail_address: Option<String>,
    /// The login password that the clerk chooses.
    pub(super) own_password: SecretString,
    site: String,
}

impl Applicant {
    /// The reader of `letter`.
    pub(super) fn new(place: &Place, house: &House, letter: LetterText) -> anyhow::Result<Self> {
        let found = house.store.read(|db| account::find(db, &letter.user_id))?;
        let account = found.ok_or_else(|| anyhow!("{} is not registered", letter.user_id))?;
        Ok(Self {
            mail_address: account.mail_address,
            own_password: IssuancePassword::generate(place.desk.random.as_ref())
                .secret()
                .clone(),
            site: place.desk.config.service.public_url.clone(),
            letter,
        })
    }

    /// Whose letter it is.
    pub(super) fn user_id(&self) -> &UserId {
        &self.letter.user_id
    }

    /// The letter.
    pub(super) fn letter(&self) -> &LetterText {
        &self.letter
    }

    /// Where notices go.
    pub(super) fn mail_address(&self) -> Option<&str> {
        self.mail_address.as_deref()
    }

    /// From the top page to 「証明書の発行申請中です。」 and out.
    pub(super) fn apply(&self, root: &[u8], progress: &mut Progress<'_>) -> anyhow::Result<()> {
        let id = self.user_id();
        let browser = Browser::trusting(root, &self.site, None);
        progress.step(
            &format!("{id}：仮のパスワードでログイン"),
            "log in with the letter's temporary password",
        )?;
        let page = self.log_in(&browser, &self.letter.login_password)?;
        progress.step(
            &format!("{id}：ログインパスワードを変更"),
            "the change of the login password is forced",
        )?;
        let page = self.change_password(&browser, &page)?;
        progress.step(
            &format!("{id}：証明書発行用パスワードを入力"),
            "pass the gate with the issuance password",
        )?;
        let page = self.pass_gate(&browser, &page)?;
        progress.step(&format!("{id}：証明書の発行を申請"), "apply, confirm")?;
        let confirm = browser.follow(&page, "証明書の発行申請を行う")?.well()?;
        expect(&confirm, "証明書の発行申請を行いますか")?;
        let done = browser.send(&confirm.form_with_button("はい")?)?.well()?;
        expect(&done, "証明書の発行申請中です")?;
        log_out(&browser, &done)
    }

    /// Logs in once more and downloads. Returns the file.
    pub(super) fn download(&self, root: &[u8], folder: &Path) -> anyhow::Result<PathBuf> {
        let browser = Browser::trusting(root, &self.site, None);
        let page = self.log_in(&browser, &self.own_password)?;
        let page = self.pass_gate(&browser, &page)?;
        let file = browser
            .send(&page.form_with_button("ダウンロード")?)?
            .well()?;
        let name = format!("Cert{}.p12", self.user_id());
        if !file.disposition.contains(&format!("filename=\"{name}\"")) {
            bail!(
                "the file should be called {name}, the page says {}",
                file.disposition
            );
        }
        let path = folder.join(name);
        private_file::replace(&path, &file.body, PRIVATE)?;
        log_out(&browser, &page)?;
        Ok(path)
    }

    fn log_in(&self, browser: &Browser, password: &SecretString) -> anyhow::Result<Page> {
        let top = browser.open("/")?.well()?;
        let login = browser.follow(&top, "証明書発行サービス")?.well()?;
        let form = login.form_with_field("user_id")?;
        let form = form
            .fill("user_id", self.user_id().as_str())?
            .fill("password", password.expose_secret())?;
        browser.send(&form)?.well()
    }

    /// The forced change: the temporary password was typed a page before and is not asked for again.
    fn change_password(&self, browser: &Browser, page: &Page) -> anyhow::Result<Page> {
        let own = self.own_password.expose_secret();
        let form = page.form_with_field("again")?;
        browser
            .send(&form.fill("new", own)?.fill("again", own)?)?
            .well()
    }

    fn pass_gate(&self, browser: &Browser, page: &Page) -> anyhow::Result<Page> {
        let form = page.form_with_field("issuance_password")?;
        let form = form.fill(
            "issuance_password",
            self.letter.issuance_password.expose_secret(),
        )?;
        browser.send(&form)?.well()
    }
}

pub(super) fn log_out(browser: &Browser, page: &Page) -> anyhow::Result<()> {
    browser
        .send(&page.form_with_button("ログアウト")?)?
        .well()?;
    Ok(())
}

/// The page says so, or it is another page than the journey has here.
pub(super) fn expect(page: &Page, words: &str) -> anyhow::Result<()> {
    if page.text().contains(words) {
        return Ok(());
    }
    bail!(
        "{} should say 「{words}」; it is about: {}",
        page.address,
        page.gist()
    )
}
