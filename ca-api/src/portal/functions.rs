//! What this user may open for the chosen reference user (J9), and the chooser.

use ca_core::domain::access::{AccessMatrix, Bilingual, Decision, Standing, VIEW, decide};
use ca_core::flow::choose_reference::{Reference, choosable_at, reference_at};
use ca_core::flow::open_notice::reader_of;
use ca_core::store::account::Account;
use ca_core::store::{StoreError, StoreResult, notice};

use super::looking::NOTICES;
use super::signed_in::SignedIn;
use crate::page::Page;
use crate::problem::Problem;

/// The part of the first page that is about functions.
#[derive(Debug, Clone)]
pub(crate) struct Functions {
    /// Whom an agent may look at; empty for an office, which is always itself.
    pub(crate) choices: Vec<Choice>,
    /// The reference user: ID and name.
    pub(crate) reference: (String, String),
    /// Whether that is somebody else.
    pub(crate) is_for_office: bool,
    /// Why the list is shorter than an office is used to.
    pub(crate) note: Option<String>,
    /// The office that was chosen may not be looked at any more.
    pub(crate) has_lapsed: bool,
    /// What may be opened, or is found elsewhere.
    pub(crate) cards: Vec<Card>,
}

/// One account that may be chosen.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// The user ID.
    pub(crate) user_id: String,
    /// As the list reads it.
    pub(crate) label: String,
    /// Whether it is chosen now.
    pub(crate) is_chosen: bool,
}

/// One function.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    /// What it is called.
    pub(crate) name: String,
    /// What it is for, or where it is found instead.
    pub(crate) text: String,
    /// How it is opened.
    pub(crate) opens: Opens,
    /// What is new there.
    pub(crate) news: Option<String>,
}

/// What the store says about a session's reach, as of its request.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    /// Whose eyes it looks with.
    pub(crate) reference: Reference,
    /// The offices that it may choose.
    pub(crate) offices: Vec<Account>,
    /// Notices of the reference user that were not opened.
    pub(crate) unread: i64,
}

/// How a function is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Opens {
    /// By this address.
    Link(String),
    /// Not yet: nobody has said where it lives.
    NotYet,
    /// Elsewhere.
    Elsewhere,
}

/// The part for this request.
pub(super) async fn of(signed_in: &SignedIn, page: &Page) -> Result<Functions, Problem> {
    let (own, session, now) = (
        signed_in.account.clone(),
        signed_in.session.clone(),
        signed_in.now,
    );
    let found = signed_in.read(move |site| -> StoreResult<_> {
        let reference = reference_at(&site.store, &own, &session, &site.classes, now)?;
        let offices = choosable_at(&site.store, &own, &site.classes, now)?;
        let reader = reader_of(&reference.account);
        let unread = site
            .store
            .read(|db| notice::count_unread(db, &reader, now))?;
        Ok::<_, StoreError>(Reach {
            reference,
            offices,
            unread,
        })
    });
    let reach = found.await?;
    let matrix = &signed_in.visit.site.access;
    Ok(draw(page, matrix, &signed_in.account, &reach))
}

/// What the page shows.
pub(crate) fn draw(page: &Page, matrix: &AccessMatrix, own: &Account, reach: &Reach) -> Functions {
    let Reach {
        reference, offices, ..
    } = reach;
    let chosen = &reference.account;
    let standing = Standing::of(&reference.who, &reference.for_whom);
    let choice = |account: &Account| Choice {
        user_id: account.user_id.to_string(),
        label: if account.id == own.id {
            page.with("access-itself", [("id", account.user_id.as_str())])
        } else {
            format!("{} {}", account.user_id, account.name)
        },
        is_chosen: account.id == chosen.id,
    };
    let everybody = std::iter::once(own).chain(offices);
    Functions {
        choices: match offices.is_empty() {
            true => Vec::new(),
            false => everybody.map(choice).collect(),
        },
        reference: (chosen.user_id.to_string(), chosen.name.clone()),
        is_for_office: chosen.id != own.id,
        note: note(page, standing, offices.is_empty()),
        has_lapsed: reference.has_lapsed,
        cards: cards(page, matrix, reach),
    }
}

fn note(page: &Page, standing: Option<Standing>, nobody_delegates: bool) -> Option<String> {
    match standing? {
        Standing::Agent if nobody_delegates => Some(page.t("access-no-office")),
        Standing::Agent => Some(page.t("access-choose-hint")),
        Standing::OfficeWithAgent => Some(page.t("access-has-agent")),
        Standing::AgentForOffice | Standing::Office => None,
    }
}

fn cards(page: &Page, matrix: &AccessMatrix, reach: &Reach) -> Vec<Card> {
    let reference = &reach.reference;
    let read = |text: &Bilingual| match page.is_japanese() {
        true => text.japanese.clone(),
        false => text.english.clone(),
    };
    let card = |function: &ca_core::domain::access::Function| {
        let (who, whom) = (&reference.who, &reference.for_whom);
        let (text, opens) = match decide(matrix, who, whom, &function.key, VIEW) {
            Decision::Deny => return None,
            Decision::Refer(elsewhere) => (read(elsewhere), Opens::Elsewhere),
            Decision::Allow => {
                let opens = function.url.clone().map_or(Opens::NotYet, Opens::Link);
                (read(&function.about), opens)
            }
        };
        let name = read(&function.name);
        let has_news = function.key == NOTICES && reach.unread > 0;
        Some(Card {
            news: has_news.then(|| page.with("notice-unread-short", [("count", reach.unread)])),
            name,
            text,
            opens,
        })
    };
    matrix.functions().filter_map(card).collect()
}
