//! Good and bad certificates for the lint's tests.
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_core::domain::profile::{KeyAlgorithm, Profile, ProfileName};
use ca_core::domain::random::OsRandom;
use ca_core::domain::serial::SerialNumber;
use chrono::DateTime;
use rcgen::CertificateParams;

use crate::certificate::draft::parameters;
use crate::certificate::lint::{Expectation, LintError, OF_PROFILE, lint, lint_without_profile};
use crate::certificate::{Draft, Issuer, self_sign_root};
use crate::fixture::{morning, profiles};
use crate::signer::{FileSigner, KeyPair};

/// A root, a key and a profile, and the certificates that can be made of them.
pub(super) struct Bench {
    pub(super) root_key: KeyPair,
    pub(super) issuer: Issuer,
    pub(super) key: KeyPair,
    pub(super) profile: Profile,
}

impl Bench {
    pub(super) fn new() -> Self {
        let profile = profiles().get(ProfileName::Client).clone();
        let root_key = KeyPair::generate(KeyAlgorithm::P384).unwrap();
        let issuer = root_named(&root_key, "認証局");
        Self {
            root_key,
            issuer,
            key: KeyPair::generate(KeyAlgorithm::P256).unwrap(),
            profile,
        }
    }

    pub(super) fn draft(&self) -> Draft<'_> {
        Draft {
            profile: &self.profile,
            subject: self.profile.subject_of("KJ2700000001").unwrap(),
            alternative_names: &[],
            serial: SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom),
            validity: self
                .profile
                .validity(morning(), &self.issuer.validity())
                .unwrap(),
        }
    }

    pub(super) fn encoded(
        &self,
        draft: &Draft<'_>,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Vec<u8> {
        let mut parameters = parameters(draft, self.key.public_key(), 1).unwrap();
        change(&mut parameters);
        self.issuer
            .copy_to_lint(&parameters, self.key.public_key())
            .unwrap()
    }

    pub(super) fn broken(&self, draft: &Draft<'_>, der: &[u8]) -> Vec<&'static str> {
        let expected = Expectation {
            draft,
            key: self.key.public_key(),
            issuer: &self.issuer,
        };
        let broken = names(lint(der, &expected));
        let mut whatever_profile = broken.clone();
        whatever_profile.retain(|rule| !OF_PROFILE.contains(rule));
        let found = names(lint_without_profile(der, &expected));
        assert_eq!(found, whatever_profile, "by the rules of every profile");
        broken
    }

    pub(super) fn broken_by(
        &self,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Vec<&'static str> {
        let draft = self.draft();
        self.broken(&draft, &self.encoded(&draft, change))
    }
}

fn names(judged: Result<(), LintError>) -> Vec<&'static str> {
    match judged {
        Ok(()) => Vec::new(),
        Err(LintError(broken)) => broken.into_iter().map(|broken| broken.rule).collect(),
    }
}

pub(super) fn root_named(key: &KeyPair, name: &str) -> Issuer {
    let subject = DistinguishedName::parse(&[[("CN".into(), name.into())].into()]).unwrap();
    let profile = profiles().get(ProfileName::Root).clone();
    let key = KeyPair::from_private(key.private().to_owned()).unwrap();
    self_sign_root(
        &profile,
        &subject,
        1,
        &FileSigner::from(key),
        SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom),
        morning(),
    )
    .unwrap()
}

pub(super) fn replaced(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = der.to_vec();
    let places: Vec<usize> = (0..bytes.len() - from.len())
        .filter(|at| bytes[*at..].starts_with(from))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}
