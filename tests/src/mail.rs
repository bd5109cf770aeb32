//! A mail as its reader has it: headers unfolded and decoded (RFC 2047), the text decoded (RFC 2045).

/// A plain-text mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Names in lower case and decoded values, in order.
    pub headers: Vec<(String, String)>,
    /// The decoded text.
    pub text: String,
    /// As it came over the wire.
    pub raw: String,
}

impl Mail {
    /// Reads a raw mail of one part.
    ///
    /// # Panics
    /// When its encoding is none of the usual ones.
    pub fn of(raw: &str) -> Self {
        let whole = raw.replace("\r\n", "\n");
        let (head, body) = whole.split_once("\n\n").unwrap_or((&whole, ""));
        let headers: Vec<(String, String)> = unfolded(head)
            .iter()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), decoded_words(value.trim())))
            .collect();
        let encoding = headers
            .iter()
            .find(|(name, _)| name == "content-transfer-encoding");
        let text = decoded(body, encoding.map_or("7bit", |(_, value)| value.as_str()));
        Self {
            headers,
            text,
            raw: raw.to_owned(),
        }
    }

    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        let found = self
            .headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }
}

fn unfolded(head: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in head.lines() {
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => {
                last.push(' ');
                last.push_str(line.trim_start());
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn decoded(body: &str, encoding: &str) -> String {
    let bytes = match encoding.to_lowercase().as_str() {
        "7bit" | "8bit" | "binary" => body.as_bytes().to_vec(),
        "base64" => base64(&body.split_whitespace().collect::<String>()),
        "quoted-printable" => quoted_printable(&body.replace("=\n", "")),
        other => panic!("an unusual encoding: {other}"),
    };
    String::from_utf8(bytes).expect("a mail in UTF-8")
}

/// `=?utf-8?b?…?=` and `=?utf-8?q?…?=`; white space between two of them is nothing.
fn decoded_words(value: &str) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some(start) = rest.find("=?") {
        let (before, encoded) = rest.split_at(start);
        if !before.trim().is_empty() || text.is_empty() {
            text.push_str(before);
        }
        let mut parts = encoded[2..].splitn(4, '?');
        let (_, kind, body) = (
            parts.next(),
            parts.next().unwrap_or(""),
            parts.next().unwrap_or(""),
        );
        let bytes = if kind.eq_ignore_ascii_case("b") {
            base64(body)
        } else {
            quoted_printable(&body.replace('_', " "))
        };
        text.push_str(&String::from_utf8_lossy(&bytes));
        rest = parts
            .next()
            .and_then(|tail| tail.strip_prefix('='))
            .unwrap_or("");
    }
    text.push_str(rest);
    text
}

fn base64(text: &str) -> Vec<u8> {
    openssl::base64::decode_block(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut letters = text.bytes();
    while let Some(letter) = letters.next() {
        if letter == b'=' {
            let hex: String = letters.by_ref().take(2).map(char::from).collect();
            bytes.push(
                u8::from_str_radix(&hex, 16).unwrap_or_else(|error| panic!("={hex}: {error}")),
            );
        } else {
            bytes.push(letter);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_text_are_decoded() {
        let raw = "Subject: =?utf-8?b?5Y2w6ZGR?=\r\n =?utf-8?q?=E5=8D=B0_x?= y\r\nContent-Transfer-Encoding: base64\r\n\r\n5Y2w\r\n6ZGR\r\n";
        let mail = Mail::of(raw);
        assert_eq!(mail.header("subject"), "印鑑印 x y");
        assert_eq!(mail.text, "印鑑");
        assert_eq!(
            Mail::of("Content-Transfer-Encoding: quoted-printable\n\n=E5=8D=\n=B0=3D").text,
            "印="
        );
    }
}
