//! The posted letter 「ユーザＩＤとパスワードのお知らせ」.
//!
//! [`render`] is pure: data in, one PDF/A-2b out. [`Press`] prints a run: accounts from the
//! register, new passwords, the PDF on disk and their hashes in the database, both or neither.
//! The sheet's millimetres and what an organisation may change are in docs/letter.md.

mod data;
mod draft;
mod error;
mod font;
mod glyph;
mod hash;
mod input;
mod press;
mod press_error;
mod printable;
mod qr;
mod remind;
mod render;
mod selection;
mod specimen;
mod template;
#[cfg(test)]
mod tests;

pub use data::{Addressee, Contact, LetterText, ReminderText, RunText, Sender};
pub use draft::{DraftError, Recovered};
pub use error::{LetterError, MissingGlyph};
pub use press::{Order, Press, Printed, template};
pub use press_error::PressError;
pub use printable::{Unprintable, unprintable};
pub use remind::Reminded;
pub use render::{render, render_reminders};
pub use selection::{MOST_LETTERS, Selection, SelectionError};
pub use specimen::{specimen_letters, specimen_run};
pub use template::{DEFAULT_TEMPLATE, Template};
