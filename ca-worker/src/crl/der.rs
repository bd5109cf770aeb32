//! The little of DER (X.690) that a list of a million entries is made of, without a tree of it in memory.
use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

pub(super) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// `[0] EXPLICIT`.
pub(crate) const TAGGED_0: u8 = 0xa0;

/// Tag and length of a value of `length` octets, in the shortest form (§10.1).
pub(super) fn header(tag: u8, length: usize) -> Vec<u8> {
    let octets = length.to_be_bytes();
    let mut header = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => header.push(short),
        _ => {
            let long: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
            // A usize has at most eight octets.
            header.push(0x80 | u8::try_from(long.len()).unwrap_or(0));
            header.extend(long);
        }
    }
    header
}

/// One value after the other, concatenated, under a tag.
pub(super) fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut value = header(tag, content.len());
    value.extend(content);
    value
}

/// A non-negative INTEGER.
pub(super) fn integer(number: i64) -> Vec<u8> {
    let octets = number.to_be_bytes();
    let mut content: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
    if content.first().is_none_or(|first| first & 0x80 != 0) {
        content.insert(0, 0);
    }
    value(INTEGER, &[&content])
}

/// An instant, to the second: UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §5.1.2.4).
pub(super) fn write_time(out: &mut Vec<u8>, at: DateTime<Utc>) {
    let century = at.year() / 100;
    if at.year() < 2050 {
        out.extend([UTC_TIME, 13]);
    } else {
        out.extend([GENERALIZED_TIME, 15]);
        two_digits(out, u32::try_from(century).unwrap_or(0));
    }
    two_digits(out, u32::try_from(at.year() % 100).unwrap_or(0));
    for part in [at.month(), at.day(), at.hour(), at.minute(), at.second()] {
        two_digits(out, part);
    }
    out.push(b'Z');
}

fn two_digits(out: &mut Vec<u8>, number: u32) {
    let digit = |number: u32| b'0' + u8::try_from(number % 10).unwrap_or(0);
    out.extend([digit(number / 10), digit(number)]);
}

/// Takes the first value off: its tag, its content, and what follows. None for anything but DER.
pub(super) fn take(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if octets.len() > 8 || octets.first().is_none_or(|octet| *octet == 0) {
            return None;
        }
        let length = octets
            .iter()
            .fold(0_usize, |sum, octet| (sum << 8) | usize::from(*octet));
        if length < 0x80 {
            return None;
        }
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// Takes a value with this very tag off.
pub(crate) fn expect(tag: u8, input: &[u8]) -> Option<(&[u8], &[u8])> {
    take(input)
        .filter(|(found, ..)| *found == tag)
        .map(|(_, content, rest)| (content, rest))
}

/// Takes an instant off, in the one form that is allowed for it.
pub(super) fn take_time(input: &[u8]) -> Option<(DateTime<Utc>, &[u8])> {
    let (tag, content, rest) = take(input)?;
    let text = content.strip_suffix(b"Z")?;
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut pairs = text.chunks_exact(2).map(|pair| {
        pair.iter()
            .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    });
    let year = match (tag, text.len()) {
        (UTC_TIME, 12) => pairs
            .next()
            .map(|year| if year < 50 { 2000 + year } else { 1900 + year })?,
        (GENERALIZED_TIME, 14) => {
            let year = pairs.next()? * 100 + pairs.next()?;
            if year < 2050 {
                return None;
            }
            year
        }
        _ => return None,
    };
    let mut next = || pairs.next();
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, next()?, next()?)?;
    let at = date.and_hms_opt(next()?, next()?, next()?)?;
    Some((at.and_utc(), rest))
}
