//! What a page knows about its visitor before anyone logs in: language, address, the form token.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::csrf::{FormCookie, FormToken};
use crate::headers::Mark;
use crate::locale::{Language, Texts};
use crate::page::{Page, Unreadable};
use crate::problem::Problem;
use crate::site::{Area, LANGUAGE_COOKIE, Site};
use crate::source::address_of;

/// One request, as pages see it.
#[derive(Debug, Clone)]
pub struct Visit {
    /// What all pages share.
    pub site: Arc<Site>,
    /// The listener.
    pub area: Area,
    /// The visitor's choice, or Japanese.
    pub language: Language,
    /// Path without query.
    pub path: String,
    /// What the forms of this visitor must carry.
    pub form_token: FormToken,
    /// Name of this request in pages and logs.
    pub mark: Mark,
    /// The network address that it came from.
    pub source: Option<IpAddr>,
}

impl Visit {
    /// Reads what the request and its listener say.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let missing = || Problem::Internal("the listener was set up without its site".to_owned());
        let site = request.app_data::<Data<Site>>().ok_or_else(missing)?;
        let area = *request
            .app_data::<Data<Area>>()
            .ok_or_else(missing)?
            .get_ref();
        Ok(Self {
            site: Arc::clone(site),
            area,
            language: language(request, area),
            path: request.path().to_owned(),
            form_token: form_token(request, area),
            mark: request
                .extensions()
                .get::<Mark>()
                .cloned()
                .unwrap_or_default(),
            source: address_of(request, &site.config.proxy),
        })
    }

    /// What the layout needs for this visitor.
    pub fn page(&self) -> Page {
        Page {
            texts: Texts::new(Arc::clone(&self.site.locale), self.language),
            area: self.area,
            path: self.path.clone(),
            form_token: self.form_token.as_str().to_owned(),
            service: self.site.name(self.language).to_owned(),
            contact: self.site.contact(self.language).to_owned(),
            public_url: self.site.config.service.public_url.clone(),
            portal_url: self.site.config.portal_url(),
            mark: self.mark.as_str().to_owned(),
            signed_in: None,
            unreadable: Unreadable::default(),
        }
    }
}

impl FromRequest for Visit {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

fn language(request: &HttpRequest, area: Area) -> Language {
    let own = request.cookie(area.language_cookie());
    let cookie = own.or_else(|| request.cookie(LANGUAGE_COOKIE));
    cookie
        .and_then(|cookie| Language::of_tag(cookie.value()))
        .unwrap_or_default()
}

/// Logged in: bound to the session. Before that: bound to the form cookie (double submit).
fn form_token(request: &HttpRequest, area: Area) -> FormToken {
    let session = request.cookie(area.session_cookie());
    let form = || {
        request
            .extensions()
            .get::<FormCookie>()
            .map(|cookie| FormToken::of(cookie.value()))
    };
    session
        .as_ref()
        .map(Cookie::value)
        .map(FormToken::of)
        .or_else(form)
        .unwrap_or_else(|| FormToken::of(""))
}
