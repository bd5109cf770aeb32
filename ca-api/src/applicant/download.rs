//! 「ダウンロード」 (J4): the PKCS#12 leaves by POST only, counted, and is kept by no cache.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::Data;
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::download_certificate::{Download, DownloadError, download_certificate};
use ca_core::store::StoreError;

use super::holder::Inside;
use super::path;
use crate::form::Form;
use crate::page;
use crate::problem::Problem;
use crate::site::Site;
use crate::work;

const PKCS12: &str = "application/x-pkcs12";

pub(super) async fn send(form: Form, Inside(holder): Inside) -> Result<HttpResponse, Problem> {
    let serial = SerialNumber::from_hex(form.required("serial")?)
        .map_err(|_| Problem::Malformed("serial"))?;
    let site = Data::from(Arc::clone(&holder.visit.site));
    let work = move |site: &Site| {
        let now = site.clock.now();
        Ok::<_, StoreError>(download_certificate(
            &site.store,
            now,
            &holder.session,
            &holder.account,
            serial,
        ))
    };
    match work::read(&site, work).await? {
        Ok(download) => Ok(file(download)),
        // The page says which it is: expired or revoked since it was drawn.
        Err(DownloadError::NotAvailable) => Ok(page::see_other(path::CERTIFICATES)),
        Err(DownloadError::GateNotPassed) => Err(Problem::Elsewhere(path::GATE)),
        Err(error @ DownloadError::Store(_)) => Err(Problem::internal(error)),
    }
}

/// The name consists of `Cert`, a user ID and `.p12`: nothing in it needs quoting.
fn file(download: Download) -> HttpResponse {
    let disposition = format!("attachment; filename=\"{}\"", download.file_name);
    HttpResponse::Ok()
        .content_type(PKCS12)
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(download.bytes)
}
