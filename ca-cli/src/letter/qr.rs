//! The site's address as a QR code: one SVG path, so that 300 letters carry 300 small drawings.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

use super::LetterError;

/// Longest address in bytes: version 6, 41 modules, still 0.6 mm a module at 26 mm.
const LONGEST: usize = 106;

/// An SVG of the code without its quiet zone; the template leaves four modules free around it
/// (ISO/IEC 18004:2015, 6.3.8).
pub(super) fn svg(site_address: &str) -> Result<String, LetterError> {
    let too_long = || LetterError::SiteAddressTooLong(site_address.to_owned());
    if site_address.len() > LONGEST {
        return Err(too_long());
    }
    let code =
        QrCode::with_error_correction_level(site_address, EcLevel::M).map_err(|_| too_long())?;
    let width = code.width();
    Ok(format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {width}"><path d="{}"/></svg>"#,
        path(&code.to_colors(), width)
    ))
}

/// One rectangle for each run of dark modules in a row.
fn path(modules: &[Color], width: usize) -> String {
    let mut path = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z", length = run.len());
            }
            x += run.len();
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_every_dark_module_and_no_other() {
        let address = "https://ca.example.jp/";
        let code = QrCode::with_error_correction_level(address, EcLevel::M).unwrap();
        let drawing = svg(address).unwrap();
        let drawn: usize = drawing
            .split('h')
            .skip(1)
            .filter_map(|rest| {
                rest.split_once('v')
                    .and_then(|(length, _)| length.parse::<usize>().ok())
            })
            .sum();
        assert_eq!(
            drawn,
            code.to_colors()
                .iter()
                .filter(|color| **color == Color::Dark)
                .count()
        );
    }

    #[test]
    fn refuses_an_address_that_would_need_tiny_modules() {
        let address = format!("https://example.jp/{}", "a".repeat(200));
        assert!(matches!(
            svg(&address),
            Err(LetterError::SiteAddressTooLong(_))
        ));
    }
}
