//! An office clerk at the screens of the manual, by the labels that the manual tells people to click.

use crate::letter::Letter;
use crate::page::Page;
use crate::site::Visitor;

/// The login password that our clerks choose instead of the temporary one.
pub const CHOSEN: &str = "Sakura-2026-ume";

/// A clerk with a browser and the letter in hand.
pub struct Applicant {
    /// The browser.
    pub visitor: Visitor,
    /// What the letter says; the login password becomes the chosen one after the change.
    pub letter: Letter,
}

impl Applicant {
    /// Top page, 「証明書発行サービス」, user ID and password, 「ログイン」.
    pub fn log_in(&self) -> Page {
        self.log_in_with(&self.letter.user_id, &self.letter.login_password)
    }

    /// The same with whatever is typed.
    pub fn log_in_with(&self, user_id: &str, password: &str) -> Page {
        let top = self
            .visitor
            .open("/")
            .shows(&["証明書発行サービス", "認証局証明書のダウンロード"]);
        let page = self.visitor.open(&top.link("証明書発行サービス"));
        let form = page.form("ログイン").fill("ユーザＩＤ", user_id);
        form.fill("パスワード", password).send(&self.visitor)
    }

    /// Changes the temporary password, which the first login asks for.
    pub fn change_password(&mut self, page: &Page) -> Page {
        let mut form = page.form("変更する");
        if form.has("今のパスワード") {
            form = form.fill("今のパスワード", &self.letter.login_password);
        }
        let form = form
            .fill("新しいパスワード", CHOSEN)
            .fill("新しいパスワード（", CHOSEN);
        self.letter.login_password = CHOSEN.to_owned();
        form.send(&self.visitor)
    }

    /// Types the issuance password at the second gate.
    pub fn pass_gate(&self, page: &Page) -> Page {
        self.pass_gate_with(page, &self.letter.issuance_password)
    }

    /// The same with whatever is typed.
    pub fn pass_gate_with(&self, page: &Page, password: &str) -> Page {
        page.form("次へ")
            .fill("クライアント証明書発行用パスワード", password)
            .send(&self.visitor)
    }

    /// From the first login to the page with the certificates.
    pub fn arrive_first(&mut self) -> Page {
        let page = self.log_in();
        let page = self.change_password(&page);
        self.pass_gate(&page).shows(&["証明書発行サービス"])
    }

    /// From a later login to the page with the certificates.
    pub fn arrive(&self) -> Page {
        let page = self.log_in();
        self.pass_gate(&page).shows(&["証明書発行サービス"])
    }

    /// 「証明書の発行申請を行う」, 「はい」.
    pub fn apply(&self, certificates: &Page) -> Page {
        let confirm = self
            .visitor
            .open(&certificates.link("証明書の発行申請を行う"));
        let confirm = confirm.shows(&["証明書の発行申請を行いますか？", "いいえ"]);
        confirm.form("はい").send(&self.visitor).shows(&[
            "証明書の発行申請中です。しばらくお待ち下さい。",
            "ログアウト",
        ])
    }

    /// From the first login to 「証明書の発行申請中です」.
    pub fn apply_first(&mut self) -> Page {
        let certificates = self.arrive_first();
        self.apply(&certificates)
    }

    /// 「ダウンロード」.
    pub fn download(&self) -> Page {
        self.arrive().form("ダウンロード").send(&self.visitor)
    }
}
