//! Yes or no to one application.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use ca_core::domain::reissue::ReissueId;
use ca_core::domain::text::{EnteredLines, TextError};
use ca_core::flow::accept_reissue::{Acceptance, ReissueDecision, accept_reissue};
use ca_core::flow::reject_reissue::reject_reissue;

use super::show::{Again, draw};
use super::word::StateWord;
use crate::console::signed_in::SignedIn;
use crate::console::words;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;

/// Longest note, in characters.
pub(super) const LONGEST_NOTE: usize = 200;

#[derive(Template)]
#[template(path = "console/reissue_outcome.html")]
struct OutcomePage {
    page: Page,
    section: &'static str,
    id: ReissueId,
    title: String,
    text: String,
    done: bool,
}

/// What the operator said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Accept,
    Reject,
}

pub(in crate::console) async fn send(
    signed_in: SignedIn,
    id: web::Path<String>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let id = ReissueId::parse(&id).map_err(|_| Problem::NotFound)?;
    // Another language was asked for: the page again, with the note.
    if form.has("redraw") {
        let again = Again {
            wrong: None,
            note: form.text("note").to_owned(),
        };
        return draw(&signed_in, id, again, StatusCode::OK).await;
    }
    let said = match form.required("decision")? {
        "accept" => Said::Accept,
        "reject" => Said::Reject,
        _ => return Err(Problem::Malformed("decision")),
    };
    let note = match note(&signed_in.page(), form.text("note"), said) {
        Ok(note) => note,
        Err(wrong) => {
            let again = Again {
                wrong: Some(wrong),
                note: form.text("note").to_owned(),
            };
            return draw(&signed_in, id, again, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let decision = decide(&signed_in, id.clone(), said, note).await?;
    answer(signed_in.page(), id, said, &decision)
}

/// The note: to be given for a rejection, as one likes for an acceptance.
fn note(page: &Page, typed: &str, said: Said) -> Result<Option<String>, String> {
    match EnteredLines::parse(typed, LONGEST_NOTE) {
        Ok(lines) => Ok(Some(lines.into())),
        Err(TextError::Empty) if said == Said::Accept => Ok(None),
        Err(error) => {
            let why = if page.is_japanese() {
                error.japanese()
            } else {
                error.to_string()
            };
            Err(page.with("reissues-note-wrong", [("why", why)]))
        }
    }
}

async fn decide(
    signed_in: &SignedIn,
    id: ReissueId,
    said: Said,
    note: Option<String>,
) -> Result<ReissueDecision, Problem> {
    let (operator, now) = (signed_in.operator.clone(), signed_in.now);
    let decided = signed_in.read(move |site| match said {
        Said::Accept => {
            let acceptance = Acceptance {
                note: note.as_deref(),
                host: &site.config.service.host,
            };
            let random = site.random.as_ref();
            accept_reissue(&site.store, random, now, &operator, &id, acceptance)
        }
        Said::Reject => {
            let reason = note.unwrap_or_default();
            reject_reissue(&site.store, now, &operator, &id, &reason)
        }
    });
    decided.await
}

fn answer(
    page: Page,
    id: ReissueId,
    said: Said,
    decision: &ReissueDecision,
) -> Result<HttpResponse, Problem> {
    let done = *decision == ReissueDecision::Done;
    let (title, text) = match (decision, said) {
        (ReissueDecision::Done, Said::Accept) => (
            page.t("reissues-accepted-title"),
            page.t("reissues-accepted-next"),
        ),
        (ReissueDecision::Done, Said::Reject) => (
            page.t("reissues-rejected-title"),
            page.t("reissues-rejected-next"),
        ),
        (refused, _) => (page.t("reissues-refused-title"), why(&page, refused)),
    };
    let status = if done {
        StatusCode::OK
    } else {
        StatusCode::CONFLICT
    };
    page::reply(
        status,
        &OutcomePage {
            section: "reissues",
            id,
            title,
            text,
            done,
            page,
        },
    )
}

fn why(page: &Page, decision: &ReissueDecision) -> String {
    match decision {
        ReissueDecision::Done => String::new(),
        ReissueDecision::NoSuchApplication => page.t("reissues-refused-none"),
        ReissueDecision::NotWaiting(state) => {
            let state = StateWord(*state).label(page);
            page.with("reissues-refused-decided", [("state", state)])
        }
        ReissueDecision::NoSuchAccount => page.t("reissues-no-such-id-next"),
        ReissueDecision::Refused(why) => words::refusal(page, why).unwrap_or_default(),
    }
}
