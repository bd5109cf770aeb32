//! How to see an imported root's thumbprint, and a check for misreading that works without script.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::authority::{self, Root};
use super::picture::Picture;
use super::typed::{self, Answer, Group};
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::visit::Visit;

/// Most characters looked at; a pasted SHA-256 with colons has 95.
const MOST: usize = 200;

/// What was typed. A thumbprint is public, so it may stand in the address.
#[derive(Debug, Deserialize)]
pub(super) struct Check {
    thumbprint: Option<String>,
}

#[derive(Template)]
#[template(path = "help/thumbprint.html")]
struct ThumbprintPage {
    page: Page,
    picture: Picture,
    authority: Option<String>,
    typed: String,
    /// What is wrong with what was typed.
    wrong: Option<String>,
    outcome: Outcome,
}

/// What the page says below its form.
#[derive(Debug)]
enum Outcome {
    Unasked,
    Unavailable,
    Same,
    Different(Vec<Group>),
}

pub(super) async fn show(visit: Visit, check: web::Query<Check>) -> Result<HttpResponse, Problem> {
    let page = visit.page();
    let roots = authority::roots(&visit).await?;
    let typed = check.into_inner().thumbprint;
    let (wrong, outcome) = match outcome(&page, &roots, typed.as_deref()) {
        Ok(outcome) => (None, outcome),
        Err(wrong) => (Some(wrong), Outcome::Unasked),
    };
    let status = match wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let shown = ThumbprintPage {
        picture: Picture::Thumbprint,
        authority: names(roots),
        typed: typed.unwrap_or_default().chars().take(MOST).collect(),
        wrong,
        outcome,
        page,
    };
    page::reply(status, &shown)
}

/// What people may see as the issuer.
fn names(roots: Vec<Root>) -> Option<String> {
    let names: Vec<String> = roots.into_iter().map(|root| root.name).collect();
    (!names.is_empty()).then(|| names.join(" / "))
}

/// The outcome, or what to say beside the field.
/// While two roots are in use, either will do; differences are shown to the one in use.
fn outcome(page: &Page, roots: &[Root], typed: Option<&str>) -> Result<Outcome, String> {
    let Some(typed) = typed else {
        return Ok(Outcome::Unasked);
    };
    let mut answers = roots
        .iter()
        .map(|root| typed::compare(typed, &root.thumbprint));
    let Some(current) = answers.next() else {
        return Ok(Outcome::Unavailable);
    };
    if answers.any(|older| matches!(older, Answer::Same)) {
        return Ok(Outcome::Same);
    }
    match current {
        Answer::Empty => Err(page.t("help-thumbprint-empty")),
        Answer::Foreign { character, meant } => Err(foreign(page, character, meant)),
        Answer::Length(count) => Err(page.with("help-thumbprint-length", [("count", count)])),
        Answer::Same => Ok(Outcome::Same),
        Answer::Different(groups) => Ok(Outcome::Different(groups)),
    }
}

fn foreign(page: &Page, character: char, meant: Option<char>) -> String {
    match meant {
        Some(digit) => page.with(
            "help-thumbprint-character-o",
            [("character", character), ("digit", digit)],
        ),
        None => page.with("help-thumbprint-character", [("character", character)]),
    }
}
