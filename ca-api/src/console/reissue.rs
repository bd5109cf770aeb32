//! Applications for new passwords: the list, one application with what an acceptance would do, the decision.

mod decide;
mod impact;
mod list;
mod show;
mod word;

pub(super) use decide::send;
pub(super) use list::show as list;
pub(super) use show::show;
