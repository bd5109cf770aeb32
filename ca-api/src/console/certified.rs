//! The operator that a certificate belongs to.

use ca_core::domain::certificate::{CertificateStatus, OperatorStatus};
use ca_core::store::operator::Operator;
use ca_core::store::{Store, StoreError, certificate, operator};
use chrono::{DateTime, Utc};

pub(super) use crate::certified::Certified;

/// Why a certificate that passed the handshake opens nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// No operator has it: another person's, an office's, or one that was replaced.
    Unknown,
    /// The operator is switched off.
    Disabled,
    /// It was revoked.
    Revoked,
    /// Its dates are over, or have not begun.
    OutOfDate,
}

impl Certified {
    /// The operator whose own certificate this is, and nobody else's.
    pub(super) fn operator(
        &self,
        store: &Store,
        now: DateTime<Utc>,
    ) -> Result<Result<Operator, Unfit>, StoreError> {
        let Some(shown) = &self.shown else {
            return Ok(Err(Unfit::Unknown));
        };
        let (operators, recorded) = store.read(|db| {
            let recorded = certificate::find(db, shown.serial)?;
            Ok::<_, StoreError>((operator::list(db)?, recorded))
        })?;
        let own = operators.into_iter().find(|operator| {
            operator.certificate_serial == Some(shown.serial)
                && operator.certificate_spki_sha256.as_deref() == Some(&shown.spki_sha256)
        });
        let (Some(own), Some(recorded)) = (own, recorded) else {
            return Ok(Err(Unfit::Unknown));
        };
        Ok(if own.status != OperatorStatus::Active {
            Err(Unfit::Disabled)
        } else if recorded.status != CertificateStatus::Valid {
            Err(Unfit::Revoked)
        } else if !recorded.holds_at(now) {
            Err(Unfit::OutOfDate)
        } else {
            Ok(own)
        })
    }
}
