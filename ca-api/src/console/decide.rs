//! Yes or no to one request or to many; each gets an answer of its own.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use ca_core::domain::approval::ApprovalKey;
use ca_core::domain::request::RequestId;
use ca_core::domain::text::EnteredLines;
use ca_core::flow::approve_requests::{Decision, Seen, approve_requests};
use ca_core::flow::reject_requests::{Rejection, reject_requests};
use ca_core::flow::retry_request::retry_request;
use ca_core::store::{Db, StoreError, StoreResult, account, request};

use super::filter::own_way_back;
use super::signed_in::SignedIn;
use super::words;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;

/// Longest reason, in characters: it has to fit into a mail and a card.
const LONGEST_REASON: usize = 200;
/// Most requests in one form; a page of the list has fewer.
const MOST_CHOSEN: usize = 100;
/// Name of the form's list of chosen requests.
const CHOSEN: &str = "chosen[]";

/// What came of one request.
#[derive(Debug)]
struct OutcomeRow {
    id: RequestId,
    user_id: String,
    name: String,
    done: bool,
    outcome: String,
    why: Option<String>,
}

#[derive(Template)]
#[template(path = "console/outcome.html")]
struct OutcomePage {
    page: Page,
    section: &'static str,
    title: String,
    summary: String,
    done: usize,
    refused: usize,
    rows: Vec<OutcomeRow>,
    back: String,
}

/// One request to be rejected, as the form repeats it.
#[derive(Debug)]
struct ChosenRow {
    id: RequestId,
    pick: String,
    user_id: String,
    name: String,
    kind: String,
}

#[derive(Template)]
#[template(path = "console/reject.html")]
struct RejectPage {
    page: Page,
    section: &'static str,
    title: String,
    wrong: Option<String>,
    reason: String,
    longest: usize,
    rows: Vec<ChosenRow>,
    back: String,
}

/// What was done, for the words of the outcome.
#[derive(Debug, Clone, Copy)]
enum Act {
    Approved,
    Rejected,
    Retried,
}

pub(super) async fn decide(signed_in: SignedIn, form: Form) -> Result<HttpResponse, Problem> {
    let seen = seen(&form)?;
    if seen.is_empty() {
        return nothing_chosen(&signed_in, &form);
    }
    match form.required("decision")? {
        "approve" => approve(signed_in, form, seen).await,
        "reject" if !form.has("reason") || form.has("redraw") => {
            ask_reason(&signed_in, &form, seen, None).await
        }
        "reject" => reject(signed_in, form, seen).await,
        _ => Err(Problem::Malformed("decision")),
    }
}

pub(super) async fn retry(
    signed_in: SignedIn,
    id: actix_web::web::Path<String>,
    _form: Form,
) -> Result<HttpResponse, Problem> {
    let id = RequestId::parse(&id).map_err(|_| Problem::NotFound)?;
    let (operator, now) = (signed_in.operator.clone(), signed_in.now);
    let key = approval_key(&signed_in)?;
    let done = signed_in.read(move |site| -> StoreResult<_> {
        let decision = retry_request(&site.store, &key, now, &operator, &id)?;
        name_all(site, vec![(id, decision)])
    });
    answer(&signed_in, Act::Retried, &done.await?, own_way_back(""))
}

/// The key of approvals; a process without it does not serve the console.
fn approval_key(signed_in: &SignedIn) -> Result<ApprovalKey, Problem> {
    let key = signed_in.visit.site.approval_key.clone();
    key.ok_or_else(|| Problem::Internal("there is no approval key here".into()))
}

async fn approve(
    signed_in: SignedIn,
    form: Form,
    seen: Vec<Seen>,
) -> Result<HttpResponse, Problem> {
    let (operator, now) = (signed_in.operator.clone(), signed_in.now);
    let key = approval_key(&signed_in)?;
    let done = signed_in.read(move |site| -> StoreResult<_> {
        let decisions = approve_requests(&site.store, &key, now, &operator, &seen)?;
        name_all(site, decisions)
    });
    let back = own_way_back(form.text("back"));
    answer(&signed_in, Act::Approved, &done.await?, back)
}

async fn reject(signed_in: SignedIn, form: Form, seen: Vec<Seen>) -> Result<HttpResponse, Problem> {
    let reason = match EnteredLines::parse(form.text("reason"), LONGEST_REASON) {
        Ok(reason) => String::from(reason),
        Err(error) => {
            let page = signed_in.page();
            let wrong = if page.is_japanese() {
                page.with("console-reject-wrong", [("why", error.japanese())])
            } else {
                page.with("console-reject-wrong", [("why", error.to_string())])
            };
            return ask_reason(&signed_in, &form, seen, Some(wrong)).await;
        }
    };
    let (operator, now) = (signed_in.operator.clone(), signed_in.now);
    let done = signed_in.read(move |site| -> StoreResult<_> {
        let ids: Vec<RequestId> = seen.into_iter().map(|seen| seen.request_id).collect();
        let rejection = Rejection {
            reason: &reason,
            host: &site.config.service.host,
        };
        let random = site.random.as_ref();
        let decisions = reject_requests(&site.store, random, now, &operator, &ids, rejection)?;
        name_all(site, decisions)
    });
    let back = own_way_back(form.text("back"));
    answer(&signed_in, Act::Rejected, &done.await?, back)
}

/// The requests that the form names, each with the digest of what was shown.
fn seen(form: &Form) -> Result<Vec<Seen>, Problem> {
    let read = |text: &str| {
        let (id, digest) = text.split_once('.')?;
        let request_id = RequestId::parse(id).ok()?;
        let hex = digest.bytes().all(|b| b.is_ascii_hexdigit());
        (hex && digest.len() <= 64).then(|| Seen {
            request_id,
            digest: digest.to_owned(),
        })
    };
    let chosen: Option<Vec<Seen>> = form.list(CHOSEN).map(read).collect();
    let mut chosen = chosen.ok_or(Problem::Malformed(CHOSEN))?;
    chosen.sort_by(|one, other| one.request_id.cmp(&other.request_id));
    chosen.dedup_by(|one, other| one.request_id == other.request_id);
    if chosen.len() > MOST_CHOSEN {
        return Err(Problem::TooLarge);
    }
    Ok(chosen)
}

/// A decision with the account it was about.
struct Named {
    id: RequestId,
    user_id: String,
    name: String,
    kind: Option<ca_core::domain::request::RequestKind>,
    decision: Decision,
}

fn name_all(
    site: &crate::site::Site,
    decisions: Vec<(RequestId, Decision)>,
) -> StoreResult<Vec<Named>> {
    let named = |db: &mut Db| {
        let each = decisions.into_iter();
        each.map(|(id, decision)| name_one(db, id, decision))
            .collect()
    };
    site.store.read(named)
}

fn name_one(db: &mut Db, id: RequestId, decision: Decision) -> Result<Named, StoreError> {
    let found = request::find(db, &id)?;
    let account = found
        .as_ref()
        .map(|found| account::load(db, found.account_id));
    let account = account.transpose()?;
    Ok(Named {
        user_id: account
            .as_ref()
            .map(|own| own.user_id.to_string())
            .unwrap_or_default(),
        name: account.map(|account| account.name).unwrap_or_default(),
        kind: found.map(|found| found.kind),
        id,
        decision,
    })
}

fn answer(
    signed_in: &SignedIn,
    act: Act,
    named: &[Named],
    back: &str,
) -> Result<HttpResponse, Problem> {
    let page = signed_in.page();
    let done = named.iter().filter(|one| one.decision.is_done()).count();
    let refused = named.len() - done;
    let row = |one: &Named| {
        let why = words::refusal(&page, &one.decision);
        OutcomeRow {
            id: one.id.clone(),
            user_id: one.user_id.clone(),
            name: one.name.clone(),
            done: why.is_none(),
            outcome: outcome_word(&page, act, &one.decision),
            why,
        }
    };
    let status = if done == 0 {
        StatusCode::CONFLICT
    } else {
        StatusCode::OK
    };
    let outcome = OutcomePage {
        section: "requests",
        title: title(&page, act),
        summary: if named.iter().any(|one| one.decision == Decision::AskedAgain) {
            page.t("console-summary-asked-again")
        } else {
            summary(&page, act, done, refused)
        },
        done,
        refused,
        rows: named.iter().map(row).collect(),
        back: back.to_owned(),
        page,
    };
    page::reply(status, &outcome)
}

fn title(page: &Page, act: Act) -> String {
    match act {
        Act::Approved => page.t("console-approved-title"),
        Act::Rejected => page.t("console-rejected-title"),
        Act::Retried => page.t("console-retried-title"),
    }
}

fn outcome_word(page: &Page, act: Act, decision: &Decision) -> String {
    match (decision, act) {
        (Decision::AskedAgain, _) => page.t("console-outcome-asked-again"),
        (Decision::Done, Act::Approved) => page.t("console-outcome-approved"),
        (Decision::Done, Act::Rejected) => page.t("console-outcome-rejected"),
        (Decision::Done, Act::Retried) => page.t("console-outcome-retried"),
        _ => page.t("console-outcome-refused"),
    }
}

fn summary(page: &Page, act: Act, done: usize, refused: usize) -> String {
    let counts = [("done", done), ("refused", refused)];
    match (act, refused) {
        (_, refused) if done == 0 && refused > 0 => page.with("console-summary-none", counts),
        (Act::Approved, 0) => page.with("console-summary-approved", counts),
        (Act::Rejected, 0) => page.with("console-summary-rejected", counts),
        (Act::Retried, _) => page.with("console-summary-retried", counts),
        (Act::Approved, _) => page.with("console-summary-approved-some", counts),
        (Act::Rejected, _) => page.with("console-summary-rejected-some", counts),
    }
}

fn nothing_chosen(signed_in: &SignedIn, form: &Form) -> Result<HttpResponse, Problem> {
    let page = signed_in.page();
    let outcome = OutcomePage {
        section: "requests",
        title: page.t("console-nothing-chosen"),
        summary: page.t("console-nothing-chosen-next"),
        done: 0,
        refused: 1,
        rows: Vec::new(),
        back: own_way_back(form.text("back")).to_owned(),
        page,
    };
    page::reply(StatusCode::UNPROCESSABLE_ENTITY, &outcome)
}

async fn ask_reason(
    signed_in: &SignedIn,
    form: &Form,
    seen: Vec<Seen>,
    wrong: Option<String>,
) -> Result<HttpResponse, Problem> {
    let undecided = seen
        .iter()
        .map(|one| (one.request_id.clone(), Decision::Done));
    let undecided: Vec<_> = undecided.collect();
    let named = signed_in
        .read(move |site| name_all(site, undecided))
        .await?;
    let page = signed_in.page();
    let rows = named.into_iter().zip(&seen).map(|(one, seen)| ChosenRow {
        id: one.id,
        pick: format!("{}.{}", seen.request_id, seen.digest),
        user_id: one.user_id,
        name: one.name,
        kind: one
            .kind
            .map(|kind| words::kind(&page, kind))
            .unwrap_or_default(),
    });
    let status = match wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let asked = RejectPage {
        section: "requests",
        title: page.with("console-reject-title", [("count", seen.len())]),
        wrong,
        reason: form.text("reason").to_owned(),
        longest: LONGEST_REASON,
        rows: rows.collect(),
        back: own_way_back(form.text("back")).to_owned(),
        page,
    };
    page::reply(status, &asked)
}
