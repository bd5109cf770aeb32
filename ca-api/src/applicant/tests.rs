//! The pages as a browser gets them.

use actix_web::body::to_bytes;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use actix_web::test::{TestRequest, init_service};
use ca_core::domain::account::{AccountField, AccountForm};
use ca_core::domain::password::PasswordHash;
use ca_core::domain::seal::SealingKey;
use ca_core::domain::user_id::UserId;
use ca_core::store::{StoreError, account, authority};
use secrecy::SecretString;

use crate::server;
use crate::site::Area;
use crate::stage::{Stage, morning};

mod answers;
mod doors;
mod download;
mod forms;
mod gallery;
mod journey;
mod reissue;
mod replies;

const USER: &str = "KJ2700000001";
const OTHER: &str = "HJ1300000002";
const TEMPORARY: &str = "tmpa tmpb tmpc";
const OWN: &str = "kq7-Wm2~xY";
const ISSUANCE: &str = "bcdf ghjk mnpq rstv";

/// What came back.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Reply {
    fn location(&self) -> &str {
        self.headers.get(LOCATION).unwrap().to_str().unwrap()
    }
}

/// A browser: keeps cookies, and sends the forms of the page it looks at.
struct Browser<'a> {
    stage: &'a Stage,
    cookies: Vec<(String, String)>,
    token: String,
}

impl<'a> Browser<'a> {
    fn new(stage: &'a Stage) -> Self {
        Self {
            stage,
            cookies: Vec::new(),
            token: String::new(),
        }
    }

    async fn get(&mut self, path: &str) -> Reply {
        self.send(TestRequest::get().uri(path)).await
    }

    /// Sends a form with the token of the page that was looked at last.
    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let token = self.token.clone();
        let fields: Vec<_> = fields
            .iter()
            .copied()
            .chain([("token", token.as_str())])
            .collect();
        self.send(TestRequest::post().uri(path).set_form(&fields))
            .await
    }

    async fn send(&mut self, request: TestRequest) -> Reply {
        let app = init_service(server::app(self.stage.site.clone(), Area::Applicant)).await;
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = request
            .insert_header((COOKIE, cookies.join("; ")))
            .to_request();
        let response: ServiceResponse = actix_web::test::call_service(&app, request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body =
            String::from_utf8_lossy(&to_bytes(response.into_body()).await.unwrap()).into_owned();
        self.remember(&headers, &body);
        Reply {
            status,
            headers,
            body,
        }
    }

    fn remember(&mut self, headers: &HeaderMap, body: &str) {
        for header in headers.get_all(SET_COOKIE) {
            let (name, value) = header
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .split_once('=')
                .unwrap();
            self.cookies.retain(|(own, _)| own != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        if let Some(token) = body.split("name=\"token\" value=\"").nth(1) {
            self.token = token.split('"').next().unwrap().to_owned();
        }
    }

    fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    /// Types ID and password on a fresh login page.
    async fn log_in(&mut self, user_id: &str, password: &str) -> Reply {
        self.get("/service/login").await;
        self.post(
            "/service/login",
            &[("user_id", user_id), ("password", password)],
        )
        .await
    }

    /// Logs in with the letter's password and chooses an own one.
    async fn log_in_first(&mut self) {
        assert_eq!(
            self.log_in(USER, TEMPORARY).await.location(),
            "/service/password"
        );
        self.get("/service/password").await;
        let changed = self
            .post("/service/password", &[("new", OWN), ("again", OWN)])
            .await;
        assert_eq!(changed.location(), "/service/gate");
    }

    /// Comes as far as the certificates.
    async fn pass_gate(&mut self) {
        self.get("/service/gate").await;
        let passed = self
            .post("/service/gate", &[("issuance_password", ISSUANCE)])
            .await;
        assert_eq!(passed.location(), "/service/certificates");
        self.get("/service/certificates").await;
    }
}

/// A site with a CA's sealing key and two offices that have their letters.
fn town() -> Stage {
    let stage = Stage::new();
    let seal_key = SealingKey {
        id: "key-1".to_owned(),
        public_key: [9].into_iter().chain([0; 31]).collect(),
    };
    stage
        .site
        .store
        .transaction(|db| authority::insert_sealing_key(db, &seal_key, morning()))
        .unwrap();
    for user_id in [USER, OTHER] {
        register(&stage, user_id);
    }
    stage
}

fn register(stage: &Stage, user_id: &str) {
    let mut form = AccountForm::default();
    for (field, entered) in [
        (AccountField::UserId, user_id),
        (AccountField::Name, "さくら介護"),
        (AccountField::PostalCode, "100-0001"),
        (AccountField::Address1, "東京都千代田区千代田1-1"),
    ] {
        form.set(field, entered);
    }
    let details = form.check(&stage.site.classes).unwrap();
    let rules = stage.site.try_rules();
    let hash = |text: &str| {
        let plain = SecretString::from(text.replace(' ', ""));
        PasswordHash::of(&plain, rules.cost, stage.site.random.as_ref()).unwrap()
    };
    let (login, issuance) = (hash(TEMPORARY), hash(ISSUANCE));
    let done: Result<(), StoreError> = stage.site.store.transaction(|db| {
        account::insert(db, &details, "staff", morning())?;
        let id = account::find(db, &details.user_id)?.unwrap().id;
        account::set_letter_passwords(db, id, login.as_str(), issuance.as_str(), morning())
    });
    done.unwrap();
}
