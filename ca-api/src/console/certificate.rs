//! One certificate: its facts, its history, and what can be done to it.

use actix_web::HttpResponse;
use actix_web::web;
use askama::Template;
use ca_core::domain::audit_act::AuditAct;
use ca_core::domain::certificate::CertificateStatus;
use ca_core::domain::revocation::RevocationReason;
use ca_core::domain::serial::SerialNumber;
use ca_core::store::account::Account;
use ca_core::store::audit::AuditEntry;
use ca_core::store::certificate::Certificate;
use ca_core::store::listed::Listed;
use ca_core::store::{Db, StoreError, StoreResult, account, audit, certificate};
use serde::Deserialize;

use super::certificates::{Status, purpose};
use super::history::{self, Event};
use super::queue::Choice;
use super::revoke::{reason_word, reasons};
use super::signed_in::SignedIn;
use crate::page::{self, Page};
use crate::problem::Problem;

/// What was just done, in the address after a form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    done: String,
    count: String,
}

/// One line of facts.
#[derive(Debug)]
struct Fact {
    what: String,
    value: String,
    code: bool,
}

#[derive(Template)]
#[template(path = "console/certificate.html")]
struct CertificatePage {
    page: Page,
    section: &'static str,
    done: Option<String>,
    serial: String,
    subject: String,
    status: Status,
    facts: Vec<Fact>,
    history: Vec<Event>,
    may_hold: bool,
    may_release: bool,
    may_revoke: bool,
    has_account: bool,
    reasons: Vec<Choice>,
}

/// A certificate with what belongs to it.
struct Held {
    certificate: Certificate,
    account: Option<Account>,
    entries: Listed<AuditEntry>,
}

pub(super) async fn show(
    signed_in: SignedIn,
    serial: web::Path<String>,
    query: web::Query<Query>,
) -> Result<HttpResponse, Problem> {
    let serial = SerialNumber::from_hex(&serial).map_err(|_| Problem::NotFound)?;
    let held = signed_in.read(move |site| site.store.read(|db| find(db, serial)));
    let held = held.await?.ok_or(Problem::NotFound)?;
    page::show(&draw(&signed_in, &held, &query))
}

fn find(db: &mut Db, serial: SerialNumber) -> StoreResult<Option<Held>> {
    let Some(certificate) = certificate::find(db, serial)? else {
        return Ok(None);
    };
    let account = certificate.account_id.map(|id| account::load(db, id));
    let account = account.transpose()?;
    let mut entries = audit::about(db, &format!("certificate:{serial}"))?;
    if let Some(request) = &certificate.request_id {
        let of_request = audit::about(db, &format!("request:{request}"))?;
        let issued = of_request
            .rows
            .into_iter()
            .filter(|one| one.act == AuditAct::CertificateIssue.as_str());
        entries.rows.splice(0..0, issued);
        entries.unreadable.extend(of_request.unreadable);
    }
    Ok::<_, StoreError>(Some(Held {
        certificate,
        account,
        entries,
    }))
}

fn draw(signed_in: &SignedIn, held: &Held, query: &Query) -> CertificatePage {
    let page = signed_in.page().without(&held.entries.unreadable);
    let own = &held.certificate;
    let mut history = history::events(&page, &held.entries.rows);
    for event in &mut history {
        let reason = event.note.clone().map(RevocationReason::try_from);
        if let Some(Ok(reason)) = reason {
            event.note = Some(reason_word(&page, reason));
        }
    }
    CertificatePage {
        section: "certificates",
        done: done(&page, query),
        serial: own.serial.to_hex(),
        subject: own.subject.clone(),
        status: Status::of(&page, own.status, own.not_after, signed_in.now),
        facts: facts(&page, held),
        history,
        may_hold: own.status == CertificateStatus::Valid,
        may_release: own.status == CertificateStatus::Held,
        may_revoke: own.status != CertificateStatus::Revoked,
        has_account: held.account.is_some(),
        reasons: reasons(&page, ""),
        page,
    }
}

fn done(page: &Page, query: &Query) -> Option<String> {
    let count: u32 = query.count.parse().ok()?;
    match query.done.as_str() {
        "revoke" => Some(page.with("certificate-done-revoke", [("count", count)])),
        "hold" => Some(page.with("certificate-done-hold", [("count", count)])),
        "release" => Some(page.with("certificate-done-release", [("count", count)])),
        _ => None,
    }
}

fn facts(page: &Page, held: &Held) -> Vec<Fact> {
    let own = &held.certificate;
    let plain = |what, value| Fact {
        what,
        value,
        code: false,
    };
    let code = |what, value| Fact {
        what,
        value,
        code: true,
    };
    let mut facts = Vec::new();
    if let Some(account) = &held.account {
        let who = format!("{} {}", account.user_id, account.name);
        facts.push(plain(page.t("certificate-account"), who));
    }
    facts.push(plain(
        page.t("certificate-purpose"),
        purpose(page, own.purpose),
    ));
    facts.push(plain(
        page.t("certificate-column-issued"),
        page.moment(own.issued_at),
    ));
    facts.push(plain(
        page.t("certificate-from"),
        page.moment(own.not_before),
    ));
    facts.push(plain(
        page.t("certificate-column-until"),
        page.moment(own.not_after),
    ));
    let downloads = [("count", own.download_count)];
    let downloads = page.with("certificate-downloads-count", downloads);
    facts.push(plain(page.t("certificate-downloads"), downloads));
    if let Some(since) = own.revoked_at {
        let since = page.with("certificate-since", [("since", page.moment(since))]);
        facts.push(plain(page.t("certificate-status"), since));
    }
    let reason = own
        .revocation_reason
        .clone()
        .map(RevocationReason::try_from);
    if let Some(Ok(reason)) = reason {
        facts.push(plain(
            page.t("certificate-reason"),
            reason_word(page, reason),
        ));
    }
    facts.push(code(
        page.t("certificate-column-serial"),
        own.serial.to_hex(),
    ));
    facts.push(code(
        page.t("certificate-thumbprint"),
        own.sha1_thumbprint.clone(),
    ));
    facts
}
