//! A checkpoint as somebody kept it: the file itself, its PEM block, or a mail that has either in it.
//!
//! Gateways re-wrap what they carry: other line lengths and line ends, blank lines, a footer, another transfer encoding,
//! a part of a larger mail. The signature is over none of that. So whatever can still be read is read, and what it is
//! worth is judged by the signature alone.
use openssl::base64::decode_block;
use openssl::cms::CmsContentInfo;
use quoted_printable::ParseMode;

use super::cms::has_form;
use crate::crl::der::{SEQUENCE, expect};

/// Labels that programs give the block (RFC 7468 §9, §8).
const LABELS: [&str; 2] = ["CMS", "PKCS7"];
/// A forwarded mail inside a mail, and one more.
const DEPTH: u32 = 3;

/// The DER of the checkpoint in `bytes`; `bytes` themselves where nothing in them has its form.
pub fn der_of(bytes: &[u8]) -> Vec<u8> {
    found_in(bytes, DEPTH).unwrap_or_else(|| bytes.to_vec())
}

fn found_in(bytes: &[u8], depth: u32) -> Option<Vec<u8>> {
    if let Some(der) = binary(bytes) {
        return Some(der);
    }
    let depth = depth.checked_sub(1)?;
    let text = text_of(bytes);
    // In a mail the block may look whole and still be encoded: an `=` at its end as `=3D`.
    let mut parts = parts(&text).into_iter();
    parts
        .find_map(|part| found_in(&part, depth))
        .or_else(|| blocks(&text).find_map(|block| binary(&unpacked(block)?)))
        .or_else(|| binary(&unpacked(&text)?))
}

/// The DER at the beginning of binary content; what was appended to it is left out.
fn binary(bytes: &[u8]) -> Option<Vec<u8>> {
    let (_, after) = expect(SEQUENCE, bytes).unwrap_or(([].as_slice(), &[]));
    let whole = bytes.get(..bytes.len() - after.len())?;
    if has_form(whole) {
        return Some(whole.to_vec());
    }
    // Other programs write lengths in other forms (BER).
    let der = CmsContentInfo::from_der(bytes).ok()?.to_der().ok()?;
    has_form(&der).then_some(der)
}

/// Text with line feeds alone; UTF-16, as Windows calls "Unicode", is told by its byte order mark.
fn text_of(bytes: &[u8]) -> String {
    let wide = |from: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).skip(1);
        let units: Vec<u16> = units
            .filter_map(|pair| Some(from(pair.try_into().ok()?)))
            .collect();
        String::from_utf16_lossy(&units)
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// What stands between the marks of PEM blocks (RFC 7468), or after the last one's beginning.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    LABELS.iter().flat_map(move |label| {
        let (begin, end) = (
            format!("-----BEGIN {label}-----"),
            format!("-----END {label}-----"),
        );
        let after = text.split(&begin[..]).skip(1);
        let inside: Vec<&str> = after
            .filter_map(|rest| rest.split(&end[..]).next())
            .collect();
        inside
    })
}

/// The bytes of base64 (RFC 4648 §4), however its lines are broken, quoted and indented. Lines of anything else are no
/// part of it.
fn unpacked(text: &str) -> Option<Vec<u8>> {
    let lines = text.lines().map(unquoted);
    let mut packed: String = lines.filter(|line| is_base64(line)).collect();
    let missing = packed.len().next_multiple_of(4) - packed.len();
    packed.push_str(&"=".repeat(missing));
    decode_block(&packed).ok().filter(|bytes| !bytes.is_empty())
}

/// A line without the marks of a reply and the spaces around it.
fn unquoted(line: &str) -> &str {
    line.trim_matches(['>', '|', ' ', '\t', '\u{a0}', '\u{feff}'])
}

fn is_base64(line: &str) -> bool {
    let is_own = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    line.bytes().all(is_own)
}

/// The bodies of a mail that have a transfer encoding (RFC 2045 §6), without it.
fn parts(mail: &str) -> Vec<Vec<u8>> {
    let lines: Vec<&str> = mail.lines().collect();
    let boundaries = boundaries(mail);
    let ends = |line: &&&str| {
        line.strip_prefix("--")
            .is_some_and(|rest| boundaries.iter().any(|one| rest.starts_with(one)))
    };
    let mut parts = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let Some(encoding) = header("content-transfer-encoding:", line) else {
            continue;
        };
        let rest = lines.get(place + 1..).unwrap_or_default();
        // A header may go on in the next line (RFC 5322 §2.2.3).
        let next = rest.first().copied().unwrap_or_default();
        let encoding = if encoding.is_empty() { next } else { &encoding };
        let body = rest.iter().skip_while(|line| !line.is_empty()).skip(1);
        let body: Vec<&str> = body.take_while(|line| !ends(line)).copied().collect();
        parts.extend(decoded(&encoding.trim().to_ascii_lowercase(), &body));
    }
    parts
}

fn decoded(encoding: &str, body: &[&str]) -> Option<Vec<u8>> {
    match encoding {
        "base64" => {
            // A footer that was added behind it is no part of it.
            let body = body.iter().skip_while(|line| line.is_empty());
            let own = body.take_while(|line| is_base64(unquoted(line)));
            let own: Vec<&str> = own.copied().collect();
            unpacked(&own.join("\n"))
        }
        "quoted-printable" => quoted_printable::decode(body.join("\n"), ParseMode::Robust).ok(),
        _ => None,
    }
}

/// The value of a header in this line, in lower case.
fn header(name: &str, line: &str) -> Option<String> {
    let value = line.to_ascii_lowercase();
    Some(value.strip_prefix(name)?.trim().to_owned())
}

/// What separates the parts of a mail (RFC 2046 §5.1.1).
fn boundaries(mail: &str) -> Vec<String> {
    let lines = mail.lines();
    let values = lines.filter_map(|line| {
        let place = line.to_ascii_lowercase().find("boundary=")?;
        let value = line.get(place + "boundary=".len()..)?;
        let value = value.trim_start_matches('"');
        let value = value.split(['"', ';', ' ']).next()?;
        Some(value.to_owned())
    });
    values.filter(|value| !value.is_empty()).collect()
}
