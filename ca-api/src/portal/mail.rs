//! メール通知サービス: which notices come by mail, and where to. They are always the own account's.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use ca_core::domain::account::MailAddressError;
use ca_core::domain::address_change::{AddressChangeState, is_alive};
use ca_core::domain::mail::MailKind;
use ca_core::flow::Postmark;
use ca_core::flow::ask_address_change::{AskError, ask_address_change};
use ca_core::flow::choose_mails::choose_mails;
use ca_core::flow::prove_address::{Proof, prove_address, withdraw_address_change};
use ca_core::store::address_change::{self, AddressChange};
use ca_core::store::{StoreError, StoreResult, mail_preference};

use super::looking::may_choose_mails;
use super::path;
use super::signed_in::SignedIn;
use crate::applicant::fault::Faults;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;

/// One kind of mail that may be switched off.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) word: &'static str,
    pub(crate) label: String,
    pub(crate) wanted: bool,
}

/// A change of address that waits.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) new: String,
    pub(crate) old: Option<String>,
    pub(crate) until: String,
    pub(crate) new_proven: bool,
    pub(crate) agreed: bool,
}

#[derive(Template)]
#[template(path = "portal/mail.html")]
pub(crate) struct MailPage {
    pub(crate) page: Page,
    pub(crate) faults: Faults,
    pub(crate) told: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) typed: String,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) always: Vec<String>,
    pub(crate) waiting: Option<Waiting>,
    /// How the last change ended, where that is worth a word.
    pub(crate) last: Option<String>,
}

/// What the page says about what was just done.
#[derive(Debug, Default)]
struct Said {
    told: Option<String>,
    faults: Faults,
    typed: String,
}

pub(super) async fn show(signed_in: SignedIn) -> Result<HttpResponse, Problem> {
    may_choose_mails(&signed_in).await?;
    draw(&signed_in, Said::default()).await
}

pub(super) async fn choose(signed_in: SignedIn, form: Form) -> Result<HttpResponse, Problem> {
    may_choose_mails(&signed_in).await?;
    let declinable = |kind: &&MailKind| kind.may_be_declined();
    let ticked = |kind: &&MailKind| form.has(kind.as_str());
    let wanted: Vec<MailKind> = MailKind::ALL
        .iter()
        .filter(declinable)
        .filter(ticked)
        .copied()
        .collect();
    let (account, now) = (signed_in.account.clone(), signed_in.now);
    let done = signed_in.read(move |site| choose_mails(&site.store, now, &account, &wanted));
    done.await?;
    said(&signed_in, signed_in.page().t("mail-told-chosen")).await
}

pub(super) async fn ask(signed_in: SignedIn, form: Form) -> Result<HttpResponse, Problem> {
    may_choose_mails(&signed_in).await?;
    let typed = form.text("address").to_owned();
    let (id, now, entered) = (signed_in.account.id, signed_in.now, typed.clone());
    let asked = signed_in.read(move |site| {
        match ask_address_change(&site.store, postmark(site), now, id, &entered) {
            Err(AskError::Store(error)) => Err(error),
            done => Ok(done),
        }
    });
    let page = signed_in.page();
    let Err(error) = asked.await? else {
        return said(&signed_in, page.t("mail-told-asked")).await;
    };
    let text = match &error {
        AskError::Address(wrong) => address_fault(&page, *wrong),
        AskError::Same => page.t("mail-wrong-same"),
        AskError::Waiting => page.t("mail-wrong-waiting"),
        AskError::TooMany => page.t("mail-wrong-many"),
        AskError::Store(_) => return Err(Problem::internal(error)),
    };
    let mut faults = Faults::new(page.t("console-correct"));
    faults.add("address", text);
    let told = None;
    draw(
        &signed_in,
        Said {
            told,
            faults,
            typed,
        },
    )
    .await
}

pub(super) async fn prove(signed_in: SignedIn, form: Form) -> Result<HttpResponse, Problem> {
    may_choose_mails(&signed_in).await?;
    let code = form.secret("code");
    let (id, now) = (signed_in.account.id, signed_in.now);
    let proven =
        signed_in.read(move |site| prove_address(&site.store, postmark(site), now, id, &code));
    let page = signed_in.page();
    let wrong = match proven.await? {
        Proof::NewProven => return said(&signed_in, page.t("mail-told-new")).await,
        Proof::OldAgreed => return said(&signed_in, page.t("mail-told-old")).await,
        Proof::Changed => return said(&signed_in, page.t("mail-told-changed")).await,
        Proof::Overtaken => page.t("mail-wrong-overtaken"),
        Proof::NothingWaits => page.t("mail-wrong-nothing"),
        Proof::Wrong { left: 0 } => page.t("mail-wrong-ended"),
        Proof::Wrong { left } => page.with("mail-wrong-code", [("left", left)]),
    };
    let mut faults = Faults::new(page.t("console-correct"));
    faults.add("code", wrong);
    let said = Said {
        faults,
        ..Said::default()
    };
    draw(&signed_in, said).await
}

pub(super) async fn withdraw(signed_in: SignedIn, _form: Form) -> Result<HttpResponse, Problem> {
    may_choose_mails(&signed_in).await?;
    let (id, now) = (signed_in.account.id, signed_in.now);
    let done = signed_in.read(move |site| withdraw_address_change(&site.store, now, id));
    done.await?;
    Ok(page::see_other(path::MAIL))
}

async fn said(signed_in: &SignedIn, told: String) -> Result<HttpResponse, Problem> {
    let said = Said {
        told: Some(told),
        ..Said::default()
    };
    draw(signed_in, said).await
}

/// What the page is made of, read after what was done.
type Facts = (Option<String>, Vec<(MailKind, bool)>, Option<AddressChange>);

async fn draw(signed_in: &SignedIn, said: Said) -> Result<HttpResponse, Problem> {
    let id = signed_in.account.id;
    let (address, wanted, last) = signed_in.read(move |site| facts(site, id)).await?;
    let page = signed_in.page();
    let alive = |change: &&AddressChange| {
        change.state == AddressChangeState::Waiting && is_alive(change.ends_at, signed_in.now)
    };
    let waiting = last.as_ref().filter(alive).map(|change| Waiting {
        new: change.new_address.clone(),
        old: change.old_address.clone(),
        until: page.moment(change.ends_at),
        new_proven: change.agreed().by_new,
        agreed: change.agreed().by_old || change.agreed().by_operator,
    });
    let status = match said.faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let shown = MailPage {
        last: last
            .as_ref()
            .filter(|_| waiting.is_none())
            .and_then(|change| ending(&page, change.state)),
        kinds: kinds(&page, &wanted),
        always: always(&page),
        faults: said.faults,
        told: said.told,
        typed: said.typed,
        address,
        waiting,
        page,
    };
    page::reply(status, &shown)
}

fn facts(site: &Site, id: i64) -> StoreResult<Facts> {
    site.store.read(|db| {
        let account = ca_core::store::account::load(db, id)?;
        let mut wanted = Vec::new();
        for &kind in MailKind::ALL {
            wanted.push((kind, mail_preference::wants(db, id, kind)?));
        }
        let last = address_change::last(db, id)?;
        Ok::<_, StoreError>((account.mail_address, wanted, last))
    })
}

fn kinds(page: &Page, wanted: &[(MailKind, bool)]) -> Vec<Kind> {
    let declinable = wanted.iter().filter(|(kind, _)| kind.may_be_declined());
    declinable
        .map(|(kind, wanted)| Kind {
            word: kind.as_str(),
            label: label(page, *kind),
            wanted: *wanted,
        })
        .collect()
}

fn always(page: &Page) -> Vec<String> {
    let fixed = MailKind::ALL
        .iter()
        .filter(|kind| kind.is_to_account() && !kind.may_be_declined());
    let mut labels: Vec<String> = fixed.map(|kind| label(page, *kind)).collect();
    labels.dedup();
    labels
}

/// What a mail of this kind is about.
fn label(page: &Page, kind: MailKind) -> String {
    page.t(&format!("mail-kind-{kind}"))
}

fn ending(page: &Page, state: AddressChangeState) -> Option<String> {
    match state {
        AddressChangeState::Rejected => Some(page.t("mail-last-rejected")),
        AddressChangeState::Failed => Some(page.t("mail-wrong-ended")),
        AddressChangeState::Overtaken => Some(page.t("mail-wrong-overtaken")),
        AddressChangeState::Void => Some(page.t("mail-last-void")),
        AddressChangeState::Waiting | AddressChangeState::Lapsed => {
            Some(page.t("mail-last-lapsed"))
        }
        AddressChangeState::Done | AddressChangeState::Withdrawn => None,
    }
}

fn address_fault(page: &Page, error: MailAddressError) -> String {
    match page.is_japanese() {
        true => error.japanese(),
        false => error.to_string(),
    }
}

fn postmark(site: &Site) -> Postmark<'_> {
    Postmark {
        random: site.random.as_ref(),
        host: &site.config.service.host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;
    use crate::stage;

    #[test]
    fn every_kind_of_mail_has_a_name_in_both_languages() {
        for language in [Language::Japanese, Language::English] {
            let page = stage::page(language);
            for &kind in MailKind::ALL.iter().filter(|kind| kind.is_to_account()) {
                assert!(!label(&page, kind).contains("mail-kind-"), "{kind}");
            }
        }
    }
}
