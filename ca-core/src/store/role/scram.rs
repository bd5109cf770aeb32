//! What PostgreSQL keeps of a password (SCRAM-SHA-256, RFC 5802 §3 and RFC 7677), so that the password itself
//! is never sent to the server nor written into its log.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::domain::random::{self, Random};

/// Rounds of PBKDF2. The passwords are drawn, 128 random bits, so more would only slow logins down.
const ROUNDS: u32 = 4_096;

/// The server's side of a printable ASCII `password`, under a salt from `random`.
pub fn verifier(password: &SecretString, random: &dyn Random) -> String {
    let salt: [u8; 16] = random::bytes(random);
    under_salt(password, &salt)
}

fn under_salt(password: &SecretString, salt: &[u8]) -> String {
    let password = password.expose_secret().as_bytes();
    let mut salted = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, ROUNDS, salted.as_mut_slice());
    let client = Sha256::digest(keyed(salted.as_slice(), b"Client Key"));
    let server = keyed(salted.as_slice(), b"Server Key");
    let (salt, client, server) = (
        STANDARD.encode(salt),
        STANDARD.encode(client),
        STANDARD.encode(server),
    );
    format!("SCRAM-SHA-256${ROUNDS}:{salt}${client}:{server}")
}

fn keyed(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange of RFC 7677 §3: user `user`, password `pencil`; its signature follows from the server key.
    #[test]
    fn the_server_key_is_that_of_the_standard() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let kept = under_salt(&"pencil".into(), &salt);
        let server_key = STANDARD.decode(kept.rsplit(':').next().unwrap()).unwrap();
        let exchange = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
            r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
            c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let signature = STANDARD.encode(keyed(&server_key, exchange.as_bytes()));
        assert_eq!(signature, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        assert!(kept.starts_with("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"));
        assert!(!kept.contains("pencil"));
    }
}
