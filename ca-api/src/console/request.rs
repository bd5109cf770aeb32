//! One request: what will be signed, what changed since the last time, what happened so far, and the decision.

use actix_web::HttpResponse;
use actix_web::web;
use askama::Template;
use ca_core::config::RenewalStart;
use ca_core::domain::account::AccountStatus;
use ca_core::domain::request::{RequestId, RequestKind, RequestState};
use ca_core::flow::approve_requests::{digest_of, objection};
use ca_core::store::account::{self, Account};
use ca_core::store::audit::{self, AuditEntry};
use ca_core::store::authority::{self, Authority};
use ca_core::store::certificate::{self, Certificate};
use ca_core::store::listed::Listed;
use ca_core::store::request::{self, Request};
use ca_core::store::{StoreError, StoreResult};
use chrono::{DateTime, Utc};

use super::contact;
use super::history::{self, Event, short_digest};
use super::prospect::{Difference, Fact, Prospect, issued_facts};
use super::signed_in::SignedIn;
use super::when;
use super::words::{self, StateWord};
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;

/// What can be done here, and why not more.
#[derive(Debug, Default)]
struct Decide {
    note: Option<Note>,
    pick: String,
    digest: Option<String>,
    approve: bool,
    reject: bool,
    retry: bool,
}

/// A remark in a box.
#[derive(Debug)]
struct Note {
    class: &'static str,
    title: String,
    text: String,
}

#[derive(Template)]
#[template(path = "console/request.html")]
struct RequestPage {
    page: Page,
    section: &'static str,
    id: RequestId,
    user_id: String,
    user_id_text: String,
    name: String,
    state: StateWord,
    flags: Vec<String>,
    certificate_title: String,
    certificate: Vec<Fact>,
    has_last: bool,
    differences: Vec<Difference>,
    account: Vec<Fact>,
    history: Vec<Event>,
    times: Vec<Fact>,
    decide: Decide,
}

/// What the store says about one request.
struct Found {
    request: Request,
    account: Account,
    authority: Option<Authority>,
    certificates: Vec<Certificate>,
    entries: Listed<AuditEntry>,
}

impl Found {
    /// The certificate that answers this request.
    fn issued(&self) -> Option<&Certificate> {
        let own = |held: &&Certificate| held.request_id.as_ref() == Some(&self.request.id);
        self.certificates.iter().find(own)
    }

    /// The newest certificate from before this request.
    fn last(&self) -> Option<&Certificate> {
        let before = |held: &&Certificate| {
            held.request_id.as_ref() != Some(&self.request.id)
                && held.issued_at <= self.request.submitted_at
        };
        self.certificates.iter().find(before)
    }
}

pub(super) async fn show(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = RequestId::parse(&id).map_err(|_| Problem::NotFound)?;
    let found = signed_in.read(move |site| find(site, &id)).await?;
    let found = found.ok_or(Problem::NotFound)?;
    page::show(&draw(&signed_in, found))
}

fn find(site: &Site, id: &RequestId) -> StoreResult<Option<Found>> {
    site.store.read(|db| {
        let Some(request) = request::find(db, id)? else {
            return Ok(None);
        };
        Ok::<_, StoreError>(Some(Found {
            account: account::load(db, request.account_id)?,
            authority: authority::current(db)?,
            certificates: certificate::of_account(db, request.account_id)?,
            entries: audit::about(db, &format!("request:{id}"))?,
            request,
        }))
    })
}

fn draw(signed_in: &SignedIn, found: Found) -> RequestPage {
    let page = signed_in.page().without(&found.entries.unreadable);
    let site = &signed_in.visit.site;
    let prospect = Prospect {
        request: &found.request,
        profile: &site.profile,
        authority: found.authority.as_ref(),
        follows: follows(site, &found, signed_in.now),
        now: signed_in.now,
    };
    let certificate = match found.issued() {
        Some(issued) => issued_facts(&page, issued),
        None => prospect.facts(&page),
    };
    let differences = found.last().map(|last| prospect.differences(&page, last));
    RequestPage {
        section: "requests",
        user_id: found.account.user_id.to_string(),
        user_id_text: found.account.user_id.display_grouped(),
        state: StateWord(found.request.state),
        flags: flags(&page, signed_in, &found),
        certificate_title: certificate_title(&page, found.request.state),
        certificate,
        has_last: differences.is_some(),
        differences: differences.unwrap_or_default(),
        account: account_facts(&page, site, &found.account),
        history: history::events(&page, &found.entries.rows),
        times: times(&page, signed_in, &found.request),
        decide: decide(&page, signed_in, &found),
        name: found.account.name,
        id: found.request.id,
        page,
    }
}

/// The end that the new certificate follows, as the worker will decide it.
fn follows(site: &Site, found: &Found, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let back_to_back = site.config.renewal.start == RenewalStart::AtEndOfOld;
    if !back_to_back || found.request.kind != RequestKind::Renewal {
        return None;
    }
    let held = found.certificates.iter().filter(|own| own.will_hold(now));
    held.map(|own| own.not_after).max()
}

fn certificate_title(page: &Page, state: RequestState) -> String {
    match state {
        RequestState::Issued => page.t("console-certificate-issued"),
        RequestState::Rejected | RequestState::Withdrawn => page.t("console-certificate-asked"),
        _ => page.t("console-certificate-coming"),
    }
}

fn flags(page: &Page, signed_in: &SignedIn, found: &Found) -> Vec<String> {
    let classes = &signed_in.visit.site.classes;
    vec![
        words::kind(page, found.request.kind),
        words::class(page, classes, &found.account.user_id),
    ]
}

fn account_facts(page: &Page, site: &Site, account: &Account) -> Vec<Fact> {
    let address: Vec<&str> = account.address_lines().collect();
    let address = format!("〒{} {}", account.postal_code, address.join(" "));
    let registered = [
        ("by", account.registered_by.clone()),
        ("at", page.day(account.created_at)),
    ];
    let mail = account.mail_address.clone();
    let mail = mail.unwrap_or_else(|| page.t("console-no-mail"));
    let mut facts = vec![
        Fact::new(
            page.t("console-column-class"),
            words::class(page, &site.classes, &account.user_id),
        ),
        Fact::new(page.t("console-account-name"), &account.name),
        Fact::new(page.t("console-account-address"), address),
        Fact::new(page.t("console-column-mail"), mail),
        Fact::new(
            page.t("console-account-registered"),
            page.with("console-account-registered-by", registered),
        ),
    ];
    facts.extend(contact::facts(page, account));
    if account.status != AccountStatus::Active {
        let status = page.t("console-account-disabled");
        facts.push(Fact::new(page.t("console-column-status"), status));
    }
    facts
}

fn times(page: &Page, signed_in: &SignedIn, request: &Request) -> Vec<Fact> {
    let sent = Fact::new(
        page.t("console-column-since"),
        when::short(page, request.submitted_at),
    );
    let mut times = vec![sent.with_note(when::ago(page, request.submitted_at, signed_in.now))];
    if let Some(promised) = request.promised_at {
        let fact = Fact::new(
            page.t("console-column-promised"),
            when::short(page, promised),
        );
        let late = request.state.is_open() && promised < signed_in.now;
        times.push(if late {
            fact.with_alarm(page.t("console-overdue"))
        } else {
            fact
        });
    }
    if let Some(decided) = request.decided_at {
        let at = when::short(page, decided);
        times.push(Fact::new(page.t("console-decided"), at));
    }
    times
}

/// What this operator can do with this request, told before it is tried; the flow refuses the rest again.
fn decide(page: &Page, signed_in: &SignedIn, found: &Found) -> Decide {
    let state = found.request.state;
    let note = note(page, signed_in, found);
    let open = matches!(state, RequestState::Pending | RequestState::Failed);
    if !open || objection(&signed_in.operator, &found.account).is_some() {
        return Decide {
            note,
            ..Decide::default()
        };
    }
    let digest = digest_of(&found.request, &found.account).unwrap_or_default();
    let pending = state == RequestState::Pending;
    Decide {
        note,
        pick: format!("{}.{digest}", found.request.id),
        digest: pending.then(|| short_digest(&digest)),
        approve: pending && found.account.status == AccountStatus::Active,
        reject: true,
        retry: state == RequestState::Failed,
    }
}

fn note(page: &Page, signed_in: &SignedIn, found: &Found) -> Option<Note> {
    let warn = |title: String, text: String| Note {
        class: "warn",
        title,
        text,
    };
    let refusal = objection(&signed_in.operator, &found.account)
        .filter(|_| found.request.state.is_open())
        .and_then(|objection| words::refusal(page, &objection));
    if let Some(why) = refusal {
        return Some(warn(page.t("console-barred"), why));
    }
    let failure = found.request.failure.clone().unwrap_or_default();
    let reason = found.request.rejection_reason.clone().unwrap_or_default();
    match found.request.state {
        RequestState::Pending if found.account.status != AccountStatus::Active => Some(warn(
            page.t("console-account-disabled"),
            page.t("console-refusal-disabled"),
        )),
        RequestState::Pending => None,
        RequestState::Failed => Some(Note {
            class: "errors",
            title: page.t("console-failed"),
            text: failure,
        }),
        RequestState::Approved => Some(Note {
            class: "note",
            title: page.t("console-approved-note"),
            text: window(page, signed_in),
        }),
        RequestState::Signing => Some(Note {
            class: "note",
            title: page.t("console-signing-note"),
            text: String::new(),
        }),
        RequestState::Issued => Some(Note {
            class: "good",
            title: page.t("console-issued-note"),
            text: String::new(),
        }),
        RequestState::Rejected => Some(warn(page.t("console-rejected-note"), reason)),
        RequestState::Withdrawn => Some(warn(page.t("console-withdrawn-note"), String::new())),
    }
}

fn window(page: &Page, signed_in: &SignedIn) -> String {
    let calendar = &signed_in.visit.site.calendar;
    super::window::of(calendar, None, signed_in.now).sentence(page)
}
