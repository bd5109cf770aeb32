//! Our own lint: what is laid out is read back, by other code than wrote it, and held against what was meant.
use ca_core::domain::serial::SerialNumber;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::TbsCertList;

use super::layout::{Head, algorithm};
use super::reading::{Said, read_tbs};

/// Longer lists are read by this product's own reader alone: the other one makes some 400 octets of each entry.
const STRANGER_READS: i64 = 10_000;

/// A rule that a list breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the list breaks {rule}: {finding}")]
pub struct CrlLintError {
    /// The rule's name.
    pub rule: &'static str,
    /// What was found.
    pub finding: String,
}

/// What the list was meant to be.
#[derive(Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) head: Head<'a>,
    /// The number of the last list that was published; 0 for none.
    pub(super) number_before: i64,
    pub(super) entries: i64,
}

type Check = fn(&Said<'_>, &Expected<'_>) -> Result<(), String>;

/// Every rule that the parts can be held to.
const RULES: [(&str, Check); 6] = [
    ("signature-algorithm", signature_algorithm),
    ("issuer-name", issuer_name),
    ("dates", dates),
    ("number-rises", number_rises),
    ("authority-key-identifier", key_identifier),
    ("entries", entries),
];

/// Holds the to-be-signed bytes against what was meant.
pub(super) fn lint(tbs: &[u8], expected: &Expected<'_>) -> Result<(), CrlLintError> {
    let broken = |rule, finding: String| CrlLintError { rule, finding };
    let said = read_tbs(tbs).map_err(|error| broken("form", error.to_string()))?;
    for (rule, check) in RULES {
        check(&said, expected).map_err(|finding| broken(rule, finding))?;
    }
    if expected.entries <= STRANGER_READS {
        stranger(tbs, expected).map_err(|finding| broken("a-stranger-reads-it", finding))?;
    }
    Ok(())
}

fn signature_algorithm(said: &Said<'_>, expected: &Expected<'_>) -> Result<(), String> {
    let key = expected.head.issuer.public_key().algorithm();
    same(said.algorithm == algorithm(key), "it is not the CA key's")
}

fn issuer_name(said: &Said<'_>, expected: &Expected<'_>) -> Result<(), String> {
    let same_name = said.issuer == expected.head.issuer.subject();
    same(same_name, "it is not the root's subject byte by byte")
}

fn dates(said: &Said<'_>, expected: &Expected<'_>) -> Result<(), String> {
    let meant = (expected.head.this_update, expected.head.next_update);
    same(
        (said.this_update, said.next_update) == meant,
        "others than meant",
    )?;
    same(
        said.this_update < said.next_update,
        "it ends before it begins",
    )
}

fn number_rises(said: &Said<'_>, expected: &Expected<'_>) -> Result<(), String> {
    same(said.number == expected.head.number, "another than drawn")?;
    let before = expected.number_before;
    same(
        said.number > before,
        &format!("{} after {before}", said.number),
    )
}

fn key_identifier(said: &Said<'_>, expected: &Expected<'_>) -> Result<(), String> {
    let same_key = said.key_identifier == expected.head.issuer.key_identifier();
    same(same_key, "it is not the root's")
}

/// Each serial once, which their order shows.
fn entries(said: &Said<'_>, expected: &Expected<'_>) -> Result<(), String> {
    let (mut before, mut count): (Option<SerialNumber>, i64) = (None, 0);
    for entry in said.entries() {
        let entry = entry.map_err(|error| error.to_string())?;
        let serial = entry.serial;
        same(
            before < Some(serial),
            &format!("{serial} stands twice or out of order"),
        )?;
        same(
            entry.at <= expected.head.this_update,
            &format!("{serial} is dated after thisUpdate"),
        )?;
        before = Some(serial);
        count += 1;
    }
    let meant = expected.entries;
    same(count == meant, &format!("{count} instead of {meant}"))
}

/// The same bytes through a library that did not write them.
fn stranger(tbs: &[u8], expected: &Expected<'_>) -> Result<(), String> {
    let (rest, list) = TbsCertList::from_der(tbs).map_err(|error| error.to_string())?;
    same(rest.is_empty(), "something follows")?;
    let count = i64::try_from(list.revoked_certificates.len()).unwrap_or(i64::MAX);
    same(count == expected.entries, "it counts other entries")?;
    let this_update = list.this_update.timestamp();
    same(
        this_update == expected.head.this_update.timestamp(),
        "it reads another thisUpdate",
    )
}

fn same(holds: bool, finding: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(finding.to_owned())
    }
}
