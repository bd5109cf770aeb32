//! 「ログアウト」.

use askama::Template;

use crate::page::Page;

#[derive(Template)]
#[template(path = "applicant/signed_out.html")]
pub(crate) struct SignedOutPage {
    pub(crate) page: Page,
}
