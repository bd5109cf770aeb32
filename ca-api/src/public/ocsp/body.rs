//! The request in the body of a POST.

use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Payload};
use tokio::time::{Duration, timeout};

use super::{MAX_REQUEST, REQUEST, Reply};

/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The bytes of the request, no more of them than any has.
pub(super) async fn question(request: &mut ServiceRequest) -> Result<Bytes, Reply> {
    let kind = request.headers().get(CONTENT_TYPE);
    if !kind.is_some_and(|kind| is_ocsp(kind.as_bytes())) {
        return Err(Reply::Nonsense(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "An OCSP request is sent with Content-Type: application/ocsp-request.\n",
        ));
    }
    match timeout(PATIENCE, whole(request)).await {
        Ok(question) => question,
        Err(_) => Err(Reply::Nonsense(
            StatusCode::REQUEST_TIMEOUT,
            "The request did not arrive in time.\n",
        )),
    }
}

fn is_ocsp(kind: &[u8]) -> bool {
    let kind = kind.split(|byte| *byte == b';').next().unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(REQUEST.as_bytes())
}

async fn whole(request: &mut ServiceRequest) -> Result<Bytes, Reply> {
    let broken = || {
        Reply::Nonsense(
            StatusCode::BAD_REQUEST,
            "The request did not arrive whole.\n",
        )
    };
    let payload = request.extract::<Payload>().await.map_err(|_| broken())?;
    match payload.to_bytes_limited(MAX_REQUEST).await {
        Ok(bytes) => bytes.map_err(|_| broken()),
        Err(_) => Err(Reply::Nonsense(
            StatusCode::PAYLOAD_TOO_LARGE,
            "No OCSP request is as long as that.\n",
        )),
    }
}
