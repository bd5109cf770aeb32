//! A checkpoint as somebody kept it: the file itself, its PEM block, or a mail that has the block in it.
use openssl::base64::decode_block;
use openssl::cms::CmsContentInfo;
use quoted_printable::ParseMode;

const BEGIN: &str = "-----BEGIN CMS-----";
const END: &str = "-----END CMS-----";

/// The DER of the checkpoint in `bytes`. What has no PEM block in it is taken for DER.
pub fn der_of(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    // In a mail the block may look whole and still be encoded: an `=` at its end as `=3D`.
    let unpacked = unpacked(&text);
    let found = unpacked.as_deref().and_then(in_block);
    let found = found.or_else(|| in_block(&text));
    found.unwrap_or_else(|| bytes.to_vec())
}

fn in_block(text: &str) -> Option<Vec<u8>> {
    let pem = block(text)?;
    CmsContentInfo::from_pem(pem.as_bytes()).ok()?.to_der().ok()
}

/// The PEM block, with the marks of a reply and spaces around its lines taken away.
fn block(text: &str) -> Option<String> {
    let (_, rest) = text.split_once(BEGIN)?;
    let (inside, _) = rest.split_once(END)?;
    let lines = inside
        .lines()
        .map(|line| line.trim_matches(['>', ' ', '\t', '\r']));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    Some(format!("{BEGIN}\n{}\n{END}\n", lines.join("\n")))
}

/// The body of a mail without its transfer encoding (RFC 2045 §6); none where there is none to be undone.
fn unpacked(mail: &str) -> Option<String> {
    let mail = mail.replace("\r\n", "\n");
    let (head, body) = mail.split_once("\n\n")?;
    let head = head.to_ascii_lowercase();
    let encoding = head
        .lines()
        .find_map(|line| line.strip_prefix("content-transfer-encoding:"))?;
    match encoding.trim() {
        "base64" => {
            let packed: String = body.split_whitespace().collect();
            let bytes = decode_block(&packed).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        "quoted-printable" => {
            let bytes = quoted_printable::decode(body, ParseMode::Robust).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        _ => None,
    }
}
