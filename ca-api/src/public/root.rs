//! `GET /ca.crt` and `GET /ca.pem`: the root certificate in use, `GET /ca/<generation>.crt`: that one; for everybody,
//! over plain http too.
//!
//! Whoever fetches it compares its thumbprint with the posted letter: the letter is what makes it trusted, not
//! the way it came.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use ca_core::store::{StoreError, authority};
use openssl::x509::X509;

use crate::problem::Problem;
use crate::site::Site;
use crate::work;

/// Windows opens its certificate dialog for this type.
const DER: &str = "application/x-x509-ca-cert";
const PEM: &str = "application/x-pem-file";
/// A new root is introduced days before it signs, so a few minutes of an old copy hurt nobody.
const CACHED: &str = "public, max-age=300";

pub(super) async fn der(site: Data<Site>) -> Result<HttpResponse, Problem> {
    Ok(reply(DER, current(&site).await?))
}

pub(super) async fn pem(site: Data<Site>) -> Result<HttpResponse, Problem> {
    let certificate = X509::from_der(&current(&site).await?).map_err(Problem::internal)?;
    Ok(reply(PEM, certificate.to_pem().map_err(Problem::internal)?))
}

/// A certain root, while it is not retired: certificates say where their issuer's is.
pub(super) async fn of_generation(
    site: Data<Site>,
    place: Path<String>,
) -> Result<HttpResponse, Problem> {
    let number = place
        .strip_suffix(".crt")
        .filter(|digits| digits.len() <= 9);
    let number: i64 = number
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .ok_or(Problem::NotFound)?;
    let found = work::read(&site, |site| -> Result<_, StoreError> {
        site.store.read(authority::active)
    });
    let mut active = found.await?.into_iter();
    let root = active.find(|root| root.generation == number);
    Ok(reply(DER, root.ok_or(Problem::NotFound)?.certificate_der))
}

async fn current(site: &Data<Site>) -> Result<Vec<u8>, Problem> {
    let found = work::read(site, |site| -> Result<_, StoreError> {
        site.store.read(authority::current)
    });
    Ok(found.await?.ok_or(Problem::NotFound)?.certificate_der)
}

fn reply(kind: &'static str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header((CACHE_CONTROL, CACHED))
        .body(bytes)
}
