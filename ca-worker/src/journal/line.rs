//! One line: a fact in its place in the chain, with a MAC by the installation's key.
//!
//! ```text
//! {"hash":"H","mac":"M","sequence":7,"at":"…","fact":"…", …}
//! M is over the hash of the line before and the text after M; H over that hash and the text after H, M included.
//! ```
//! So each MAC covers the line before it, with its MAC, and through it every earlier one. Lines that versions before
//! the MAC wrote have none; after the first line that has one, every line has.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Fact, JournalKey};

/// The hash that stands before the first line.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What every line begins with; the hash is over the text that follows it.
const HEAD: &str = "{\"hash\":\"";
/// What follows the hash in a line that has a MAC; the MAC is over the text that follows it.
const MAC_HEAD: &str = "\"mac\":\"";
/// Hex digits of a hash, and of a MAC.
const HASH: usize = 64;

const CHANGED: &str = "it was changed, or does not follow the line before it";
const NO_MAC: &str = "it carries no MAC, and the lines before it do: it was written by somebody without this site's key";
const WRONG_MAC: &str = "its MAC is wrong: somebody without this site's key changed or invented it, or it is another site's line";

/// A line that was read, or is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its hash.
    pub hash: String,
    /// Whether it carries a MAC.
    pub is_keyed: bool,
    /// Its place, from 1.
    pub sequence: u64,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// What it says.
    pub fact: Fact,
}

#[derive(Serialize, Deserialize)]
struct Body {
    sequence: u64,
    at: DateTime<Utc>,
    #[serde(flatten)]
    fact: Fact,
}

/// The text of a line, with its line feed, and its hash.
pub(super) fn write(
    sequence: u64,
    previous: &str,
    at: DateTime<Utc>,
    fact: &Fact,
    key: &JournalKey,
) -> Result<(String, String), serde_json::Error> {
    let fact = fact.clone();
    let body = serde_json::to_string(&Body { sequence, at, fact })?;
    let body = body.strip_prefix('{').unwrap_or(&body);
    let mac = key.mac(previous, body);
    let rest = format!("{MAC_HEAD}{mac}\",{body}");
    let hash = hash_of(previous, &rest);
    Ok((format!("{HEAD}{hash}\",{rest}\n"), hash))
}

/// Reads a line without its line feed; none if it is not one. Neither hash nor MAC is judged: see [`check`].
pub(super) fn read(text: &str) -> Option<Line> {
    let (hash, rest) = field(text, HEAD)?;
    let keyed = field(rest, MAC_HEAD);
    let body = keyed.map_or(rest, |(_, body)| body);
    let body: Body = serde_json::from_str(&format!("{{{body}")).ok()?;
    Some(Line {
        hash: hash.to_owned(),
        is_keyed: keyed.is_some(),
        sequence: body.sequence,
        at: body.at,
        fact: body.fact,
    })
}

/// What is wrong with a line that stands after the hash `previous`; nothing if it is as it was written.
///
/// `needs_mac` says that lines before it carry one. Without a key MACs are not looked at.
pub(super) fn check(
    text: &str,
    previous: &str,
    needs_mac: bool,
    key: Option<&JournalKey>,
) -> Result<(), &'static str> {
    let (hash, rest) = field(text, HEAD).ok_or(CHANGED)?;
    if hash != hash_of(previous, rest) {
        return Err(CHANGED);
    }
    match (field(rest, MAC_HEAD), key) {
        (None, _) if needs_mac => Err(NO_MAC),
        (Some((mac, body)), Some(key)) if !key.verifies(previous, body, mac) => Err(WRONG_MAC),
        _ => Ok(()),
    }
}

/// The 64 characters after `head`, and what follows them.
fn field<'a>(text: &'a str, head: &str) -> Option<(&'a str, &'a str)> {
    let (value, rest) = text.strip_prefix(head)?.split_at_checked(HASH)?;
    Some((value, rest.strip_prefix("\",")?))
}

/// A line's hash, over the one before it and the text that follows its own.
pub(super) fn hash_of(previous: &str, rest: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"inkan/journal/v1");
    hash.update(previous.as_bytes());
    hash.update(rest.as_bytes());
    hex::encode(hash.finalize())
}
