//! The second gate: 「クライアント証明書発行用パスワード」.

use askama::Template;

use super::fault::Faults;
use crate::page::Page;

#[derive(Template)]
#[template(path = "applicant/gate.html")]
pub(crate) struct GatePage {
    pub(crate) page: Page,
    pub(crate) faults: Faults,
    pub(crate) changed: bool,
    pub(crate) lock_rule: String,
}
