//! The drawings of the guides: one set of parts, both languages, `GET /help/picture/{language}/{name}.svg`.

use std::sync::{Arc, LazyLock};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use askama::Template;
use openssl::base64::encode_block;
use sha2::{Digest, Sha256};

use super::authority;
use crate::headers::CONTENT_SECURITY;
use crate::locale::{Language, Texts};
use crate::problem::Problem;
use crate::visit::Visit;

/// Browsers may keep a drawing for an hour: it changes with the texts and the authority's name alone.
const CACHE: &str = "public, max-age=3600";

/// The one style of all drawings.
const STYLE: &str = include_str!("../../templates/help/picture/picture.css");

/// Lets a drawing that is opened by itself use its own style, and nothing else.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = encode_block(&Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'")
});

/// One drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// The download list of the browser and the question whether to open the file.
    RootOpen,
    /// The certificate dialog: issued to, issued by, 「証明書のインストール」.
    RootCertificate,
    /// The wizard’s first page: current user.
    Location,
    /// The store choice, with the list of stores open.
    RootStore,
    /// The wizard’s last page for the root.
    RootFinish,
    /// The warning box with the thumbprint.
    RootWarning,
    /// The file to import.
    ClientFile,
    /// The password and the import options.
    ClientPassword,
    /// The store choice left to Windows.
    ClientStore,
    /// The wizard’s last page for a client certificate.
    ClientFinish,
    /// 「正しくインポートされました。」
    Imported,
    /// The browser’s certificate error.
    BrowserError,
    /// The certificate dialog’s details with the thumbprint.
    Thumbprint,
    /// The browser’s list of client certificates.
    Chooser,
    /// The posted letter.
    Letter,
}

impl Picture {
    /// Every drawing with its name in addresses and its height; all are 480 wide.
    pub(super) const ALL: [(Self, &'static str, u16); 15] = [
        (Self::RootOpen, "root-open", 378),
        (Self::RootCertificate, "root-certificate", 440),
        (Self::Location, "location", 368),
        (Self::RootStore, "root-store", 496),
        (Self::RootFinish, "root-finish", 328),
        (Self::RootWarning, "root-warning", 480),
        (Self::ClientFile, "client-file", 296),
        (Self::ClientPassword, "client-password", 464),
        (Self::ClientStore, "client-store", 380),
        (Self::ClientFinish, "client-finish", 348),
        (Self::Imported, "imported", 160),
        (Self::BrowserError, "browser-error", 304),
        (Self::Thumbprint, "thumbprint", 440),
        (Self::Chooser, "chooser", 304),
        (Self::Letter, "letter", 540),
    ];

    fn of_name(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, own, _)| *own == name);
        found.map(|(picture, _, _)| *picture)
    }

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        self.entry().map_or("", |(name, _)| name)
    }

    /// Its height in CSS pixels, so that the page keeps its place while the drawing loads.
    pub fn height(self) -> u16 {
        self.entry().map_or(0, |(_, height)| height)
    }

    fn entry(self) -> Option<(&'static str, u16)> {
        let found = Self::ALL.iter().find(|(own, _, _)| *own == self);
        found.map(|(_, name, height)| (*name, *height))
    }
}

#[derive(Template)]
#[template(path = "help/picture/picture.svg")]
struct Drawing {
    picture: Picture,
    texts: Texts,
    style: &'static str,
    /// Address shown in the drawn browser.
    host: String,
    /// Name of the authority as Windows will show it.
    authority: String,
}

impl Drawing {
    fn t(&self, key: &str) -> String {
        self.texts.text(key)
    }
}

pub(super) async fn draw(
    visit: Visit,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (tag, name) = path.into_inner();
    let language = Language::of_tag(&tag).ok_or(Problem::NotFound)?;
    let picture = Picture::of_name(&name).ok_or(Problem::NotFound)?;
    let texts = Texts::new(Arc::clone(&visit.site.locale), language);
    let drawing = Drawing {
        picture,
        style: STYLE,
        host: visit.site.config.service.public_url.clone(),
        authority: authority::name(&visit, &texts).await?,
        texts,
    };
    let body = drawing.render().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "image/svg+xml"))
        .insert_header((CACHE_CONTROL, CACHE))
        .insert_header((CONTENT_SECURITY, POLICY.as_str()))
        .body(body))
}
