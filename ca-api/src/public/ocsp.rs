//! `POST /ocsp` and `GET /ocsp/{base64}`: answers about certificates, as the worker signed them (RFC 5019).
//!
//! Strangers ask here by the thousand, without cookies, forms or a language, so this stands before everything that
//! pages need. A request is answered from memory when the store has not moved for a second at most, else from the
//! database. Nothing is signed here, and a nonce is not echoed.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, EXPIRES, HeaderValue, LAST_MODIFIED,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpResponse};
use ca_core::domain::ocsp::{CertId, MAX_REQUEST, Refusal, read_request};
use ca_core::store::{StoreError, ocsp_answer};
use chrono::{DateTime, Utc};

use crate::site::Site;
use crate::work;

mod address;
mod body;
mod memory;
mod prepared;
#[cfg(test)]
mod tests;

pub use memory::AnswerMemory;
use prepared::Prepared;

const PATH: &str = "ocsp";
const REQUEST: &str = "application/ocsp-request";
const RESPONSE: HeaderValue = HeaderValue::from_static("application/ocsp-response");
/// Longest path of a GET.
const MOST_ADDRESS: usize = 2_048;

/// What a request gets.
enum Reply {
    /// A signed answer.
    Answer(Arc<Prepared>),
    /// An answer that needs no signature.
    Refusal(Refusal),
    /// No OCSP at all.
    Nonsense(StatusCode, &'static str),
}

/// Middleware, outermost: takes what is OCSP, leaves everything else alone.
pub async fn answer<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(place) = place(request.uri().path()) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let get = matches!(*request.method(), Method::GET | Method::HEAD);
    let question = if get {
        address::question(place)
    } else if *request.method() == Method::POST && place.is_empty() {
        body::question(&mut request).await
    } else {
        Err(Reply::Nonsense(
            StatusCode::METHOD_NOT_ALLOWED,
            "Ask by POST /ocsp, or by GET /ocsp/ with the request in base64.\n",
        ))
    };
    let Some(site) = request.app_data::<Data<Site>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let now = site.clock.now();
    let reply = match question {
        Ok(bytes) => about(&site, &bytes, now).await,
        Err(reply) => reply,
    };
    tracing::debug!(get, reply = reply.name(), "OCSP");
    Ok(request.into_response(reply.response(get, now)))
}

/// What follows `/ocsp/`, if this is OCSP.
///
/// Clients put a slash of their own behind an address that ends in one, and proxies one before it. No request begins
/// with a slash: in base64, DER's SEQUENCE is an `M`.
fn place(path: &str) -> Option<&str> {
    let rest = path.trim_start_matches('/').strip_prefix(PATH)?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/'))
}

async fn about(site: &Data<Site>, bytes: &[u8], now: DateTime<Utc>) -> Reply {
    let id = match read_request(bytes) {
        Ok(id) => id,
        Err(refusal) => return Reply::Refusal(refusal),
    };
    if let Some(known) = site.answers.recall(&id, now) {
        return Reply::Answer(known);
    }
    let found = work::read(site, move |site| look_up(site, &id, now)).await;
    match found {
        Ok(reply) => {
            site.faults.answers.is_over();
            reply
        }
        Err(problem) => {
            site.faults.answers.is_there(&problem.to_string());
            Reply::Refusal(Refusal::TryLater)
        }
    }
}

/// Asks the database; remembers a good answer if no other was made untrue meanwhile.
fn look_up(site: &Site, id: &CertId, now: DateTime<Utc>) -> Result<Reply, StoreError> {
    if site.answers.is_stale(now) {
        let mark = site.store.read(ocsp_answer::mark)?;
        site.answers.compare(mark, now);
    }
    let reading = site.answers.reading();
    let found = site.store.read(|db| ocsp_answer::find(db, id.serial))?;
    let Some(row) = found else {
        return Ok(Reply::Refusal(Refusal::Unauthorized));
    };
    let (Some(this), Some(next)) = (row.this_update(), row.next_update()) else {
        return Ok(Reply::Refusal(Refusal::TryLater));
    };
    let Some(der) = row.der else {
        return Ok(Reply::Refusal(Refusal::TryLater));
    };
    if !Prepared::speaks_of(&der, id) {
        // The serial is ours, the issuer named is not.
        return Ok(Reply::Refusal(Refusal::Unauthorized));
    }
    site.faults.note_response(next < now, now);
    if next < now {
        tracing::debug!(serial = %id.serial, "an OCSP response ran out");
        return Ok(Reply::Refusal(Refusal::TryLater));
    }
    let prepared = Arc::new(Prepared::new(der, this, next));
    site.answers.remember(id, &prepared, reading);
    Ok(Reply::Answer(prepared))
}

impl Reply {
    fn name(&self) -> &'static str {
        match self {
            Self::Answer(_) => "answer",
            Self::Refusal(Refusal::Malformed) => "malformed",
            Self::Refusal(Refusal::InternalError) => "internal error",
            Self::Refusal(Refusal::TryLater) => "try later",
            Self::Refusal(Refusal::Unauthorized) => "unauthorized",
            Self::Nonsense(..) => "no OCSP",
        }
    }

    /// OCSP errors are answers too, and leave with status 200 (RFC 6960 appendix A.2).
    fn response(self, get: bool, now: DateTime<Utc>) -> HttpResponse {
        const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");
        match self {
            Self::Answer(prepared) => {
                let mut reply = HttpResponse::Ok();
                reply.insert_header((CONTENT_TYPE, RESPONSE));
                if get {
                    reply
                        .insert_header((LAST_MODIFIED, prepared.last_modified.clone()))
                        .insert_header((EXPIRES, prepared.expires.clone()))
                        .insert_header((ETAG, prepared.etag.clone()))
                        .insert_header((CACHE_CONTROL, prepared.cache_control(now)));
                }
                reply.body(prepared.der.clone())
            }
            Self::Refusal(refusal) => HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, RESPONSE))
                .insert_header((CACHE_CONTROL, NOT_KEPT))
                .body(Bytes::copy_from_slice(&refusal.der())),
            Self::Nonsense(status, why) => {
                let mut reply = HttpResponse::build(status);
                if status == StatusCode::METHOD_NOT_ALLOWED {
                    reply.insert_header((ALLOW, "GET, POST"));
                }
                reply
                    .insert_header((CACHE_CONTROL, NOT_KEPT))
                    .content_type("text/plain; charset=utf-8")
                    .body(why)
            }
        }
    }
}
