//! 「ログイン」: user ID and login password.

use askama::Template;

use super::fault::Faults;
use crate::page::Page;

#[derive(Template)]
#[template(path = "applicant/login.html")]
pub(crate) struct LoginPage {
    pub(crate) page: Page,
    pub(crate) faults: Faults,
    pub(crate) user_id: String,
    pub(crate) folded: bool,
    pub(crate) timed_out: bool,
    pub(crate) lock_rule: String,
}
