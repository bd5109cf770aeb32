//! One line of a list of requests.

use ca_core::domain::account::AccountStatus;
use ca_core::domain::profile::Profile;
use ca_core::domain::request::{RequestId, RequestState};
use ca_core::domain::user_id::Classes;
use ca_core::flow::approve_requests::{Decision, digest_of, objection};
use ca_core::store::account::Account;
use ca_core::store::operator::Operator;
use ca_core::store::request::Request;
use chrono::{DateTime, Utc};

use super::when;
use super::words::{self, StateWord};
use crate::page::Page;

/// A request in a list, ready to be drawn.
#[derive(Debug)]
pub(super) struct Row {
    /// The request.
    pub id: RequestId,
    /// What the box sends: the request and the digest of what is shown. None where there is nothing to decide.
    pub pick: Option<String>,
    /// Why this operator may not decide here.
    pub barred: Option<String>,
    /// The account's ID in groups.
    pub user_id: String,
    /// The account's name.
    pub name: String,
    /// The class's name.
    pub class: String,
    /// First, renewal or reissue.
    pub kind: String,
    /// When it was sent.
    pub since: String,
    /// How long ago.
    pub waited: String,
    /// By when the applicant was promised the certificate.
    pub promised: String,
    /// Whether that has passed and the certificate is not there.
    pub overdue: bool,
    /// Where it stands.
    pub state: StateWord,
    /// What to know before deciding.
    pub flags: Vec<String>,
}

/// What rows are drawn against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Light<'a> {
    /// The reader's texts.
    pub page: &'a Page,
    /// Who looks.
    pub operator: &'a Operator,
    /// The classes of user IDs.
    pub classes: &'a Classes,
    /// The profile that requests are issued by.
    pub profile: &'a Profile,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Row {
    /// The row of a request and its account.
    pub fn of(request: &Request, account: &Account, light: Light<'_>) -> Self {
        let page = light.page;
        let objection = objection(light.operator, account);
        let usual = is_usual(request, account, light.profile);
        let promised = request.promised_at;
        Self {
            id: request.id.clone(),
            pick: pick(request, account).filter(|_| objection.is_none() && usual),
            barred: match objection {
                Some(objection) => Some(barred(page, &objection)),
                None => (!usual).then(|| page.t("console-flag-subject")),
            },
            user_id: account.user_id.to_string(),
            name: account.name.clone(),
            class: words::class(page, light.classes, &account.user_id),
            kind: words::kind(page, request.kind),
            since: when::short(page, request.submitted_at),
            waited: when::ago(page, request.submitted_at, light.now),
            promised: promised.map_or_else(|| "—".to_owned(), |at| when::short(page, at)),
            overdue: request.state.is_open() && promised.is_some_and(|at| at < light.now),
            state: StateWord(request.state),
            flags: flags(page, request, account),
        }
    }
}

/// What a form sends for a request that can be decided: its name and the digest of what was shown.
pub(super) fn pick(request: &Request, account: &Account) -> Option<String> {
    let decidable = request.state == RequestState::Pending;
    let digest = digest_of(request, account).filter(|_| decidable)?;
    Some(format!("{}.{digest}", request.id))
}

/// Whether the request asks for what the profile gives this account. The list shows no subject, so whatever is
/// unusual is decided on its own page, where the subject stands in full.
fn is_usual(request: &Request, account: &Account, profile: &Profile) -> bool {
    let subject = profile.subject_of(account.user_id.as_str());
    request.profile == profile.name().as_str()
        && subject.is_ok_and(|subject| subject.to_string() == request.subject)
}

fn barred(page: &Page, objection: &Decision) -> String {
    match objection {
        Decision::OwnAccount => page.t("console-flag-own"),
        Decision::ContactChangedBySelf => page.t("console-flag-contact-by-you"),
        _ => page.t("console-flag-registered"),
    }
}

fn flags(page: &Page, request: &Request, account: &Account) -> Vec<String> {
    let mut flags = Vec::new();
    if account.status != AccountStatus::Active {
        flags.push(page.t("console-flag-disabled"));
    }
    if !account.contact_changes.is_empty() {
        flags.push(page.t("console-flag-contact"));
    }
    if account.mail_address.is_none() {
        flags.push(page.t("console-flag-no-mail"));
    }
    if request.state != RequestState::Failed && request.failure.is_some() {
        flags.push(page.t("console-flag-tried"));
    }
    flags
}
