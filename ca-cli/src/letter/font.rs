//! The fonts in the program, and those that an organisation adds.

use std::path::{Path, PathBuf};

use typst::foundations::Bytes;
use typst::text::Font;

use super::LetterError;

/// Gothic for text, regular and bold; then the mono face for IDs, passwords and thumbprints.
/// Licences beside the files in ca-cli/fonts.
const EMBEDDED: [&[u8]; 4] = [
    include_bytes!("../../fonts/BIZUDPGothic-Regular.ttf"),
    include_bytes!("../../fonts/BIZUDPGothic-Bold.ttf"),
    include_bytes!("../../fonts/IBMPlexMono-Regular.ttf"),
    include_bytes!("../../fonts/IBMPlexMono-Medium.ttf"),
];

/// Every font a letter may use: the embedded ones, then `extra`. The system's are never asked.
pub(super) fn load(extra: &[PathBuf]) -> Result<Vec<Font>, LetterError> {
    let mut fonts: Vec<Font> = EMBEDDED
        .iter()
        .flat_map(|data| Font::iter(Bytes::new(*data)))
        .collect();
    for path in extra {
        fonts.extend(read(path)?);
    }
    Ok(fonts)
}

fn read(path: &Path) -> Result<Vec<Font>, LetterError> {
    let data = std::fs::read(path).map_err(|source| LetterError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let faces: Vec<Font> = Font::iter(Bytes::new(data)).collect();
    if faces.is_empty() {
        return Err(LetterError::NotAFont(path.to_owned()));
    }
    Ok(faces)
}
