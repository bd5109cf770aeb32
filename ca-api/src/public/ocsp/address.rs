//! The request in the address of a GET: base64, percent-encoded or not (RFC 6960 appendix A.1).

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::{MOST_ADDRESS, Reply};

/// Clients differ in whether they write the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const HINT: &str = "After /ocsp/ stands an OCSP request in base64, percent-encoded.\n";

/// The bytes of the request.
pub(super) fn question(place: &str) -> Result<Bytes, Reply> {
    if place.len() > MOST_ADDRESS {
        return Err(Reply::Nonsense(StatusCode::URI_TOO_LONG, HINT));
    }
    let refused = || Reply::Nonsense(StatusCode::BAD_REQUEST, HINT);
    let text = unescaped(place).filter(|text| !text.is_empty());
    let text = text.ok_or_else(refused)?;
    let text = text.strip_prefix(b"/").unwrap_or(&text);
    BASE64.decode(text).map(Bytes::from).map_err(|_| refused())
}

/// `%2B`, `%2F` and `%3D` as the signs they stand for; nothing for a broken escape.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?,
            other => other,
        });
    }
    Some(plain)
}

fn hex_digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}
