//! Forms answer only to pages that we gave to the same browser.
//!
//! Each form carries a token derived from a cookie that scripts cannot read and other sites cannot set: the
//! session cookie once somebody is logged in, a form cookie before (double submit). The token is a one-way
//! image of the cookie, so neither a page nor the database gives the cookie away. Beside it [`crate::guard`]
//! compares `Origin` and `Sec-Fetch-Site`.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::site::Area;

/// Name of the hidden field.
pub const FIELD: &str = "token";

/// Bytes of randomness in a cookie of ours.
pub const COOKIE_BYTES: usize = 32;

/// What a form must carry: 64 hex digits.
#[derive(Debug, Clone)]
pub struct FormToken(String);

impl FormToken {
    /// The token that belongs to a cookie's value.
    pub fn of(cookie: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"inkan/form-token/v1\0");
        hash.update(cookie.as_bytes());
        Self(hex::encode(hash.finalize()))
    }

    /// As written into the page.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares in constant time.
    pub fn matches(&self, typed: &str) -> bool {
        self.0.as_bytes().ct_eq(typed.as_bytes()).into()
    }
}

/// The cookie that binds forms to a browser before anyone is logged in.
#[derive(Debug, Clone)]
pub struct FormCookie {
    value: String,
    fresh: bool,
}

impl FormCookie {
    /// The browser's own, or a fresh one from `random` bytes.
    pub fn of(request: &HttpRequest, area: Area, random: [u8; COOKIE_BYTES]) -> Self {
        let own = request
            .cookie(area.form_cookie())
            .filter(|cookie| is_ours(cookie.value()));
        match own {
            Some(cookie) => Self {
                value: cookie.value().to_owned(),
                fresh: false,
            },
            None => Self {
                value: hex::encode(random),
                fresh: true,
            },
        }
    }

    /// Its value.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The cookie to set, when the browser has none yet.
    pub fn to_set(&self, area: Area) -> Option<Cookie<'static>> {
        (self.fresh && area.is_tls()).then(|| {
            Cookie::build(area.form_cookie(), self.value.clone())
                .path("/")
                .secure(true)
                .http_only(true)
                .same_site(SameSite::Lax)
                .finish()
        })
    }
}

/// Whether a cookie's value has the form that we give them: 32 bytes as lower-case hex.
pub fn is_ours(value: &str) -> bool {
    value.len() == 2 * COOKIE_BYTES
        && value
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_one_cookie_and_does_not_show_it() {
        let cookie = "00".repeat(COOKIE_BYTES);
        let token = FormToken::of(&cookie);
        assert!(token.matches(FormToken::of(&cookie).as_str()));
        assert!(!token.matches(FormToken::of(&"11".repeat(COOKIE_BYTES)).as_str()));
        assert!(!token.matches(""));
        assert!(!token.as_str().contains(&cookie));
    }

    #[test]
    fn values_of_another_form_are_not_ours() {
        assert!(is_ours(&"0a".repeat(COOKIE_BYTES)));
        assert!(!is_ours(&"0A".repeat(COOKIE_BYTES)));
        assert!(!is_ours(""));
    }
}
