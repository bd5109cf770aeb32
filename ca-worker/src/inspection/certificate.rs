//! Every certificate: its bytes, its row, its root, its intent, the lint, and whether a journal has it.
use std::collections::{BTreeMap, HashMap};

use ca_core::config::Profiles;
use ca_core::domain::certificate::Purpose;
use ca_core::domain::profile::{ProfileName, Validity};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::thumbprint::Thumbprint;
use ca_core::store::StoreResult;
use ca_core::store::inspection::{CertificateRow, certificates};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use super::absent::Absent;
use super::journal::Journals;
use super::{Inspection, Report};
use crate::certificate::{
    AlternativeName, Draft, Expectation, Issuer, LintError, lint, lint_without_profile, subject_of,
};
use crate::signer::PublicKey;

/// Certificates read at a time.
const PAGE: i64 = 500;
const KIND: &str = "certificate";

/// Looks at all of them; those that no journal has become `absent`.
pub(super) fn look(
    inspection: Inspection<'_>,
    issuers: &BTreeMap<i64, Issuer>,
    journals: &Journals,
    absent: &mut Absent,
    report: &mut Report,
) -> StoreResult<()> {
    let bench = Bench::new(inspection.profiles, issuers);
    let mut last = String::new();
    loop {
        let page = inspection.store.read(|db| certificates(db, &last, PAGE))?;
        let Some(end) = page.last() else {
            return Ok(());
        };
        last.clone_from(&end.serial);
        for row in &page {
            report.looked_at.certificates += 1;
            bench.judge(row, report);
            if absent.counts(row.issued_at) {
                report.looked_at.looked_for_in_journals += 1;
                if !journals.has_certificate(&row.serial) {
                    absent
                        .certificates
                        .push((row.serial.clone(), row.issued_at));
                }
            }
        }
    }
}

/// What certificates are held against.
struct Bench<'a> {
    profiles: &'a Profiles,
    issuers: &'a BTreeMap<i64, Issuer>,
    hashes: HashMap<&'static str, String>,
}

impl<'a> Bench<'a> {
    fn new(profiles: &'a Profiles, issuers: &'a BTreeMap<i64, Issuer>) -> Self {
        let hash = |purpose: &Purpose| {
            let profile = profiles.get(ProfileName::from(*purpose));
            (purpose.as_str(), profile.sha256())
        };
        Self {
            profiles,
            issuers,
            hashes: Purpose::ALL.iter().map(hash).collect(),
        }
    }

    fn judge(&self, row: &CertificateRow, report: &mut Report) {
        let mut said = |finding, words: String| {
            report.find(KIND, finding, row.serial.clone(), words);
        };
        let parsed = x509_parser::parse_x509_certificate(&row.der);
        let Some(parsed) = parsed.ok().filter(|(rest, _)| rest.is_empty()) else {
            return said("its bytes are no certificate", String::new());
        };
        let parsed = parsed.1;
        for finding in row_faults(row, &parsed) {
            said(finding, String::new());
        }
        let Ok(purpose) = Purpose::try_from(row.purpose.clone()) else {
            return said("its row has no purpose that we know", row.purpose.clone());
        };
        let Some(issuer) = self.issuers.get(&row.generation) else {
            return said(
                "no root is known of the generation in its row",
                String::new(),
            );
        };
        let signed = parsed.tbs_certificate.as_ref();
        if !issuer
            .public_key()
            .verifies(signed, &parsed.signature_value.data)
        {
            said("the root of its generation did not sign it", String::new());
        }
        let profile = row.intent.as_ref().map(|(_, profile)| profile);
        let by_profile = profile == self.hashes.get(purpose.as_str());
        match self.lint(row, &parsed, purpose, issuer, by_profile) {
            Ok(Ok(())) => {}
            Ok(Err(LintError(broken))) => {
                for one in broken {
                    said(
                        "it breaks the lint",
                        format!("{}: {}", one.rule, one.finding),
                    );
                }
            }
            Err(finding) => said(finding, String::new()),
        }
        let looked_at = &mut report.looked_at;
        match by_profile {
            true => looked_at.by_profile += 1,
            false => looked_at.without_profile += 1,
        }
    }

    /// The lint at the time of signing held the certificate against what was asked for. Here it is held against what
    /// it says itself, once that was found to be what the row says.
    fn lint(
        &self,
        row: &CertificateRow,
        parsed: &X509Certificate<'_>,
        purpose: Purpose,
        issuer: &Issuer,
        by_profile: bool,
    ) -> Result<Result<(), LintError>, &'static str> {
        let profile = self.profiles.get(ProfileName::from(purpose));
        let written =
            subject_of(parsed).ok_or("its subject is written in a way that is not ours")?;
        let named = written.common_name().map(|name| profile.subject_of(name));
        let subject = match named {
            Some(Ok(named)) if by_profile => named,
            _ => written,
        };
        let serial = SerialNumber::from_bytes(parsed.raw_serial()).ok();
        let life = parsed.validity();
        let instant = |seconds| DateTime::<Utc>::from_timestamp(seconds, 0);
        let not_before = instant(life.not_before.timestamp());
        let ends = not_before.zip(instant(life.not_after.timestamp()));
        let (not_before, not_after) = ends.ok_or("its validity cannot be read")?;
        let key = PublicKey::from_spki(parsed.public_key().raw)
            .map_err(|_| "its key is of a kind that is not used here")?;
        let names = match purpose {
            Purpose::Server => alternative_names(parsed),
            _ => Vec::new(),
        };
        let draft = Draft {
            profile,
            subject,
            alternative_names: &names,
            serial: serial.ok_or("its serial number has a form that is not ours")?,
            validity: Validity {
                not_before,
                not_after,
            },
        };
        let expected = Expectation {
            draft: &draft,
            key: &key,
            issuer,
        };
        Ok(match by_profile {
            true => lint(&row.der, &expected),
            false => lint_without_profile(&row.der, &expected),
        })
    }
}

/// Where the row, or the intent, says something else than the bytes.
fn row_faults(row: &CertificateRow, parsed: &X509Certificate<'_>) -> Vec<&'static str> {
    let validity = parsed.validity();
    let seconds = |at: i64| at.div_euclid(1_000);
    let same_life = validity.not_before.timestamp() == seconds(row.not_before)
        && validity.not_after.timestamp() == seconds(row.not_after);
    let subject = subject_of(parsed).map(|subject| subject.to_string());
    let spki = PublicKey::from_spki(parsed.public_key().raw).map(|key| key.spki_sha256());
    let tbs = hex::encode(Sha256::digest(parsed.tbs_certificate.as_ref()));
    let meant = row.intent.as_ref().map(|(tbs, _)| tbs);
    let sha1 = Thumbprint::of_der(&row.der).sha1_hex();
    let held = [
        (
            hex::encode(parsed.raw_serial()) == row.serial,
            "its row says another serial number",
        ),
        (same_life, "its row says another validity"),
        (
            subject.is_none_or(|subject| subject == row.subject),
            "its row says another subject",
        ),
        (
            spki.is_ok_and(|spki| spki == row.spki_sha256),
            "its row says another key",
        ),
        (
            sha1 == row.sha1_thumbprint,
            "its row says another thumbprint",
        ),
        (
            meant.is_none_or(|meant| *meant == tbs),
            "it is not what its intent said was going to be signed",
        ),
    ];
    let broken = held.into_iter().filter(|(holds, _)| !holds);
    broken.map(|(_, finding)| finding).collect()
}

/// The hosts and addresses in a server's certificate; the lint finds whatever else is among them.
fn alternative_names(parsed: &X509Certificate<'_>) -> Vec<AlternativeName> {
    let Ok(Some(names)) = parsed.subject_alternative_name() else {
        return Vec::new();
    };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(host) => AlternativeName::parse(host).ok(),
        GeneralName::IPAddress(octets) => {
            let four = <[u8; 4]>::try_from(*octets).map(std::net::IpAddr::from);
            let address = four.or_else(|_| <[u8; 16]>::try_from(*octets).map(Into::into));
            address.ok().map(AlternativeName::Ip)
        }
        _ => None,
    };
    names.value.general_names.iter().filter_map(name).collect()
}
