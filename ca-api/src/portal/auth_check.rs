//! Forward-auth: a proxy asks, for every request to an application behind the portal, whether it may pass.
//!
//! `/auth/check?function=KEY[&action=ACTION]`, by any method. The answers are those that nginx `auth_request`, Traefik
//! and Caddy expect: 200 with who it is, 401 without a login, 403 when the matrix says no. docs/forward-auth.md.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};
use actix_web::web::Query;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use ca_core::domain::access::{Decision, VIEW, decide};
use ca_core::domain::session::Stage;
use ca_core::flow::choose_reference::{Reference, reference_at};

use super::path;
use super::signed_in::SignedIn;
use crate::locale::Language;
use crate::page;
use crate::problem::Problem;
use crate::site::Site;

/// Who logged in.
const USER_ID: HeaderName = HeaderName::from_static("inkan-user-id");
/// In whose name: the reference user (参照ユーザ), or again who logged in.
const REFERENCE_USER_ID: HeaderName = HeaderName::from_static("inkan-reference-user-id");
/// The function that was asked about.
const FUNCTION: HeaderName = HeaderName::from_static("inkan-function");
/// The action that was asked about.
const ACTION: HeaderName = HeaderName::from_static("inkan-action");
/// Serial number of the certificate that was shown, in hex.
const CERTIFICATE_SERIAL: HeaderName = HeaderName::from_static("inkan-certificate-serial");
/// What the matrix said: `allow`, `deny` or `refer`.
const DECISION: HeaderName = HeaderName::from_static("inkan-decision");

/// What is asked.
struct Question {
    function: String,
    action: String,
}

impl Question {
    /// Reads the query: `function` and perhaps `action`, each once, nothing else.
    fn of(query: &str) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::from_query(query)
            .map_err(|_| Problem::Malformed("not a query"))?;
        let (mut function, mut action) = (None, None);
        for (name, value) in pairs.into_inner() {
            let place = match name.as_str() {
                "function" => &mut function,
                "action" => &mut action,
                _ => {
                    return Err(Problem::Malformed(
                        "a parameter that is not function or action",
                    ));
                }
            };
            if place.replace(value).is_some() {
                return Err(Problem::Malformed("a parameter was sent twice"));
            }
        }
        Ok(Self {
            function: function.ok_or(Problem::Malformed("function is missing"))?,
            action: action.unwrap_or_else(|| VIEW.to_owned()),
        })
    }
}

pub(super) async fn check(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = match Question::of(request.query_string()) {
        Ok(asked) => asked,
        Err(Problem::Malformed(why)) => {
            tracing::info!(why, "forward-auth was asked wrongly");
            let text = [
                "照会の形式が正しくありません。",
                "The question is malformed.",
            ];
            return Ok(answer(StatusCode::BAD_REQUEST).body(body(text, None)));
        }
        Err(problem) => return Err(problem),
    };
    // Said before anything about the user: it is the proxy's configuration that is wrong.
    let visit = crate::visit::Visit::of(&request)?;
    let function = visit.site.access.function(&asked.function);
    if !function.is_some_and(|function| function.has(&asked.action)) {
        let text = [
            "この機能は登録されていません。",
            "There is no such function or action.",
        ];
        return Ok(answer(StatusCode::NOT_FOUND).body(body(text, None)));
    }
    let signed_in = SignedIn::of(&request).await?;
    let Some(signed_in) = signed_in.filter(|own| own.session.stage != Stage::ChangePassword) else {
        let login = address(&visit.site, path::LOGIN);
        let text = [
            "ポータルにログインしてください。",
            "Please log in at the portal.",
        ];
        return Ok(answer(StatusCode::UNAUTHORIZED)
            .insert_header((WWW_AUTHENTICATE, "Inkan"))
            .body(body(text, Some(&login))));
    };
    judge(&signed_in, &asked).await
}

async fn judge(signed_in: &SignedIn, asked: &Question) -> Result<HttpResponse, Problem> {
    let site = &signed_in.visit.site;
    let (own, session, now) = (
        signed_in.account.clone(),
        signed_in.session.clone(),
        signed_in.now,
    );
    let found = signed_in
        .read(move |site| reference_at(&site.store, &own, &session, &site.classes, now))
        .await?;
    let Reference { who, for_whom, .. } = &found;
    let decision = decide(&site.access, who, for_whom, &asked.function, &asked.action);
    tracing::debug!(who = %who.user_id, for_whom = %for_whom.user_id, function = asked.function,
        action = asked.action, decision = decision.as_str(), "forward-auth");
    let status = match decision {
        Decision::Allow => StatusCode::OK,
        Decision::Deny | Decision::Refer(_) => StatusCode::FORBIDDEN,
    };
    let mut reply = answer(status);
    let serial = signed_in.certificate.serial.to_hex();
    for (name, value) in [
        (USER_ID, who.user_id.as_str()),
        (REFERENCE_USER_ID, for_whom.user_id.as_str()),
        (FUNCTION, &asked.function),
        (ACTION, &asked.action),
        (CERTIFICATE_SERIAL, &serial),
        (DECISION, decision.as_str()),
    ] {
        let value = HeaderValue::from_str(value).map_err(Problem::internal)?;
        reply.insert_header((name, value));
    }
    let home = address(site, path::TOP);
    Ok(match decision {
        Decision::Allow => reply.finish(),
        Decision::Deny => {
            let text = [
                "この参照ユーザでは、この機能を利用できません。",
                "This function is not open to this reference user.",
            ];
            reply.body(body(text, Some(&home)))
        }
        Decision::Refer(text) => reply.body(body([&text.japanese, &text.english], Some(&home))),
    })
}

/// The whole address of a page of the portal, as browsers reach it.
fn address(site: &Site, path: &str) -> String {
    let origin = site.config.portal_url();
    format!("{}{path}", origin.trim_end_matches('/'))
}

/// A reply that no cache keeps; HTML, because Traefik and Caddy hand it on to the browser.
fn answer(status: StatusCode) -> HttpResponseBuilder {
    let mut reply = HttpResponse::build(status);
    reply.content_type(page::HTML);
    reply
}

/// A page without style in both languages: it is read under the application's address, where ours has no files.
fn body(text: [&str; 2], link: Option<&str>) -> String {
    let [japanese, english] = text.map(page::escaped);
    let language = Language::Japanese.tag();
    let link = link.map(page::escaped).map_or_else(String::new, |url| {
        format!("<p><a href=\"{url}\">{url}</a></p>\n")
    });
    format!(
        "<!doctype html>\n<html lang=\"{language}\"><meta charset=\"utf-8\"><title>{japanese}</title>\n\
         <h1>{japanese}</h1>\n<p lang=\"en\">{english}</p>\n{link}</html>\n"
    )
}
