//! Which template prints the letter: the one in the program or the organisation's own.

use std::path::{Path, PathBuf};

use ca_core::config::text_file;

use super::LetterError;

/// The built-in template; `ca-cli letter template` prints it as a starting point.
pub const DEFAULT_TEMPLATE: &str = concat!(
    include_str!("../../templates/sheet.typ"),
    include_str!("../../templates/letter.typ")
);

/// The reminder's template: the same sheet and window, other thirds below.
const REMINDER: &str = concat!(
    include_str!("../../templates/sheet.typ"),
    include_str!("../../templates/remind.typ")
);

/// The same sheet with nothing on it.
const ADDRESS_ALONE: &str = concat!(
    include_str!("../../templates/sheet.typ"),
    "\n#set document(title: \"\", date: datetime(year: run.date.year, month: run.date.month, day: run.date.day))\n#refuse-too-long\n"
);

/// A letter's template with the fonts added to the embedded ones.
#[derive(Debug, Clone)]
pub struct Template {
    pub(super) source: String,
    /// As errors name it.
    pub(super) name: String,
    /// Where the template's own images and imports lie; the built-in one has none.
    pub(super) folder: Option<PathBuf>,
    pub(super) fonts: Vec<PathBuf>,
}

impl Template {
    /// The template in the program.
    pub fn built_in() -> Self {
        Self {
            source: DEFAULT_TEMPLATE.to_owned(),
            name: "letter.typ".to_owned(),
            folder: None,
            fonts: Vec::new(),
        }
    }

    /// The template of reminders in the program.
    pub fn reminder() -> Self {
        Self {
            source: REMINDER.to_owned(),
            name: "remind.typ".to_owned(),
            ..Self::built_in()
        }
    }

    /// The window's address alone, of each letter: does it fit?
    pub(super) fn address_alone() -> Self {
        Self {
            source: ADDRESS_ALONE.to_owned(),
            name: "sheet.typ".to_owned(),
            ..Self::built_in()
        }
    }

    /// The organisation's template. It may use images and typst files of its own folder, nothing else.
    pub fn read(path: &Path) -> Result<Self, LetterError> {
        let source = text_file::read(path).map_err(|source| LetterError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let folder = path.parent().map(Path::to_owned);
        Ok(Self {
            source,
            name: path.display().to_string(),
            folder,
            fonts: Vec::new(),
        })
    }

    /// Adds fonts for characters or designs that the embedded ones lack.
    pub fn with_fonts(mut self, fonts: Vec<PathBuf>) -> Self {
        self.fonts = fonts;
        self
    }
}
