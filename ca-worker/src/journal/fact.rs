//! What the journal says, as it is written in JSON.
use ca_core::domain::certificate::Purpose;
use ca_core::domain::request::RequestId;
use ca_core::domain::revocation::{RevocationEvent, RevocationReason};
use ca_core::domain::serial::SerialNumber;
use ca_core::store::authority::Authority;
use ca_core::store::certificate::Certificate;
use ca_core::store::intent::Intent;
use ca_core::store::revocation::Revocation;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One fact. Everything in it was committed to the database before it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fact {
    /// A root that certificates come from.
    Root {
        /// 1 for the first one.
        generation: i64,
        /// The certificate, DER in hex.
        #[serde(with = "bytes")]
        der: Vec<u8>,
        /// Its subject, as text.
        subject: String,
    },
    /// A serial that is about to be signed.
    Intended {
        /// The serial number.
        #[serde(with = "word")]
        serial: SerialNumber,
        /// What for.
        #[serde(with = "word")]
        purpose: Purpose,
        /// Under which root.
        generation: i64,
        /// The request, for a client certificate.
        #[serde(with = "maybe_word")]
        request: Option<RequestId>,
        /// The fence of the claim.
        fence: i64,
        /// SHA-256 of what is signed, hex.
        tbs_sha256: String,
        /// SHA-256 of the profile, hex.
        profile_sha256: String,
        /// When the intent was recorded.
        recorded_at: DateTime<Utc>,
    },
    /// A certificate that is recorded.
    Issued {
        /// The serial number.
        #[serde(with = "word")]
        serial: SerialNumber,
        /// What for.
        #[serde(with = "word")]
        purpose: Purpose,
        /// Under which root.
        generation: i64,
        /// The request it answers.
        #[serde(with = "maybe_word")]
        request: Option<RequestId>,
        /// Its subject, as text.
        subject: String,
        /// The certificate, DER in hex.
        #[serde(with = "bytes")]
        der: Vec<u8>,
        /// When it was recorded.
        issued_at: DateTime<Utc>,
    },
    /// Something that happened to a serial, as lists and OCSP follow it.
    Revocation {
        /// Under which root.
        generation: i64,
        /// Its place in the root's order of events. The line has a `sequence` of its own.
        #[serde(rename = "event_sequence")]
        sequence: i64,
        /// The serial number.
        #[serde(with = "word")]
        serial: SerialNumber,
        /// What happened.
        #[serde(with = "word")]
        event: RevocationEvent,
        /// Why.
        #[serde(with = "word")]
        reason: RevocationReason,
        /// When.
        happened_at: DateTime<Utc>,
        /// The certificate's last valid second.
        ends_at: Option<DateTime<Utc>>,
    },
    /// A revocation list that is about to be signed.
    List {
        /// Of which root.
        generation: i64,
        /// Its number.
        number: i64,
        /// The last event that it knows.
        covered: i64,
    },
}

impl Fact {
    pub(super) fn of_root(root: &Authority) -> Self {
        Self::Root {
            generation: root.generation,
            der: root.certificate_der.clone(),
            subject: root.subject.clone(),
        }
    }

    pub(super) fn of_intent(intent: &Intent) -> Self {
        Self::Intended {
            serial: intent.serial,
            purpose: intent.purpose,
            generation: intent.generation,
            request: intent.request_id.clone(),
            fence: intent.fence,
            tbs_sha256: intent.tbs_sha256.clone(),
            profile_sha256: intent.profile_sha256.clone(),
            recorded_at: intent.recorded_at,
        }
    }

    pub(super) fn of_certificate(certificate: &Certificate) -> Self {
        Self::Issued {
            serial: certificate.serial,
            purpose: certificate.purpose,
            generation: certificate.generation,
            request: certificate.request_id.clone(),
            subject: certificate.subject.clone(),
            der: certificate.certificate_der.clone(),
            issued_at: certificate.issued_at,
        }
    }

    pub(super) fn of_event(event: &Revocation) -> Self {
        Self::Revocation {
            generation: event.generation,
            sequence: event.sequence,
            serial: event.serial,
            event: event.event,
            reason: event.reason,
            happened_at: event.at,
            ends_at: event.ends_at,
        }
    }
}

/// A value by its text.
mod word {
    use std::fmt::Display;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<T: Display, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(super) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: TryFrom<String, Error: Display>,
        D: Deserializer<'de>,
    {
        T::try_from(String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// A value by its text, or none.
mod maybe_word {
    use std::fmt::Display;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(ToString::to_string).serialize(to)
    }

    pub(super) fn deserialize<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
    where
        T: TryFrom<String, Error: Display>,
        D: Deserializer<'de>,
    {
        let text = Option::<String>::deserialize(from)?;
        text.map(T::try_from)
            .transpose()
            .map_err(serde::de::Error::custom)
    }
}

/// Bytes in hex.
mod bytes {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}
