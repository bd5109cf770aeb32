//! A list read back, strictly: what is not written by this product is no list here.
use chrono::{DateTime, Utc};

use super::der::{
    BIT_STRING, BOOLEAN, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, TAGGED_0, expect,
    take_time,
};
use super::entry::{Entry, EntryError};
use super::layout::{AUTHORITY_KEY_IDENTIFIER, CRL_NUMBER};

/// A list, in pieces of the bytes that it was read from.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// tbsCertList with its header: what is signed.
    pub tbs: &'a [u8],
    /// Of the signature, named outside.
    pub signature: &'a [u8],
    /// What is said about the list.
    pub said: Said<'a>,
}

/// What tbsCertList says.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The signature's AlgorithmIdentifier, with its header.
    pub algorithm: &'a [u8],
    /// The issuer's Name, with its header.
    pub issuer: &'a [u8],
    /// When it was made.
    pub this_update: DateTime<Utc>,
    /// Until when it may be relied on.
    pub next_update: DateTime<Utc>,
    /// Its number (RFC 5280 §5.2.3).
    pub number: i64,
    /// The key identifier of its issuer (§5.2.1).
    pub key_identifier: &'a [u8],
    pub(super) entries: &'a [u8],
}

/// Bytes that are no list of this product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no revocation list of this product")]
pub struct UnreadableCrl;

/// Reads a CertificateList (RFC 5280 §5.1). Its signature is not verified, its entries are not looked at.
pub fn read(der: &[u8]) -> Result<Reading<'_>, UnreadableCrl> {
    let parsed = || {
        let (content, after) = expect(SEQUENCE, der)?;
        let (tbs, rest) = whole(SEQUENCE, content)?;
        let said = read_tbs(tbs).ok()?;
        let rest = rest.strip_prefix(said.algorithm)?;
        let (bits, end) = expect(BIT_STRING, rest)?;
        let signature = bits.strip_prefix(&[0])?;
        (after.is_empty() && end.is_empty()).then_some(Reading {
            tbs,
            signature,
            said,
        })
    };
    parsed().ok_or(UnreadableCrl)
}

/// Reads a TBSCertList with its header.
pub(super) fn read_tbs(tbs: &[u8]) -> Result<Said<'_>, UnreadableCrl> {
    let parsed = || {
        let (content, after) = expect(SEQUENCE, tbs)?;
        let (version, rest) = expect(INTEGER, content)?;
        let (algorithm, rest) = whole(SEQUENCE, rest)?;
        let (issuer, rest) = whole(SEQUENCE, rest)?;
        let (this_update, rest) = take_time(rest)?;
        let (next_update, rest) = take_time(rest)?;
        let (entries, rest) = match expect(SEQUENCE, rest) {
            // An empty list of entries has to be left out.
            Some((entries, rest)) => (Some(entries).filter(|entries| !entries.is_empty())?, rest),
            None => (&[][..], rest),
        };
        let (extensions, end) = expect(TAGGED_0, rest)?;
        let (key_identifier, number) = read_extensions(extensions)?;
        (version == [1] && after.is_empty() && end.is_empty()).then_some(Said {
            algorithm,
            issuer,
            this_update,
            next_update,
            number,
            key_identifier,
            entries,
        })
    };
    parsed().ok_or(UnreadableCrl)
}

/// Exactly authorityKeyIdentifier, then cRLNumber, neither critical.
fn read_extensions(tagged: &[u8]) -> Option<(&[u8], i64)> {
    let (list, end) = expect(SEQUENCE, tagged)?;
    let (identifier, list) = extension(&AUTHORITY_KEY_IDENTIFIER, list)?;
    let (number, list) = extension(&CRL_NUMBER, list)?;
    let (identifier, after) = expect(SEQUENCE, identifier)?;
    let (identifier, more) = expect(0x80, identifier)?;
    let (number, rest) = expect(INTEGER, number)?;
    let all_read = [end, list, after, more, rest]
        .iter()
        .all(|left| left.is_empty());
    let negative = number.first().is_none_or(|first| first & 0x80 != 0);
    if !all_read || negative || number.len() > 8 {
        return None;
    }
    let number = number
        .iter()
        .fold(0, |sum, octet| (sum << 8) | i64::from(*octet));
    Some((identifier, number))
}

fn extension<'a>(kind: &[u8], list: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (one, list) = expect(SEQUENCE, list)?;
    let (found, one) = expect(OBJECT_IDENTIFIER, one)?;
    if found != kind || expect(BOOLEAN, one).is_some() {
        return None;
    }
    let (content, end) = expect(OCTET_STRING, one)?;
    end.is_empty().then_some((content, list))
}

/// Takes a value off with its header.
fn whole(tag: u8, input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, rest) = expect(tag, input)?;
    input.split_at_checked(input.len() - rest.len())
}

impl<'a> Said<'a> {
    /// The entries, one by one; ends after one that is not ours.
    pub fn entries(&self) -> impl Iterator<Item = Result<Entry, EntryError>> + 'a {
        let mut left = self.entries;
        std::iter::from_fn(move || {
            if left.is_empty() {
                return None;
            }
            match Entry::take(left) {
                Ok((entry, rest)) => {
                    left = rest;
                    Some(Ok(entry))
                }
                Err(error) => {
                    left = &[];
                    Some(Err(error))
                }
            }
        })
    }
}
