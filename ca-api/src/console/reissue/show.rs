//! One application: who asks, whether that fits the register, and what would end.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use ca_core::domain::reissue::{ReissueId, ReissueState};
use ca_core::flow::accept_reissue::refusal;
use ca_core::flow::approve_requests::{Decision, objection};
use ca_core::store::account;
use ca_core::store::reissue::{self, Reissue};
use ca_core::store::{StoreError, StoreResult};
use chrono::{DateTime, Utc};

use super::impact::{Line, Standing, comparison};
use super::word::StateWord;
use crate::applicant::reissue::lost_label;
use crate::console::contact;
use crate::console::prospect::Fact;
use crate::console::signed_in::SignedIn;
use crate::console::{when, words};
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;

/// Earlier applications of the same ID that are shown.
const EARLIER: i64 = 10;

/// Another application of the same ID.
#[derive(Debug)]
struct Other {
    id: ReissueId,
    at: String,
    person: String,
    state: StateWord,
}

#[derive(Template)]
#[template(path = "console/reissue.html")]
struct ReissuePage {
    page: Page,
    section: &'static str,
    id: ReissueId,
    user_id: String,
    name: Option<String>,
    state: StateWord,
    lines: Vec<Line>,
    facts: Vec<Fact>,
    impact: Vec<Fact>,
    others: Vec<Other>,
    /// Why this operator cannot accept.
    barred: Option<String>,
    may_accept: bool,
    may_reject: bool,
    wrong: Option<String>,
    note: String,
    longest: usize,
}

/// What the store says about one application.
struct Found {
    applied: Reissue,
    standing: Option<Standing>,
    others: Vec<Reissue>,
}

/// What came back wrong, and what was typed.
#[derive(Debug, Default)]
pub(super) struct Again {
    pub wrong: Option<String>,
    pub note: String,
}

pub(in crate::console) async fn show(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = ReissueId::parse(&id).map_err(|_| Problem::NotFound)?;
    draw(&signed_in, id, Again::default(), StatusCode::OK).await
}

/// The page, perhaps with a fault in the form.
pub(super) async fn draw(
    signed_in: &SignedIn,
    id: ReissueId,
    again: Again,
    status: StatusCode,
) -> Result<HttpResponse, Problem> {
    let now = signed_in.now;
    let found = signed_in.read(move |site| find(site, &id, now)).await?;
    let found = found.ok_or(Problem::NotFound)?;
    page::reply(status, &lay_out(signed_in, found, again))
}

fn find(site: &Site, id: &ReissueId, now: DateTime<Utc>) -> StoreResult<Option<Found>> {
    site.store.read(|db| {
        let Some(applied) = reissue::find(db, id)? else {
            return Ok(None);
        };
        let standing = match account::find(db, &applied.user_id)? {
            Some(account) => Some(Standing::of(db, account, now)?),
            None => None,
        };
        let mut others = reissue::of_user_id(db, &applied.user_id, EARLIER + 1)?;
        others.retain(|other| other.id != applied.id);
        Ok::<_, StoreError>(Some(Found {
            applied,
            standing,
            others,
        }))
    })
}

fn lay_out(signed_in: &SignedIn, found: Found, again: Again) -> ReissuePage {
    let page = signed_in.page();
    let account = found.standing.as_ref().map(|standing| &standing.account);
    let waiting = found.applied.state == ReissueState::Waiting;
    let operator = &signed_in.operator;
    let why = account.and_then(|account| refusal(operator, account));
    let own = account.is_some_and(|account| objection(operator, account).is_some());
    let impact = match &found.standing {
        Some(standing) if waiting => standing.impact(&page),
        _ => Vec::new(),
    };
    let other = |one: &Reissue| Other {
        id: one.id.clone(),
        at: when::short(&page, one.submitted_at),
        person: one.person.clone(),
        state: StateWord(one.state),
    };
    ReissuePage {
        section: "reissues",
        user_id: found.applied.user_id.to_string(),
        name: account.map(|account| account.name.clone()),
        state: StateWord(found.applied.state),
        lines: comparison(&page, &found.applied, account),
        facts: {
            let mut facts = facts(&page, signed_in, &found.applied);
            facts.extend(
                account
                    .iter()
                    .flat_map(|account| contact::facts(&page, account)),
            );
            facts
        },
        impact,
        others: found.others.iter().map(other).collect(),
        barred: barred(&page, account.is_some(), why.as_ref()).filter(|_| waiting),
        may_accept: waiting && account.is_some() && why.is_none(),
        may_reject: waiting && !own,
        wrong: again.wrong,
        note: again.note,
        longest: super::decide::LONGEST_NOTE,
        id: found.applied.id,
        page,
    }
}

fn barred(page: &Page, known: bool, why: Option<&Decision>) -> Option<String> {
    if known {
        why.and_then(|why| words::refusal(page, why))
    } else {
        Some(page.t("reissues-no-such-id-next"))
    }
}

fn facts(page: &Page, signed_in: &SignedIn, applied: &Reissue) -> Vec<Fact> {
    let sent = Fact::new(
        page.t("console-column-since"),
        when::short(page, applied.submitted_at),
    );
    let mut facts = vec![
        sent.with_note(when::ago(page, applied.submitted_at, signed_in.now)),
        Fact::new(page.t("reissue-lost"), lost_label(page, applied.lost)),
    ];
    if let Some(detail) = &applied.detail {
        facts.push(Fact::new(page.t("reissues-detail"), detail));
    }
    facts.push(Fact::code(page.t("reissues-source"), &applied.source));
    if let (Some(at), Some(by)) = (applied.decided_at, &applied.decided_by) {
        let decided = format!("{} {by}", when::short(page, at));
        facts.push(Fact::new(page.t("console-decided"), decided));
    }
    if let Some(note) = &applied.note {
        facts.push(Fact::new(page.t("reissues-note"), note));
    }
    facts
}
