//! The posted letter 「ユーザＩＤとパスワードのお知らせ」: data in, one PDF/A-2b out.
//!
//! Nothing here touches the database or a file but the organisation's own template and fonts.
//! The sheet's millimetres and what an organisation may change are in docs/letter.md.

mod data;
mod error;
mod font;
mod glyph;
mod input;
mod qr;
mod render;
mod specimen;
mod template;
#[cfg(test)]
mod tests;

pub use data::{Addressee, Contact, LetterText, RunText, Sender};
pub use error::{LetterError, MissingGlyph};
pub use render::render;
pub use specimen::{specimen_letters, specimen_run};
pub use template::{DEFAULT_TEMPLATE, Template};
