//! What the https listeners of this process show: the certificates that handshakes take now, wherever they come from.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::ssl::SslContext;

/// A listener by its key in `[listen]`, and the context that its handshakes take.
pub(crate) type Handshakes = (&'static str, Arc<RwLock<SslContext>>);

/// The listeners; none behind a proxy that has TLS for itself.
#[derive(Debug, Default)]
pub(crate) struct Shown(Vec<Handshakes>);

impl Shown {
    /// What these listeners show.
    pub(crate) fn by(listeners: Vec<Handshakes>) -> Self {
        Self(listeners)
    }

    /// For each listener the last second of its certificate.
    pub(super) fn ends(&self) -> Vec<(&'static str, DateTime<Utc>)> {
        let end = |(listener, context): &Handshakes| {
            let context = context
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            Some((*listener, instant(context.certificate()?.not_after())?))
        };
        self.0.iter().filter_map(end).collect()
    }
}

/// An instant of a certificate (RFC 5280 §4.1.2.5).
fn instant(time: &Asn1TimeRef) -> Option<DateTime<Utc>> {
    let since = Asn1Time::from_unix(0).ok()?.diff(time).ok()?;
    DateTime::from_timestamp(i64::from(since.days) * 86_400 + i64::from(since.secs), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_the_second_that_a_certificate_names() {
        for second in [0, 1, 1_767_225_599, 4_102_444_800] {
            let time = Asn1Time::from_unix(second).unwrap();
            assert_eq!(instant(&time).unwrap().timestamp(), second);
        }
    }
}
