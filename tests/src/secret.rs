//! Known secrets, and a search for them in whatever was left behind: text, hex, base64, UTF-16, and as numbers lie
//! in memory.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// Shorter patterns would be found by chance.
const SHORTEST: usize = 7;

/// An empty page.
static PAGE: [u8; 4096] = [0; 4096];

/// Secrets by their names, ready to be searched for.
#[derive(Default)]
pub struct Secrets {
    patterns: Vec<Pattern>,
    /// Patterns by their first two bytes.
    index: Vec<Vec<usize>>,
}

struct Pattern {
    what: String,
    bytes: Vec<u8>,
}

impl Secrets {
    /// None yet.
    pub fn new() -> Self {
        Self {
            patterns: Vec::new(),
            index: vec![Vec::new(); 1 << 16],
        }
    }

    /// A secret that people type or read.
    pub fn word(mut self, name: &str, text: &str) -> Self {
        self.add(name, "text", text.as_bytes());
        for (form, order) in [
            ("UTF-16 big", u16::to_be_bytes as fn(u16) -> [u8; 2]),
            ("UTF-16 little", u16::to_le_bytes),
        ] {
            let wide: Vec<u8> = text.encode_utf16().flat_map(order).collect();
            self.add(name, form, &wide);
        }
        self.encoded(name, text.as_bytes());
        self
    }

    /// A secret number, as keys hold it: the bytes, and the bytes from the other end as big numbers lie in memory.
    pub fn number(mut self, name: &str, bytes: &[u8]) -> Self {
        self.add(name, "bytes", bytes);
        let turned: Vec<u8> = bytes.iter().rev().copied().collect();
        self.add(name, "bytes from the end", &turned);
        self.encoded(name, bytes);
        self
    }

    /// Hex and base64; the latter at each of its three places in a longer text.
    fn encoded(&mut self, name: &str, bytes: &[u8]) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.add(name, "hex", hex.as_bytes());
        self.add(name, "capital hex", hex.to_uppercase().as_bytes());
        for before in 0..3 {
            let mut longer = vec![0; before];
            longer.extend_from_slice(bytes);
            // Only digits that hold nothing of what stands around.
            let whole = longer.len() / 3 * 4;
            let text = openssl::base64::encode_block(&longer);
            let own = text[(before * 8).div_ceil(6)..whole].to_owned();
            self.add(name, "base64", own.as_bytes());
            let for_urls = own.replace('+', "-").replace('/', "_");
            if for_urls != own {
                self.add(name, "base64 for URLs", for_urls.as_bytes());
            }
        }
    }

    fn add(&mut self, name: &str, form: &str, bytes: &[u8]) {
        assert!(
            bytes.len() >= SHORTEST,
            "{name} as {form} is too short to be searched for"
        );
        let place = self.patterns.len();
        self.patterns.push(Pattern {
            what: format!("{name} as {form}"),
            bytes: bytes.to_vec(),
        });
        self.index[usize::from(bytes[0]) << 8 | usize::from(bytes[1])].push(place);
    }

    /// What of the secrets is in there.
    pub fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let mut found = Vec::new();
        let mut begin = 0;
        while begin < bytes.len() {
            let end = bytes.len().min(begin + PAGE.len());
            // Most of a program's image is empty.
            if bytes[begin..end] != PAGE[..end - begin] {
                self.search(bytes, begin..end, &mut found);
            }
            begin = end;
        }
        found
    }

    /// Looks for what begins within `places`.
    fn search<'a>(&'a self, bytes: &[u8], places: Range<usize>, found: &mut Vec<&'a str>) {
        for place in places.start..places.end.min(bytes.len().saturating_sub(1)) {
            let pair = usize::from(bytes[place]) << 8 | usize::from(bytes[place + 1]);
            if self.index[pair].is_empty() {
                continue;
            }
            for candidate in &self.index[pair] {
                let pattern = &self.patterns[*candidate];
                let what = pattern.what.as_str();
                if bytes[place..].starts_with(&pattern.bytes) && !found.contains(&what) {
                    found.push(what);
                }
            }
        }
    }

    /// Asserts that nothing is found, neither as it stands nor with the line breaks of mails taken out.
    ///
    /// # Panics
    /// With what was found, and where.
    pub fn are_not_in(&self, place: &str, bytes: &[u8]) {
        let mut found = self.found_in(bytes);
        let text: Vec<u8> = bytes
            .iter()
            .filter(|byte| !b"\r\n".contains(byte))
            .copied()
            .collect();
        found.extend(self.found_in(&text));
        assert!(found.is_empty(), "{place} holds {found:?}");
    }

    /// The same for every file below a folder but those that are `allowed`. Returns how many were looked into.
    ///
    /// # Panics
    /// With what was found, and where.
    pub fn are_not_below(&self, folder: &Path, allowed: &[PathBuf]) -> usize {
        let files = files_below(folder);
        let searched = files.iter().filter(|file| !allowed.contains(file));
        searched
            .map(|file| {
                let bytes = std::fs::read(file).unwrap_or_default();
                self.are_not_in(&file.display().to_string(), &bytes);
            })
            .count()
    }
}

/// Every file below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_found_wherever_it_stands() {
        let secrets = Secrets::new().word("a word", "Sakura-2026-ume");
        for before in 0..4 {
            let text = format!("{}Sakura-2026-ume;", "x".repeat(4_090 + before));
            assert_eq!(secrets.found_in(text.as_bytes()), ["a word as text"]);
            let base64 = openssl::base64::encode_block(text.as_bytes());
            assert_eq!(secrets.found_in(base64.as_bytes()), ["a word as base64"]);
        }
        let wide: Vec<u8> = "Sakura-2026-ume"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert!(secrets.found_in(&wide).contains(&"a word as UTF-16 little"));
        assert!(
            secrets
                .found_in(b"Sakura-2027-ume, and nothing else")
                .is_empty()
        );
        let broken = b"Sakura-\r\n2026-ume";
        let held = std::panic::catch_unwind(|| secrets.are_not_in("a mail", broken));
        assert!(held.is_err(), "a line break hides nothing");
    }
}
