//! Which agent acts for which office: the list, one entered, one ended. Many come by `ca-cli delegation import`.

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::delegation::{DelegationField, DelegationForm, DelegationReason, Phase};
use ca_core::domain::search::SearchText;
use ca_core::flow::add_delegation::{AddDelegationError, add_delegation};
use ca_core::flow::end_delegation::{EndDelegationError, end_delegation};
use ca_core::store::account::Account;
use ca_core::store::delegation::Delegation;
use ca_core::store::listed::Listed;
use ca_core::store::{StoreError, account, account_search, delegation};
use serde::Deserialize;

use super::filter::encoded;
use super::pager::{PAGE_ROWS, Pager};
use super::signed_in::SignedIn;
use super::words;
use crate::applicant::fault::Faults;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;

const LIST: &str = "/console/delegations";
/// Longest text of a field that is looked at.
const LONGEST: usize = 40;

/// The question before one is ended.
#[derive(Template)]
#[template(path = "console/delegation_end.html")]
struct EndPage {
    page: Page,
    section: &'static str,
    row: Row,
}

/// The query of the list's address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    user_id: String,
    page: String,
}

/// One party of a delegation.
#[derive(Debug, Default)]
struct Party {
    user_id: String,
    name: String,
}

/// One delegation in the list.
#[derive(Debug)]
struct Row {
    id: i64,
    office: Party,
    agent: Party,
    days: String,
    state: String,
    can_end: bool,
}

#[derive(Template)]
#[template(path = "console/delegations.html")]
struct DelegationsPage {
    page: Page,
    section: &'static str,
    faults: Faults,
    typed: DelegationForm,
    sought: String,
    rows: Vec<Row>,
    pager: Pager,
}

impl DelegationsPage {
    /// What was typed into a field.
    fn entered(&self, field: DelegationField) -> &str {
        self.typed.entered(field)
    }
}

pub(super) async fn show(
    signed_in: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Problem> {
    let (typed, faults) = (DelegationForm::default(), Faults::default());
    draw(&signed_in, &query, typed, faults).await
}

pub(super) async fn add(signed_in: SignedIn, form: Form) -> Result<HttpResponse, Problem> {
    let mut typed = DelegationForm::default();
    for field in DelegationField::ALL {
        let text = form.text(field.name()).chars().take(LONGEST);
        typed.set(field, text.collect::<String>());
    }
    if form.has("redraw") {
        // The other language, with what was typed.
        return draw(&signed_in, &Query::default(), typed, Faults::default()).await;
    }
    let page = signed_in.page();
    let mut faults = Faults::new(page.t("errors-title"));
    match typed.check(&signed_in.visit.site.classes) {
        Ok(details) => {
            let (operator, now) = (signed_in.operator.clone(), signed_in.now);
            let added = signed_in.read(move |site| {
                match add_delegation(&site.store, &operator, now, details) {
                    Err(AddDelegationError::Store(error)) => Err(error),
                    answered => Ok(answered),
                }
            });
            match added.await? {
                Ok(()) => return Ok(page::see_other(LIST)),
                Err(error) => note(&page, &mut faults, error),
            }
        }
        Err(wrong) => {
            for (field, reason) in wrong {
                faults.add(field.name(), reason_text(&page, &reason));
            }
        }
    }
    draw(&signed_in, &Query::default(), typed, faults).await
}

/// What would end, and a button; where it is over, the list says so.
pub(super) async fn ask_end(
    signed_in: SignedIn,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let found = signed_in.read(move |site| {
        site.store.read(|db| {
            let Some(held) = delegation::find(db, id)? else {
                return Ok(None);
            };
            let accounts = account::load_many(db, &[held.office_id, held.agent_id])?;
            Ok::<_, StoreError>(Some((held, accounts)))
        })
    });
    let (held, accounts) = found.await?.ok_or(Problem::NotFound)?;
    let page = signed_in.page();
    let row = row(&signed_in, &page, &held, &accounts);
    if !row.can_end {
        return Ok(page::see_other(LIST));
    }
    page::show(&EndPage {
        section: "delegations",
        row,
        page,
    })
}

pub(super) async fn end(
    signed_in: SignedIn,
    id: web::Path<i64>,
    _form: Form,
) -> Result<HttpResponse, Problem> {
    let (id, now) = (id.into_inner(), signed_in.now);
    let act = Act::new(Actor::Operator(signed_in.operator.name.clone()), now);
    let ended = signed_in.read(
        move |site| match end_delegation(&site.store, &act, id, None) {
            Err(EndDelegationError::Store(error)) => Err(error),
            answered => Ok(answered),
        },
    );
    match ended.await? {
        // Ended twice is ended.
        Ok(()) | Err(EndDelegationError::Over(_)) => Ok(page::see_other(LIST)),
        Err(EndDelegationError::Unknown(_)) => Err(Problem::NotFound),
        Err(error) => Err(Problem::internal(error)),
    }
}

fn note(page: &Page, faults: &mut Faults, error: AddDelegationError) {
    let (field, text) = match error {
        AddDelegationError::NotAllowed(field, decision) => {
            (field, words::refusal(page, &decision).unwrap_or_default())
        }
        AddDelegationError::Unfit(field, reason) if page.is_japanese() => {
            (field, reason.japanese())
        }
        AddDelegationError::Unfit(field, reason) => (field, reason.to_string()),
        AddDelegationError::Store(error) => (DelegationField::Office, error.to_string()),
    };
    faults.add(field.name(), text);
}

fn reason_text(page: &Page, reason: &DelegationReason) -> String {
    match page.is_japanese() {
        true => reason.japanese(),
        false => reason.to_string(),
    }
}

/// The delegations of a page, with the accounts that they name.
type Found = (Listed<Delegation>, HashMap<i64, Account>);

async fn draw(
    signed_in: &SignedIn,
    query: &Query,
    typed: DelegationForm,
    faults: Faults,
) -> Result<HttpResponse, Problem> {
    let current: i64 = query.page.parse().unwrap_or(1).clamp(1, 10_000);
    let sought: String = query.user_id.trim().chars().take(LONGEST).collect();
    let wanted = SearchText::parse(&sought);
    let found: Found = signed_in
        .read(move |site| {
            site.store.read(|db| {
                let chosen = wanted.map(|wanted| account_search::matching(db, &wanted));
                let chosen = chosen.transpose()?;
                let offset = (current - 1) * PAGE_ROWS;
                let mut listed = delegation::page(db, chosen.as_deref(), offset, PAGE_ROWS)?;
                let parties = listed.rows.iter();
                let ids = parties.flat_map(|row| [row.office_id, row.agent_id]);
                let ids: Vec<i64> = ids.collect();
                let accounts = account::load_many(db, &ids)?;
                listed
                    .unreadable
                    .extend(account::unreadable(&ids, &accounts));
                Ok::<_, StoreError>((listed, accounts))
            })
        })
        .await?;
    let (listed, accounts) = found;
    let page = signed_in.page().without(&listed.unreadable);
    let status = match faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let url = |page: i64| format!("{LIST}?user_id={}&page={page}", encoded(&sought));
    let shown = DelegationsPage {
        section: "delegations",
        faults,
        typed,
        rows: listed
            .rows
            .iter()
            .map(|held| row(signed_in, &page, held, &accounts))
            .collect(),
        pager: Pager::of(&page, current, listed.total, url),
        sought: sought.clone(),
        page,
    };
    page::reply(status, &shown)
}

fn row(
    signed_in: &SignedIn,
    page: &Page,
    held: &Delegation,
    accounts: &HashMap<i64, Account>,
) -> Row {
    let party = |id: i64| {
        let account = accounts.get(&id);
        account.map_or_else(Party::default, |account| Party {
            user_id: account.user_id.to_string(),
            name: account.name.clone(),
        })
    };
    let phase = held.period().phase_at(signed_in.now);
    let state = match phase {
        Phase::Over => "delegation-over",
        Phase::InForce => "delegation-holds",
        Phase::Planned => "delegation-planned",
    };
    let from = page.day(held.starts_at);
    let days = match held.ends_at {
        // The last day, not the first on which it does not hold any more.
        Some(end) => {
            let until = page.day(end - chrono::TimeDelta::milliseconds(1));
            page.with("delegation-days", [("from", from), ("until", until)])
        }
        None => page.with("delegation-days-open", [("from", from)]),
    };
    Row {
        id: held.id,
        office: party(held.office_id),
        agent: party(held.agent_id),
        days,
        state: page.t(state),
        can_end: phase != Phase::Over,
    }
}
