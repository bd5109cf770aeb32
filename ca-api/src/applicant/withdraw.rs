//! 「この申請を取り下げる」: while nobody has decided.

use askama::Template;

use crate::page::Page;

#[derive(Template)]
#[template(path = "applicant/withdraw.html")]
pub(crate) struct WithdrawPage {
    pub(crate) page: Page,
    pub(crate) may_withdraw: bool,
}
