//! The built-in profiles hold; each broken rule is refused; lives are counted to the second.
use chrono::{DateTime, TimeZone, Utc};

use super::*;

const PLACES: ProfilePlaces<'static> = ProfilePlaces {
    plain_url: "http://ca.example.jp/",
    organisation: "連合会",
};

fn raw(name: ProfileName) -> RawProfile {
    use figment::Figment;
    use figment::providers::{Format, Toml};
    let text = match name {
        ProfileName::Client => include_str!("../../../../config/profiles/client.toml"),
        ProfileName::Server => include_str!("../../../../config/profiles/server.toml"),
        ProfileName::Operator => include_str!("../../../../config/profiles/operator.toml"),
        ProfileName::Ocsp => include_str!("../../../../config/profiles/ocsp.toml"),
        ProfileName::Audit => include_str!("../../../../config/profiles/audit.toml"),
        ProfileName::Root => include_str!("../../../../config/profiles/root.toml"),
    };
    Figment::from(Toml::string(text)).extract().unwrap()
}

fn profile(name: ProfileName) -> Profile {
    raw(name).validate(PLACES).unwrap()
}

fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .with_timezone(&Utc)
}

fn long_root() -> Validity {
    Validity {
        not_before: Utc.with_ymd_and_hms(2020, 1, 1, 0, 0, 0).unwrap(),
        not_after: Utc.with_ymd_and_hms(2060, 1, 1, 0, 0, 0).unwrap(),
    }
}

#[test]
fn shipped_profiles_are_valid_and_differ() {
    let hashes: Vec<_> = ProfileName::ALL
        .iter()
        .map(|name| profile(*name).sha256())
        .collect();
    let unique: std::collections::HashSet<_> = hashes.iter().collect();
    assert_eq!(unique.len(), 6);
    let client = profile(ProfileName::Client);
    assert_eq!(
        client.subject_of("KJ2700000001").unwrap().to_string(),
        "CN=KJ2700000001, O=連合会"
    );
    assert_eq!(
        client.crl_url(2).as_deref(),
        Some("http://ca.example.jp/crl/2.crl")
    );
    assert_eq!(
        client.ca_url(2).as_deref(),
        Some("http://ca.example.jp/ca/2.crt")
    );
    assert_eq!(
        client.ocsp_url(2).as_deref(),
        Some("http://ca.example.jp/ocsp")
    );
}

#[test]
fn a_holders_name_cannot_smuggle_a_place_or_an_attribute() {
    let client = profile(ProfileName::Client);
    let subject = client.subject_of("{organisation}, O=他").unwrap();
    assert_eq!(subject.attributes().len(), 2);
    assert_eq!(subject.common_name(), Some("{organisation}, O=他"));
}

#[test]
fn hash_follows_every_field_and_is_stable() {
    let base = raw(ProfileName::Client);
    let changes: [fn(&mut RawProfile); 7] = [
        |p| p.key_algorithm = "rsa3072".into(),
        |p| p.validity_months = 35,
        |p| p.backdate_minutes = 6,
        |p| p.crl_url = Some("http://other.example.jp/1.crl".into()),
        |p| p.ca_url = None,
        |p| p.ocsp_url = None,
        |p| p.subject.truncate(1),
    ];
    let mut hashes = vec![base.validate(PLACES).unwrap().sha256()];
    for change in changes {
        let mut changed = base.clone();
        change(&mut changed);
        hashes.push(changed.validate(PLACES).unwrap().sha256());
    }
    let unique: std::collections::HashSet<_> = hashes.iter().collect();
    assert_eq!(unique.len(), 8);
    assert_eq!(hashes[0], base.validate(PLACES).unwrap().sha256());
    // Stored beside every intent: a change of this value is a change of format.
    assert_eq!(
        hashes[0],
        "aefcfe597281194b7ca10b802db679bc709f385cdd9c2af9c8f1aef5d9014fa9"
    );
}

#[test]
fn broken_profiles_are_refused_by_name() {
    type Case = (ProfileName, fn(&mut RawProfile), &'static str);
    let cases: [Case; 16] = [
        (
            ProfileName::Client,
            |p| p.name = "klient".into(),
            "`klient` is not a known certificate profile",
        ),
        (
            ProfileName::Client,
            |p| p.key_algorithm = "rsa2048".into(),
            "rsa2048",
        ),
        (
            ProfileName::Client,
            |p| p.key_algorithm = "rsa4096".into(),
            "p256, p384 or rsa3072",
        ),
        (ProfileName::Client, |p| p.validity_months = 0, "1 to 480"),
        (
            ProfileName::Client,
            |p| p.backdate_minutes = 2_881,
            "two days",
        ),
        (
            ProfileName::Client,
            |p| p.key_usage.push("keyCertSign".into()),
            "digitalSignature",
        ),
        (
            ProfileName::Client,
            |p| p.extended_key_usage.clear(),
            "clientAuth",
        ),
        (
            ProfileName::Client,
            |p| p.extended_key_usage = vec!["anyExtendedKeyUsage".into()],
            "anyExtended",
        ),
        (
            ProfileName::Server,
            |p| p.extended_key_usage = vec!["clientAuth".into()],
            "serverAuth",
        ),
        (
            ProfileName::Client,
            |p| p.crl_url = Some("https://a/b".into()),
            "http://",
        ),
        (
            ProfileName::Client,
            |p| p.ca_url = Some("http://a/ b".into()),
            "without spaces",
        ),
        (
            ProfileName::Client,
            |p| p.subject.clear(),
            "CN = \"{name}\"",
        ),
        (
            ProfileName::Client,
            |p| p.subject.push([("CN".into(), "x".into())].into()),
            "twice",
        ),
        (ProfileName::Root, |p| p.key_usage.truncate(1), "cRLSign"),
        (
            ProfileName::Root,
            |p| p.key_algorithm = "p256".into(),
            "p384 or rsa4096",
        ),
        (
            ProfileName::Root,
            |p| p.crl_url = Some("http://a/b".into()),
            "leave crl_url",
        ),
    ];
    for (name, change, expected) in cases {
        let mut changed = raw(name);
        change(&mut changed);
        let message = changed.validate(PLACES).unwrap_err().to_string();
        assert!(
            message.contains(expected),
            "{message} does not say {expected}"
        );
    }
}

#[test]
fn a_responders_profile_has_rules_of_its_own() {
    type Case = (ProfileName, fn(&mut RawProfile), &'static str);
    let cases: [Case; 6] = [
        (
            ProfileName::Client,
            |p| p.ocsp_url = Some("https://a/ocsp".into()),
            "ocsp_url",
        ),
        (ProfileName::Ocsp, |p| p.validity_months = 2, "ends soon"),
        (
            ProfileName::Ocsp,
            |p| p.extended_key_usage = vec!["clientAuth".into()],
            "OCSPSigning",
        ),
        (ProfileName::Audit, |p| p.validity_months = 12, "ends soon"),
        (
            ProfileName::Audit,
            |p| p.extended_key_usage = vec!["OCSPSigning".into()],
            "documentSigning",
        ),
        (
            ProfileName::Client,
            |p| p.extended_key_usage = vec!["OCSPSigning".into()],
            "clientAuth",
        ),
    ];
    for (name, change, expected) in cases {
        let mut changed = raw(name);
        change(&mut changed);
        let message = changed.validate(PLACES).unwrap_err().to_string();
        assert!(
            message.contains(expected),
            "{message} does not say {expected}"
        );
    }
}

#[test]
fn a_responder_works_until_the_roots_last_day() {
    let responder = profile(ProfileName::Ocsp);
    let now = instant("2026-11-25T10:00:00+09:00");
    let month = responder.validity(now, &long_root()).unwrap();
    assert_eq!(month.not_after, instant("2026-12-25T09:54:59+09:00"));
    let short = Validity {
        not_after: now + chrono::Duration::days(3),
        ..long_root()
    };
    assert_eq!(
        responder.validity(now, &short).unwrap().not_after,
        short.not_after
    );
}

#[test]
fn three_years_end_one_second_before_the_same_wall_time_in_japan() {
    let mut raw = raw(ProfileName::Client);
    raw.backdate_minutes = 0;
    let client = raw.validate(PLACES).unwrap();
    for (signed, last) in [
        ("2026-11-25T10:00:00.9+09:00", "2029-11-25T09:59:59+09:00"),
        // 29 February has no third birthday.
        ("2028-02-29T10:00:00+09:00", "2031-02-28T09:59:59+09:00"),
        // Still 28 February in UTC, already the 29th in Japan.
        ("2028-02-29T00:00:00+09:00", "2031-02-27T23:59:59+09:00"),
        ("2025-03-01T00:00:00+09:00", "2028-02-29T23:59:59+09:00"),
        ("2026-12-31T23:59:59+09:00", "2029-12-31T23:59:58+09:00"),
        ("2027-01-01T00:00:00+09:00", "2029-12-31T23:59:59+09:00"),
    ] {
        let life = client.validity(instant(signed), &long_root()).unwrap();
        assert_eq!(life.not_after, instant(last), "{signed}");
        assert!(life.not_before <= instant(signed));
    }
}

#[test]
fn a_following_life_begins_one_second_after_the_old_one_and_fits_the_root() {
    let client = profile(ProfileName::Client);
    for (old_end, now, begin, last) in [
        (
            "2029-11-25T09:59:59+09:00",
            "2029-11-01T10:00:00+09:00",
            "2029-11-25T10:00:00+09:00",
            "2032-11-25T09:59:59+09:00",
        ),
        // The new one begins on 29 February.
        (
            "2028-02-28T23:59:59+09:00",
            "2028-02-20T10:00:00+09:00",
            "2028-02-29T00:00:00+09:00",
            "2031-02-27T23:59:59+09:00",
        ),
        // One second before the old one ends, and one after.
        (
            "2029-11-25T09:59:59+09:00",
            "2029-11-25T09:59:58+09:00",
            "2029-11-25T10:00:00+09:00",
            "2032-11-25T09:59:59+09:00",
        ),
        (
            "2029-11-25T09:59:59+09:00",
            "2029-11-25T10:00:00+09:00",
            "2029-11-25T09:55:00+09:00",
            "2032-11-25T09:54:59+09:00",
        ),
    ] {
        let follows = Some(instant(old_end));
        let life = client
            .validity_following(follows, instant(now), &long_root())
            .unwrap();
        assert_eq!(life.not_before, instant(begin), "{now}");
        assert_eq!(life.not_after, instant(last), "{now}");
    }
    let now = instant("2029-11-01T10:00:00+09:00");
    let at_once = client.validity(now, &long_root()).unwrap();
    assert_eq!(
        client.validity_following(None, now, &long_root()),
        Ok(at_once)
    );
    // Counted from the old one's end it would outlive the root; begun at once it does not.
    let follows = Some(instant("2029-11-25T09:59:59+09:00"));
    let root = |not_after: &str| Validity {
        not_after: instant(not_after),
        ..long_root()
    };
    let short = root("2032-11-25T09:59:58+09:00");
    assert_eq!(client.validity_following(follows, now, &short), Ok(at_once));
    let exact = root("2032-11-25T09:59:59+09:00");
    assert_eq!(
        client
            .validity_following(follows, now, &exact)
            .unwrap()
            .not_after,
        exact.not_after
    );
}

#[test]
fn begins_before_the_signature_but_not_before_the_issuer() {
    let client = profile(ProfileName::Client);
    let now = instant("2026-11-25T10:00:00+09:00");
    let life = client.validity(now, &long_root()).unwrap();
    assert_eq!(life.not_before, instant("2026-11-25T09:55:00+09:00"));
    let young = Validity {
        not_before: instant("2026-11-25T09:58:00+09:00"),
        ..long_root()
    };
    assert_eq!(
        client.validity(now, &young).unwrap().not_before,
        young.not_before
    );
}

#[test]
fn refuses_to_outlive_or_to_precede_the_issuer() {
    let client = profile(ProfileName::Client);
    let now = instant("2026-11-25T10:00:00+09:00");
    let end = client.validity(now, &long_root()).unwrap().not_after;
    let exact = Validity {
        not_after: end,
        ..long_root()
    };
    assert!(client.validity(now, &exact).is_ok());
    let short = Validity {
        not_after: end - chrono::Duration::seconds(1),
        ..long_root()
    };
    let message = client.validity(now, &short).unwrap_err().to_string();
    assert!(message.contains("introduce a new root"), "{message}");
    let late = Validity {
        not_before: now + chrono::Duration::seconds(1),
        ..long_root()
    };
    let message = client.validity(now, &late).unwrap_err().to_string();
    assert!(message.contains("set the clock right"), "{message}");
}

#[test]
fn a_roots_life_covers_its_first_client_certificate() {
    let now = instant("2026-11-25T10:00:00+09:00");
    let root = profile(ProfileName::Root).root_validity(now).unwrap();
    assert_eq!(root.not_after, instant("2051-11-24T09:59:59+09:00"));
    assert!(profile(ProfileName::Client).validity(now, &root).is_ok());
}

#[test]
fn key_may_be_changed_within_the_rules() {
    let client = profile(ProfileName::Client);
    assert!(client.with_key_algorithm(KeyAlgorithm::Rsa3072).is_ok());
    assert!(client.with_key_algorithm(KeyAlgorithm::Rsa4096).is_err());
    assert!(
        profile(ProfileName::Root)
            .with_key_algorithm(KeyAlgorithm::Rsa4096)
            .is_ok()
    );
}
