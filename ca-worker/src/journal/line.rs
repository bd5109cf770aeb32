//! One line: a fact in its place in the chain.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Fact;

/// The hash that stands before the first line.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What every line begins with; the hash is over the text that follows it.
const HEAD: &str = "{\"hash\":\"";
/// Hex digits of a hash.
const HASH: usize = 64;

/// A line that was read, or is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its hash.
    pub hash: String,
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
) -> Result<(String, String), serde_json::Error> {
    let fact = fact.clone();
    let body = serde_json::to_string(&Body { sequence, at, fact })?;
    let rest = body.strip_prefix('{').unwrap_or(&body);
    let hash = hash_of(previous, rest);
    Ok((format!("{HEAD}{hash}\",{rest}\n"), hash))
}

/// Reads a line without its line feed; none if it is not one.
pub(super) fn read(text: &str) -> Option<Line> {
    let (hash, rest) = parts(text)?;
    let body: Body = serde_json::from_str(&format!("{{{rest}")).ok()?;
    Some(Line {
        hash: hash.to_owned(),
        sequence: body.sequence,
        at: body.at,
        fact: body.fact,
    })
}

/// Whether a line's hash is over its text and the hash before it.
pub(super) fn follows(text: &str, previous: &str) -> bool {
    parts(text).is_some_and(|(hash, rest)| hash == hash_of(previous, rest))
}

fn parts(text: &str) -> Option<(&str, &str)> {
    let (hash, rest) = text.strip_prefix(HEAD)?.split_at_checked(HASH)?;
    Some((hash, rest.strip_prefix("\",")?))
}

fn hash_of(previous: &str, rest: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"inkan/journal/v1");
    hash.update(previous.as_bytes());
    hash.update(rest.as_bytes());
    hex::encode(hash.finalize())
}
