//! 「パスワード変更」: forced after a letter, or whenever one likes.

use askama::Template;

use super::fault::Faults;
use crate::page::Page;

#[derive(Template)]
#[template(path = "applicant/change_password.html")]
pub(crate) struct ChangePage {
    pub(crate) page: Page,
    pub(crate) faults: Faults,
    pub(crate) why: String,
    pub(crate) is_step: bool,
    pub(crate) user_id: String,
}
