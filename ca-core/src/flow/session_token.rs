//! The cookie's value and the session row that it opens.
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::domain::random::{self, Random};
use crate::domain::session::{Audience, Stage};
use crate::store::session::Session;

/// A session's secret name: 32 random bytes in hex. Only its hash is stored.
#[derive(Debug, Clone)]
pub struct SessionToken(SecretString);

impl SessionToken {
    /// Draws a token.
    pub fn draw(random: &dyn Random) -> Self {
        let bytes: [u8; 32] = random::bytes(random);
        Self(SecretString::from(hex::encode(bytes)))
    }

    /// Takes the value of a cookie; whether it opens anything is for the store to say.
    pub fn from_cookie(value: &str) -> Option<Self> {
        let plausible = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        plausible.then(|| Self(SecretString::from(value.to_owned())))
    }

    /// The cookie's value.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// SHA-256 of the value, hex: what the store knows it by.
    pub fn id_hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.expose_secret().as_bytes()))
    }

    /// A fresh session under this token.
    pub(super) fn session(
        &self,
        audience: Audience,
        stage: Stage,
        absolute: TimeDelta,
        at: DateTime<Utc>,
    ) -> Session {
        Session {
            id_hash: self.id_hash(),
            audience,
            account_id: None,
            operator_id: None,
            certificate_serial: None,
            reference_account_id: None,
            stage,
            draft_request_id: None,
            draft_key_id: None,
            draft_sealed_password: None,
            created_at: at,
            last_seen_at: at,
            ends_at: at + absolute,
        }
    }
}
