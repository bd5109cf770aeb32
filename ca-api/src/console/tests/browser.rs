//! A browser with one certificate and a jar of cookies.

use std::collections::BTreeMap;

use actix_web::HttpMessage;
use actix_web::http::header::{COOKIE, LOCATION, SET_COOKIE};
use actix_web::test::{TestRequest, call_service, init_service, read_body};

use super::desk::{Desk, PASSWORD, Person};
use crate::server::{self, PeerCertificate};
use crate::site::Area;

pub(super) struct Browser<'a> {
    desk: &'a Desk,
    area: Area,
    peer: Option<PeerCertificate>,
    cookies: BTreeMap<String, String>,
    token: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
}

impl<'a> Browser<'a> {
    pub fn of(desk: &'a Desk, peer: Option<PeerCertificate>) -> Self {
        Self {
            desk,
            area: Area::Console,
            peer,
            cookies: BTreeMap::new(),
            token: String::new(),
        }
    }

    /// Logged in with the right name, password and certificate.
    pub async fn at_work(desk: &'a Desk, person: &Person) -> Self {
        let mut browser = Self::of(desk, Some(person.peer()));
        let reply = browser.log_in(&person.name, PASSWORD).await;
        assert_eq!(
            reply.location.as_deref(),
            Some("/console"),
            "{}",
            reply.body
        );
        browser
    }

    pub fn on(mut self, area: Area) -> Self {
        self.area = area;
        self
    }

    pub fn with_certificate_of(mut self, person: &Person) -> Self {
        self.peer = Some(person.peer());
        self
    }

    pub fn in_english(mut self) -> Self {
        let cookie = ("inkan-language".to_owned(), "en".to_owned());
        self.cookies.extend([cookie]);
        self
    }

    pub fn forget_token(&mut self) {
        self.token.clear();
    }

    pub fn forget_session(&mut self) {
        self.cookies.remove(self.area.session_cookie());
    }

    pub fn session(&self) -> Option<&String> {
        self.cookies.get(self.area.session_cookie())
    }

    pub async fn log_in(&mut self, name: &str, password: &str) -> Reply {
        self.get("/console/login").await;
        self.post("/console/login", &[("name", name), ("password", password)])
            .await
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.send(TestRequest::get().uri(path)).await
    }

    /// Sends a form with the token of the page that was read last.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let token = self.token.clone();
        let mut form = vec![("token", token.as_str())];
        form.extend(fields);
        self.send(TestRequest::post().uri(path).set_form(form))
            .await
    }

    async fn send(&mut self, request: TestRequest) -> Reply {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        let request = request
            .insert_header((COOKIE, cookies.join("; ")))
            .to_request();
        if let Some(peer) = &self.peer {
            request.extensions_mut().insert(peer.clone());
        }
        let app = init_service(server::app(self.desk.stage.site.clone(), self.area)).await;
        let response = call_service(&app, request).await;
        for cookie in response.headers().get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        let location = response.headers().get(LOCATION);
        let location = location.map(|at| at.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        if let Some((_, rest)) = body.split_once("name=\"token\" value=\"") {
            self.token = rest.split('"').next().unwrap().to_owned();
        }
        Reply {
            status,
            location,
            body,
        }
    }

    fn keep(&mut self, cookie: &str) {
        let (name, rest) = cookie.split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        if value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
