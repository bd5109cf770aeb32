//! What a posted form says: bounded, each name once, and from a page of ours.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::{Payload, UrlEncoded};
use actix_web::error::UrlencodedError;
use actix_web::{FromRequest, HttpRequest};
use secrecy::SecretString;
use secrecy::zeroize::Zeroize;

use crate::csrf;
use crate::problem::Problem;
use crate::visit::Visit;

/// Most bytes of a posted form: the console's bulk lists are the longest.
pub const MOST_BYTES: usize = 64 * 1024;
/// Most characters of one field; longer ones are not cut but refused.
pub const MOST_CHARACTERS: usize = 1_000;
/// Most characters of a field of several paragraphs.
pub const MOST_IN_TEXT: usize = 5_000;
/// Fields with this ending hold several paragraphs.
const TEXT: &str = "_text";
/// Fields with this ending are lists and may be repeated.
const LIST: &str = "[]";

/// A posted form whose token has been checked. A handler that takes a `Form` cannot forget the check.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// The field as typed, or nothing when the form lacks it.
    pub fn text(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(own, _)| own == name)
            .map_or("", |(_, value)| value)
    }

    /// The field, which must be there: its absence means that the form is not ours.
    pub fn required(&self, name: &'static str) -> Result<&str, Problem> {
        match self.text(name) {
            "" => Err(Problem::Malformed(name)),
            value => Ok(value),
        }
    }

    /// A password as typed.
    pub fn secret(&self, name: &str) -> SecretString {
        SecretString::from(self.text(name))
    }

    /// Whether a button or a box of this name was sent.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }

    /// Every value of a list field; its name ends in `[]`.
    pub fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0
            .iter()
            .filter(move |(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    fn check(self, visit: &Visit) -> Result<Self, Problem> {
        for (index, (name, value)) in self.0.iter().enumerate() {
            let most = if name.ends_with(TEXT) {
                MOST_IN_TEXT
            } else {
                MOST_CHARACTERS
            };
            if value.chars().count() > most {
                return Err(Problem::TooLarge);
            }
            if !name.ends_with(LIST)
                && self
                    .0
                    .iter()
                    .skip(index + 1)
                    .any(|(other, _)| other == name)
            {
                return Err(Problem::Malformed("a field was sent twice"));
            }
        }
        if !visit.form_token.matches(self.text(csrf::FIELD)) {
            return Err(Problem::Forged("token"));
        }
        Ok(self)
    }
}

impl Drop for Form {
    /// Forms carry passwords.
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            value.zeroize();
        }
    }
}

impl FromRequest for Form {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visit = Visit::of(request);
        let body = UrlEncoded::<Vec<(String, String)>>::new(request, payload).limit(MOST_BYTES);
        Box::pin(async move { Self(body.await.map_err(refusal)?).check(&visit?) })
    }
}

fn refusal(error: UrlencodedError) -> Problem {
    match error {
        UrlencodedError::Overflow { .. } => Problem::TooLarge,
        _ => Problem::Malformed("not a form"),
    }
}
