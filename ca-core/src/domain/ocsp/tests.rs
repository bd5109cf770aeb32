//! Requests of strangers are read as they should be; anything else is refused and harms nobody.
use proptest::prelude::*;

use super::*;

const SERIAL: [u8; 16] = [0x41; 16];
const SHA1: &[u8] = &[6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0];
const SHA256: &[u8] = &[6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0];
const MD5: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5, 5, 0];

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let mut all = vec![tag];
    match length {
        0..=0x7f => all.push(u8::try_from(length).unwrap()),
        0x80..=0xff => all.extend([0x81, u8::try_from(length).unwrap()]),
        _ => all.extend([
            0x82,
            u8::try_from(length >> 8).unwrap(),
            (length & 0xff) as u8,
        ]),
    }
    all.extend(content);
    all
}

fn identity(hash: usize, serial: &[u8]) -> Vec<u8> {
    [
        tlv(4, &[&vec![1; hash]]),
        tlv(4, &[&vec![2; hash]]),
        tlv(2, &[serial]),
    ]
    .concat()
}

fn one(algorithm: &[u8], hash: usize, serial: &[u8]) -> Vec<u8> {
    let id = tlv(0x30, &[&tlv(0x30, &[algorithm]), &identity(hash, serial)]);
    tlv(0x30, &[&id])
}

fn request(list: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &[&tlv(0x30, &[&tlv(0x30, list)])])
}

#[test]
fn both_digests_are_read_with_and_without_parameters() {
    for (algorithm, length) in [
        (SHA1, 20),
        (&SHA1[..7], 20),
        (SHA256, 32),
        (&SHA256[..11], 32),
    ] {
        let id = read_request(&request(&[&one(algorithm, length, &SERIAL)])).unwrap();
        assert_eq!(id.serial.as_bytes(), &SERIAL);
        assert_eq!(id.octets, identity(length, &SERIAL));
    }
}

#[test]
fn version_name_nonce_and_signature_are_read_past() {
    let question = one(SHA1, 20, &SERIAL);
    let version = tlv(0xa0, &[&[2, 1, 0]]);
    let name = tlv(0xa1, &[b"anybody"]);
    let nonce = tlv(0xa2, &[&[7; 300]]);
    let signature = tlv(0xa0, &[&[9; 40]]);
    let list = tlv(0x30, &[&question]);
    let signed = tlv(0x30, &[&version, &name, &list, &nonce]);
    assert!(read_request(&tlv(0x30, &[&signed, &signature])).is_ok());
    let version_2 = tlv(0xa0, &[&[2, 1, 1]]);
    let later = tlv(0x30, &[&tlv(0x30, &[&version_2, &list])]);
    assert_eq!(read_request(&later), Err(Refusal::Malformed));
}

#[test]
fn what_no_signed_answer_can_be_to_is_unauthorized() {
    let good = one(SHA1, 20, &SERIAL);
    for other in [
        request(&[&good, &good]),
        request(&[&one(MD5, 16, &SERIAL)]),
        request(&[&one(SHA1, 20, &[1])]),
        request(&[&one(SHA1, 20, &[0x81; 16])]),
        request(&[&one(SHA1, 20, &[0x41; 17])]),
    ] {
        assert_eq!(read_request(&other), Err(Refusal::Unauthorized));
    }
}

#[test]
fn what_is_no_request_is_malformed() {
    let good = request(&[&one(SHA1, 20, &SERIAL)]);
    let trailing = [&good[..], &[0]].concat();
    let mut longer_length = good.clone();
    longer_length.splice(1..2, [0x81, good[1]]);
    for bad in [
        Vec::new(),
        b"GET / HTTP/1.1".to_vec(),
        vec![0x30; MAX_REQUEST],
        vec![0x30, 0x80],
        vec![0; MAX_REQUEST + 1],
        request(&[]),
        request(&[&one(SHA1, 32, &SERIAL)]),
        request(&[&one(SHA256, 20, &SERIAL)]),
        good[..good.len() - 1].to_vec(),
        trailing,
        longer_length,
    ] {
        assert_eq!(read_request(&bad), Err(Refusal::Malformed), "{bad:?}");
    }
}

#[test]
fn refusals_are_ocsp_responses() {
    assert_eq!(Refusal::Malformed.der(), [0x30, 3, 0x0a, 1, 1]);
    assert_eq!(Refusal::Unauthorized.der(), [0x30, 3, 0x0a, 1, 6]);
}

proptest! {
    #[test]
    fn random_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read_request(&bytes).is_err());
    }

    #[test]
    fn a_changed_request_is_refused_or_asks_something_else(
        changes in proptest::collection::vec((0..70_usize, any::<u8>()), 1..4),
        cut in 0..90_usize,
    ) {
        let good = request(&[&one(SHA1, 20, &SERIAL)]);
        let mut bytes = good.clone();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes.truncate(good.len().saturating_sub(cut.saturating_sub(60)));
        if bytes != good && let Ok(id) = read_request(&bytes) {
            let asked = read_request(&good).unwrap();
            prop_assert!(id.octets != asked.octets || bytes.len() == good.len());
        }
    }
}
