//! What a page knows about its visitor before anyone logs in: language, address, the form token.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::csrf::{FormCookie, FormToken};
use crate::hashing::{Lane, Turn};
use crate::headers::Mark;
use crate::locale::{Language, Texts};
use crate::page::{Page, Unreadable};
use crate::problem::Problem;
use crate::site::{Area, LANGUAGE_COOKIE, Site};
use crate::source::address_of;

/// Longest query that the language switch brings back, in bytes.
const LONGEST_QUERY: usize = 500;

/// One request, as pages see it.
#[derive(Debug, Clone)]
pub struct Visit {
    /// What all pages share.
    pub site: Arc<Site>,
    /// The listener.
    pub area: Area,
    /// The visitor's choice, or Japanese.
    pub language: Language,
    /// Path, with the query of a page that was asked for by GET.
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
            path: way_back(request),
            form_token: form_token(request, area),
            mark: request
                .extensions()
                .get::<Mark>()
                .cloned()
                .unwrap_or_default(),
            source: address_of(request, &site.config.proxy),
        })
    }

    /// Whose turn a try at a password is; `name` is the ID that was typed.
    pub fn turn(&self, lane: Lane, name: &str) -> Turn {
        // A proxy that does not say for whom it speaks stands for many.
        let is_known = |from: &IpAddr| !self.site.config.proxy.trusts(*from);
        Turn {
            lane,
            from: self.source.filter(is_known),
            name: name.to_owned(),
        }
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

/// Where the language switch comes back to: a search keeps what was typed.
fn way_back(request: &HttpRequest) -> String {
    match request.query_string() {
        query
            if !query.is_empty()
                && query.len() <= LONGEST_QUERY
                && request.method() == Method::GET =>
        {
            format!("{}?{query}", request.path())
        }
        _ => request.path().to_owned(),
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
///
/// A login form is always bound to the form cookie. The browser may still show the cookie of a session that has
/// ended, and this very reply, or another tab, may take it away before the form comes back.
fn form_token(request: &HttpRequest, area: Area) -> FormToken {
    let is_login = request.path() == area.login_path();
    let session = request.cookie(area.session_cookie()).filter(|_| !is_login);
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
