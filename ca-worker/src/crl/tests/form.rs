//! What a list looks like: to OpenSSL, to x509-parser, and to a lint with one bad list for each rule.
use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::revocation::{RevocationEvent, RevocationReason};
use ca_core::domain::serial::SerialNumber;
use chrono::{Duration, TimeZone, Utc};
use openssl::x509::{CrlStatus, X509, X509Crl};
use proptest::prelude::*;

use super::world::{World, hour};
use crate::crl::der;
use crate::crl::entry::{Changes, Entry, merge};
use crate::crl::layout::{Head, begin};
use crate::crl::lint::{Expected, lint};
use crate::crl::read;
use crate::fixture::root;

#[test]
fn openssl_reads_every_entry_and_verifies_under_every_kind_of_key() {
    for key in [KeyAlgorithm::P384, KeyAlgorithm::Rsa4096] {
        let world = World::of(key);
        let revoked = world.revoked(-1);
        // As earlier versions drew them.
        let held = SerialNumber::from_bytes(&[0x7f; 16]).unwrap();
        world.happens(RevocationEvent::Held, held, -1, Some(100));
        world.look(0);
        let (_, der) = world.newest();
        let list = X509Crl::from_der(&der).unwrap();
        let root = X509::from_der(world.issuer.certificate()).unwrap();
        assert!(list.verify(&root.public_key().unwrap()).unwrap());
        assert_eq!(list.get_revoked().unwrap().len(), 2);
        for serial in [revoked, held] {
            let number = openssl::bn::BigNum::from_slice(serial.as_bytes()).unwrap();
            let number = number.to_asn1_integer().unwrap();
            assert!(matches!(list.get_by_serial(&number), CrlStatus::Revoked(_)));
        }
    }
}

#[test]
fn an_empty_list_has_no_list_of_entries() {
    let world = World::new();
    world.look(0);
    let (_, der) = world.newest();
    let (rest, list) = x509_parser::parse_x509_crl(&der).unwrap();
    assert!(rest.is_empty() && list.iter_revoked_certificates().next().is_none());
    assert_eq!(list.crl_number().map(ToString::to_string), Some("1".into()));
    assert!(X509Crl::from_der(&der).unwrap().get_revoked().is_none());
}

fn head(issuer: &crate::certificate::Issuer) -> Head<'_> {
    Head {
        issuer,
        number: 7,
        this_update: hour(0),
        next_update: hour(24),
    }
}

/// Entries in the order of `first`; the first half of them as earlier versions drew serials, shorter.
fn entry(first: u8) -> Entry {
    let mut serial = vec![first; if first < 0x80 { 16 } else { 20 }];
    serial[0] = 0x40;
    Entry {
        serial: SerialNumber::from_bytes(&serial).unwrap(),
        at: hour(-1),
        reason: RevocationReason::Superseded,
    }
}

#[test]
fn each_rule_of_the_lint_finds_its_own_bad_list() {
    let (issuer, _) = root();
    let (stranger, _) = root();
    let (rsa, _) = crate::fixture::root_of(KeyAlgorithm::Rsa4096);
    let good = head(&issuer);
    let check = |written: &Head<'_>, entries: &[Entry], meant: Head<'_>, count, before| {
        let mut begun = begin(written, 0);
        entries
            .iter()
            .for_each(|entry| entry.write(&mut begun.buffer));
        let expected = Expected {
            head: meant,
            number_before: before,
            entries: count,
        };
        let verdict = lint(begun.lay_out(written).tbs(), &expected);
        verdict.map_err(|error| error.rule)
    };
    let two = [entry(1), entry(2)];
    assert_eq!(check(&good, &two, good, 2, 6), Ok(()));
    let late = Head {
        next_update: hour(25),
        ..good
    };
    let ended = Head {
        next_update: hour(-1),
        ..good
    };
    let numbered = Head { number: 8, ..good };
    assert_eq!(check(&late, &two, good, 2, 6), Err("dates"));
    assert_eq!(check(&ended, &two, ended, 2, 6), Err("dates"));
    assert_eq!(check(&numbered, &two, good, 2, 6), Err("number-rises"));
    assert_eq!(check(&good, &two, good, 2, 7), Err("number-rises"));
    assert_eq!(check(&good, &two, good, 3, 6), Err("entries"));
    assert_eq!(
        check(&good, &[entry(2), entry(1)], good, 2, 6),
        Err("entries")
    );
    assert_eq!(
        check(&good, &[entry(1), entry(1)], good, 2, 6),
        Err("entries")
    );
    let by_rsa = Head {
        issuer: &rsa,
        ..good
    };
    assert_eq!(check(&by_rsa, &two, good, 2, 6), Err("signature-algorithm"));
    // The same name, another key.
    let by_stranger = Head {
        issuer: &stranger,
        ..good
    };
    assert_eq!(
        check(&by_stranger, &two, good, 2, 6),
        Err("authority-key-identifier")
    );
    let expected = Expected {
        head: good,
        number_before: 6,
        entries: 0,
    };
    for bad in [
        &[][..],
        &[0x30, 0x00],
        &[0x30, 0x80, 0, 0],
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
    ] {
        assert_eq!(
            lint(bad, &expected).map_err(|error| error.rule),
            Err("form")
        );
    }
}

#[test]
fn times_change_their_form_in_2050() {
    for (year, tag) in [
        (1970, 0x17),
        (2026, 0x17),
        (2049, 0x17),
        (2050, 0x18),
        (2101, 0x18),
    ] {
        let at = Utc.with_ymd_and_hms(year, 12, 31, 23, 59, 58).unwrap();
        let mut out = Vec::new();
        der::write_time(&mut out, at);
        assert_eq!(out[0], tag);
        assert_eq!(der::take_time(&out), Some((at, &[][..])), "{year}");
    }
    for bad in [
        "\x17\x0d260230000000Z",
        "\x17\x0b2612310000Z",
        "\x18\x0f20261231000000Z",
        "\x17\x0d26123100000-Z",
    ] {
        assert_eq!(der::take_time(bad.as_bytes()), None, "{bad}");
    }
}

proptest! {
    /// Whatever the bytes, reading ends and refuses or gives pieces of them.
    #[test]
    fn reading_survives_anything(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes).map(|list| list.said.entries().count());
    }

    /// Worked into any list, any changes give what a list made anew has.
    #[test]
    fn merging_is_the_same_as_making_anew(
        old in proptest::collection::btree_map(any::<u8>(), 0..50_i64, 0..20),
        new in proptest::collection::btree_map(any::<u8>(), proptest::option::of(50..99_i64), 0..20),
    ) {
        let make = |first: u8, hours: i64| Entry { at: hour(hours), ..entry(first) };
        let mut bytes = Vec::new();
        old.iter().for_each(|(first, hours)| make(*first, *hours).write(&mut bytes));
        let changes: Changes = new
            .iter()
            .map(|(first, hours)| (entry(*first).serial, hours.map(|hours| make(*first, hours))))
            .collect();
        let mut whole = old.clone();
        for (first, hours) in &new {
            match hours {
                Some(hours) => whole.insert(*first, *hours),
                None => whole.remove(first),
            };
        }
        let mut expected = Vec::new();
        whole.iter().for_each(|(first, hours)| make(*first, *hours).write(&mut expected));
        let mut merged = Vec::new();
        let count = merge(&bytes, &changes, &mut merged).unwrap();
        prop_assert_eq!(merged, expected);
        prop_assert_eq!(count, i64::try_from(whole.len()).unwrap());
    }

    /// Lengths come back, short and long.
    #[test]
    fn headers_go_round(length in 0..70_000_usize) {
        let mut bytes = der::header(der::SEQUENCE, length);
        bytes.resize(bytes.len() + length, 0);
        let (content, rest) = der::expect(der::SEQUENCE, &bytes).unwrap();
        prop_assert_eq!((content.len(), rest.len()), (length, 0));
    }
}

#[test]
fn a_reason_is_left_out_where_none_is_given() {
    let unspecified = Entry {
        reason: RevocationReason::Unspecified,
        ..entry(1)
    };
    let (mut with, mut without) = (Vec::new(), Vec::new());
    entry(1).write(&mut with);
    unspecified.write(&mut without);
    assert_eq!(with.len() - without.len(), 14);
    assert_eq!(Entry::take(&without).unwrap().0, unspecified);
    assert_eq!(entry(1).at, hour(0) - Duration::hours(1));
}
