//! A notice is written, looked at as its readers will see it, and published.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use ca_core::domain::account::AccountStatus;
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::notice::{
    self, DateError, NoticeBody, NoticeDraft, Piece, Readers, ShownDays,
};
use ca_core::domain::random;
use ca_core::domain::text::TextError;
use ca_core::domain::user_id::UserId;
use ca_core::flow::publish_notice::{PublishError, publish_notice};
use ca_core::store::{StoreError, account};

use super::notices::{LIST, class, days};
use super::queue::{Choice, class_choices};
use super::signed_in::SignedIn;
use crate::applicant::fault::Faults;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;

/// What the form's list of readers sends for one account.
const ONE: &str = "account";
/// The same for everybody.
const EVERYBODY: &str = "everybody";
/// Longest key of a form that is taken.
const LONGEST_KEY: usize = 64;

/// The form as typed.
#[derive(Debug, Clone, Default)]
struct Typed {
    title: String,
    body: String,
    readers: String,
    user_id: String,
    from: String,
    until: String,
}

#[derive(Template)]
#[template(path = "console/notice_form.html")]
struct NoticeFormPage {
    page: Page,
    section: &'static str,
    faults: Faults,
    typed: Typed,
    choices: Vec<Choice>,
    longest_title: usize,
    longest_body: usize,
}

#[derive(Template)]
#[template(path = "console/notice_check.html")]
struct NoticeCheckPage {
    page: Page,
    section: &'static str,
    typed: Typed,
    /// Drawn when the page is: a second click on the button publishes nothing more.
    form_key: String,
    title: String,
    readers: String,
    days: String,
    paragraphs: Vec<Vec<Vec<Piece>>>,
}

impl Typed {
    fn of(form: &Form) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        Self {
            title: text("title"),
            body: text("body_text"),
            readers: text("readers"),
            user_id: text("user_id"),
            from: text("from"),
            until: text("until"),
        }
    }
}

pub(super) async fn write(signed_in: SignedIn) -> Result<HttpResponse, Problem> {
    ask(&signed_in, Typed::default(), Faults::default())
}

pub(super) async fn check(signed_in: SignedIn, form: Form) -> Result<HttpResponse, Problem> {
    let typed = Typed::of(&form);
    let draft = match read(&signed_in, &typed).await? {
        Ok(draft) => draft,
        Err(faults) => return ask(&signed_in, typed, faults),
    };
    let page = signed_in.page();
    let readers = match &draft.readers {
        Readers::Everybody => page.t("notice-readers-everybody"),
        Readers::Class(letters) => class(&signed_in, &page, letters),
        Readers::Account(_) => typed.user_id.clone(),
    };
    page::show(&NoticeCheckPage {
        section: "notices",
        form_key: hex::encode(random::bytes::<16>(signed_in.visit.site.random.as_ref())),
        title: draft.title.to_string(),
        readers,
        days: days(&page, draft.days.from, draft.days.until),
        paragraphs: draft.body.paragraphs(&page.own_sites()),
        typed,
        page,
    })
}

pub(super) async fn publish(signed_in: SignedIn, form: Form) -> Result<HttpResponse, Problem> {
    let typed = Typed::of(&form);
    if form.has("rewrite") {
        return ask(&signed_in, typed, Faults::default());
    }
    let form_key = form.text("form_key").to_owned();
    if form_key.is_empty() || form_key.len() > LONGEST_KEY {
        return check(signed_in, form).await;
    }
    let draft = match read(&signed_in, &typed).await? {
        Ok(draft) => draft,
        Err(faults) => return ask(&signed_in, typed, faults),
    };
    let act = Act::new(
        Actor::Operator(signed_in.operator.name.clone()),
        signed_in.now,
    );
    let done = signed_in.read(move |site| {
        match publish_notice(&site.store, &act, &draft, Some(&form_key)) {
            Ok(id) => Ok::<_, StoreError>(Some(id)),
            Err(PublishError::AccountDisabled) => Ok(None),
            Err(PublishError::Store(error)) => Err(error),
        }
    });
    match done.await? {
        Some(id) => Ok(page::see_other(&format!("{LIST}/{id}"))),
        None => {
            let mut faults = Faults::new(signed_in.page().t("console-correct"));
            faults.add("user_id", signed_in.page().t("notice-wrong-account"));
            ask(&signed_in, typed, faults)
        }
    }
}

/// The form: 422 when something is wrong with it.
fn ask(signed_in: &SignedIn, typed: Typed, faults: Faults) -> Result<HttpResponse, Problem> {
    let page = signed_in.page();
    let status = match faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let choice = |value: &str, label: String| Choice {
        value: value.to_owned(),
        label,
        chosen: typed.readers == value,
    };
    let mut choices = vec![choice(EVERYBODY, page.t("notice-readers-everybody"))];
    let classes = &signed_in.visit.site.classes;
    choices.extend(class_choices(&page, classes, Some(&typed.readers)));
    choices.push(choice(ONE, page.t("notice-readers-one")));
    let asked = NoticeFormPage {
        section: "notices",
        faults,
        typed,
        choices,
        longest_title: notice::LONGEST_TITLE,
        longest_body: notice::LONGEST_BODY,
        page,
    };
    page::reply(status, &asked)
}

/// Everything that is wrong, or the notice.
async fn read(signed_in: &SignedIn, typed: &Typed) -> Result<Result<NoticeDraft, Faults>, Problem> {
    let page = signed_in.page();
    let mut faults = Faults::new(page.t("console-correct"));
    let title = notice::title(&typed.title);
    let body = NoticeBody::parse(&typed.body);
    let days = ShownDays::parse(&typed.from, &typed.until, signed_in.now);
    if let Err(error) = &title {
        faults.add("title", text_fault(&page, "notice-wrong-title", error));
    }
    let readers = readers(signed_in, typed, &page, &mut faults).await?;
    if let Err(error) = &days {
        let (field, text) = day_fault(&page, *error);
        faults.add(field, text);
    }
    if let Err(error) = &body {
        faults.add("body_text", text_fault(&page, "notice-wrong-body", error));
    }
    Ok(match (title, body, days, readers) {
        (Ok(title), Ok(body), Ok(days), Some(readers)) => Ok(NoticeDraft {
            title,
            body,
            readers,
            days,
        }),
        _ => Err(faults),
    })
}

async fn readers(
    signed_in: &SignedIn,
    typed: &Typed,
    page: &Page,
    faults: &mut Faults,
) -> Result<Option<Readers>, Problem> {
    let mut classes = signed_in.visit.site.classes.iter();
    match typed.readers.as_str() {
        EVERYBODY => Ok(Some(Readers::Everybody)),
        ONE => {
            let found = one_account(signed_in, &typed.user_id).await?;
            if found.is_none() {
                faults.add("user_id", page.t("notice-wrong-account"));
            }
            Ok(found.map(Readers::Account))
        }
        letters if classes.any(|class| class.letters == letters) => {
            Ok(Some(Readers::Class(letters.to_owned())))
        }
        _ => {
            faults.add("readers", page.t("notice-wrong-readers"));
            Ok(None)
        }
    }
}

/// The number of the account that is named, if there is such an account and somebody can read the notice.
async fn one_account(signed_in: &SignedIn, typed: &str) -> Result<Option<i64>, Problem> {
    let Ok(read) = UserId::parse(typed, &signed_in.visit.site.classes) else {
        return Ok(None);
    };
    let found = signed_in.read(move |site| site.store.read(|db| account::find(db, &read.user_id)));
    let found = found.await?;
    let active = found.filter(|account| account.status == AccountStatus::Active);
    Ok(active.map(|account| account.id))
}

fn text_fault(page: &Page, key: &str, error: &TextError) -> String {
    let why = match page.is_japanese() {
        true => error.japanese(),
        false => error.to_string(),
    };
    page.texts.with(key, [("why", why)])
}

fn day_fault(page: &Page, error: DateError) -> (&'static str, String) {
    match error {
        DateError::FromForm => ("from", page.t("notice-wrong-from")),
        DateError::FromPast => ("from", page.t("notice-wrong-from-past")),
        DateError::FromFar => ("from", page.t("notice-wrong-from-far")),
        DateError::UntilForm => ("until", page.t("notice-wrong-until")),
        DateError::Order => ("until", page.t("notice-wrong-order")),
        DateError::UntilFar => ("until", page.t("notice-wrong-until-far")),
    }
}
