//! A signed answer with the headers of RFC 5019 §6.2, ready to be sent any number of times.

use std::time::{Duration, SystemTime};

use actix_web::http::header::{HeaderValue, HttpDate};
use actix_web::web::Bytes;
use ca_core::domain::ocsp::CertId;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// Seconds that proxies may keep an answer: a revocation must not wait longer for them.
const MOST_SECONDS: i64 = 60;

/// A signed answer.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) der: Bytes,
    pub(super) etag: HeaderValue,
    pub(super) last_modified: HeaderValue,
    pub(super) expires: HeaderValue,
    pub(super) next_update: DateTime<Utc>,
}

impl Prepared {
    pub(super) fn new(
        der: Vec<u8>,
        this_update: DateTime<Utc>,
        next_update: DateTime<Utc>,
    ) -> Self {
        let etag = format!("\"{}\"", hex::encode(Sha256::digest(&der)));
        Self {
            der: der.into(),
            etag: header(etag),
            last_modified: header(http_date(this_update)),
            expires: header(http_date(next_update)),
            next_update,
        }
    }

    /// Whether `der` answers exactly this question: it holds issuer and serial number in the octets of the request.
    pub(super) fn speaks_of(der: &[u8], id: &CertId) -> bool {
        der.windows(id.octets.len()).any(|part| part == id.octets)
    }

    /// Never beyond `nextUpdate`.
    pub(super) fn cache_control(&self, now: DateTime<Utc>) -> HeaderValue {
        let left = (self.next_update - now)
            .num_seconds()
            .clamp(0, MOST_SECONDS);
        if left == MOST_SECONDS {
            return HeaderValue::from_static("max-age=60, public, no-transform, must-revalidate");
        }
        header(format!(
            "max-age={left}, public, no-transform, must-revalidate"
        ))
    }
}

fn header(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn http_date(at: DateTime<Utc>) -> String {
    let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
    HttpDate::from(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}
