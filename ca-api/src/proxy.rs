//! A proxy in front of the portal: it ends TLS and hands the client certificate on in `Client-Cert` (RFC 9440).
//!
//! Only the listener of `[proxy] listen` reads that header, and only addresses of `[proxy] trusted` are answered
//! there. Everywhere else the header is somebody's forgery: it is taken away and logged. The certificate is checked
//! here as a handshake would, since a proxy may pass on whatever a browser sent; what it is worth after that is asked
//! from the store by [`crate::certified`], as with a connection of our own.

use std::net::IpAddr;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse};
use openssl::x509::X509;

use crate::problem::Problem;
use crate::server::PeerCertificate;
use crate::site::Site;
use crate::work;

mod chain;
mod header;

const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
/// RFC 9440 §2.3; not needed, since our root signs directly, and not believed.
const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");

/// Marks the listener that proxies talk to.
#[derive(Debug, Clone, Copy)]
pub struct Proxied;

/// Middleware of every listener: takes `Client-Cert` away, and where it may be believed keeps what it says beside the
/// request, in the place of the certificate of a connection.
pub async fn vet<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_proxied = request.app_data::<Data<Proxied>>().is_some();
    let shown = take(&mut request);
    let from = request.peer_addr().map(|peer| peer.ip());
    if !is_proxied {
        if !shown.is_empty() {
            tracing::warn!(
                ?from,
                "a Client-Cert header came past the proxy; it is ignored"
            );
        }
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    match admit(&request, from, &shown).await {
        Ok(certificate) => {
            if let Some(certificate) = certificate {
                let kept = PeerCertificate(certificate);
                request.extensions_mut().insert(kept);
            }
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(problem) => {
            tracing::warn!(?from, %problem, "a request for the proxy's listener was refused");
            Ok(request.into_response(HttpResponse::from_error(problem)))
        }
    }
}

/// The values of the header, which nobody behind this sees.
fn take(request: &mut ServiceRequest) -> Vec<HeaderValue> {
    let headers = request.headers_mut();
    drop(headers.remove(CLIENT_CERT_CHAIN));
    headers.remove(CLIENT_CERT).collect()
}

/// What the proxy says about the browser's certificate; none when it says nothing.
async fn admit(
    request: &ServiceRequest,
    from: Option<IpAddr>,
    shown: &[HeaderValue],
) -> Result<Option<X509>, Problem> {
    let missing = || Problem::Internal("the listener was set up without its site".to_owned());
    let site = request.app_data::<Data<Site>>().ok_or_else(missing)?;
    if !from.is_some_and(|from| site.config.proxy.trusts(from)) {
        return Err(Problem::Forbidden("not an address of [proxy] trusted"));
    }
    let value = match shown {
        [] => return Ok(None),
        // nginx sends no header for an empty value, others send an empty one.
        [value] if value.is_empty() => return Ok(None),
        [value] => value,
        _ => return Err(Problem::Malformed("Client-Cert was sent twice")),
    };
    let certificate = header::read(value.as_bytes()).map_err(|why| {
        tracing::info!(why, "a Client-Cert header was refused");
        Problem::Malformed("Client-Cert")
    })?;
    let judged = certificate.clone();
    let is_ours = work::read(site, move |site: &Site| chain::is_ours(site, &judged));
    if !is_ours.await? {
        return Err(Problem::Forbidden("a certificate of another CA"));
    }
    Ok(Some(certificate))
}

#[cfg(test)]
mod tests;
