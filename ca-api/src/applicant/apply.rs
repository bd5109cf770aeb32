//! 「証明書の発行申請を行いますか？」 and what follows.

use askama::Template;

use crate::page::Page;

#[derive(Template)]
#[template(path = "applicant/apply.html")]
pub(crate) struct ApplyPage {
    pub(crate) page: Page,
    pub(crate) what: String,
    pub(crate) user_id: String,
    pub(crate) name: String,
    pub(crate) by: String,
    pub(crate) mail: Option<String>,
}

#[derive(Template)]
#[template(path = "applicant/done.html")]
pub(crate) struct DonePage {
    pub(crate) page: Page,
    pub(crate) promised: String,
    pub(crate) mail: Option<String>,
}
