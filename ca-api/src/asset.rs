//! Built-in files that pages link to: style sheets, pictures, small scripts.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use sha2::{Digest, Sha256};

use crate::problem::Problem;
use crate::{console, help};

/// One built-in file.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Name below `/assets/`; may hold slashes.
    pub name: &'static str,
    /// Its MIME type.
    pub kind: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
}

impl Asset {
    /// A style sheet.
    pub const fn css(name: &'static str, bytes: &'static [u8]) -> Self {
        Self {
            name,
            kind: "text/css; charset=utf-8",
            bytes,
        }
    }

    /// A picture.
    pub const fn svg(name: &'static str, bytes: &'static [u8]) -> Self {
        Self {
            name,
            kind: "image/svg+xml",
            bytes,
        }
    }

    /// A script that only adds; no page depends on it.
    pub const fn script(name: &'static str, bytes: &'static [u8]) -> Self {
        Self {
            name,
            kind: "text/javascript; charset=utf-8",
            bytes,
        }
    }

    fn mark(&self) -> String {
        let hash = Sha256::digest(self.bytes);
        hex::encode(hash.get(..6).unwrap_or_default())
    }
}

const SHARED: [Asset; 4] = [
    Asset::css("inkan.css", include_bytes!("../assets/inkan.css")),
    Asset::svg("mark.svg", include_bytes!("../assets/mark.svg")),
    Asset::svg("letter.svg", include_bytes!("../assets/letter.svg")),
    Asset::script("password.js", include_bytes!("../assets/password.js")),
];

pub(crate) fn all() -> impl Iterator<Item = &'static Asset> {
    SHARED.iter().chain(console::ASSETS).chain(help::ASSETS)
}

/// The file of this name.
pub(crate) fn find(name: &str) -> Option<&'static Asset> {
    all().find(|asset| asset.name == name)
}

/// The address of a file with a mark of its content. An unknown name gives an address that answers 404.
pub fn url(name: &str) -> String {
    match find(name) {
        Some(asset) => format!("/assets/{name}?v={}", asset.mark()),
        None => format!("/assets/{name}"),
    }
}

/// `GET /assets/…`, the same on every listener.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/assets/{name:.*}", web::get().to(serve));
    config.route(
        "/favicon.ico",
        web::get().to(|| async { serve(web::Path::from("mark.svg".to_owned())).await }),
    );
}

async fn serve(name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let asset = find(&name).ok_or(Problem::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, asset.kind))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.bytes))
}
