//! 「パスワードの再発行」 (J8): form, confirm screen, done; for everybody, without login.
//!
//! The pages know nothing of the register: whatever ID is typed, the same bytes come back for the same form.

mod wrong;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use ca_core::domain::reissue::{Lost, ReissueApplication, ReissueField, ReissueForm, ReissueId};
use ca_core::flow::apply_reissue::{
    ApplyReissue, ApplyReissueError, apply_reissue, throttled_until,
};
use ca_core::store::StoreError;
use chrono::{DateTime, Utc};

use super::fault::Faults;
use super::path;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;
use crate::source::source_of;
use crate::visit::Visit;
use crate::work;

#[derive(Template)]
#[template(path = "applicant/reissue.html")]
pub(crate) struct ReissuePage {
    pub(crate) page: Page,
    pub(crate) faults: Faults,
    pub(crate) typed: Typed,
    pub(crate) choices: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "applicant/reissue_check.html")]
pub(crate) struct CheckPage {
    pub(crate) page: Page,
    pub(crate) id: String,
    pub(crate) folded: bool,
    pub(crate) lost: String,
    pub(crate) typed: Typed,
}

#[derive(Template)]
#[template(path = "applicant/reissue_done.html")]
pub(crate) struct DonePage {
    pub(crate) page: Page,
}

#[derive(Template)]
#[template(path = "applicant/reissue_refused.html")]
pub(crate) struct RefusedPage {
    pub(crate) page: Page,
    /// From when on the form can be used again; none where that is not known.
    pub(crate) until: Option<String>,
}

/// What stands in the fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Typed {
    pub(crate) user_id: String,
    pub(crate) office_name: String,
    pub(crate) person: String,
    pub(crate) telephone: String,
    pub(crate) mail_address: String,
    pub(crate) lost: String,
    pub(crate) detail: String,
}

/// One thing that may have been lost.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) value: &'static str,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

impl Typed {
    fn of(form: &ReissueForm) -> Self {
        let field = |field| form.entered(field).to_owned();
        Self {
            user_id: field(ReissueField::UserId),
            office_name: field(ReissueField::OfficeName),
            person: field(ReissueField::Person),
            telephone: field(ReissueField::Telephone),
            mail_address: field(ReissueField::MailAddress),
            lost: field(ReissueField::Lost),
            detail: field(ReissueField::Detail),
        }
    }

    fn read(application: &ReissueApplication) -> Self {
        Self {
            user_id: application.user_id.to_string(),
            office_name: application.office_name.clone(),
            person: application.person.clone(),
            telephone: application.telephone.clone(),
            mail_address: application.mail_address.clone().unwrap_or_default(),
            lost: application.lost.to_string(),
            detail: application.detail.clone().unwrap_or_default(),
        }
    }
}

impl ReissuePage {
    pub(crate) fn new(page: Page, faults: Faults, typed: Typed) -> Self {
        let choices = Lost::ALL.iter().map(|&lost| Choice {
            value: lost.as_str(),
            label: lost_label(&page, lost),
            chosen: typed.lost == lost.as_str(),
        });
        Self {
            choices: choices.collect(),
            page,
            faults,
            typed,
        }
    }
}

/// What was lost, in words.
pub(crate) fn lost_label(page: &Page, lost: Lost) -> String {
    match lost {
        Lost::Letter => page.t("reissue-lost-letter"),
        Lost::LoginPassword => page.t("reissue-lost-login"),
        Lost::IssuancePassword => page.t("reissue-lost-issuance"),
        Lost::Both => page.t("reissue-lost-both"),
        Lost::Exposed => page.t("reissue-lost-exposed"),
        Lost::Other => page.t("reissue-lost-other"),
    }
}

pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    let (faults, typed) = (Faults::default(), Typed::default());
    page::show(&ReissuePage::new(visit.page(), faults, typed))
}

/// 「確認する」, 「修正する」 or 「ＯＫ」, by the button that was pressed.
pub(super) async fn send(
    request: HttpRequest,
    visit: Visit,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let typed = read(&form);
    if form.has("edit") {
        let faults = Faults::default();
        return page::show(&ReissuePage::new(visit.page(), faults, Typed::of(&typed)));
    }
    let application = match typed.check(&visit.site.classes) {
        Ok(application) => application,
        Err(errors) => {
            let page = visit.page();
            let faults = wrong::faults(&page, &errors);
            let again = ReissuePage::new(page, faults, Typed::of(&typed));
            return page::reply(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
    };
    let source = source_of(&request, &visit.site.config.proxy);
    if form.has("send") {
        let id = ReissueId::parse(form.required("id")?).map_err(|_| Problem::Malformed("id"))?;
        apply(&visit, id, application, source).await
    } else {
        check(&visit, application, source).await
    }
}

pub(super) async fn done(visit: Visit) -> Result<HttpResponse, Problem> {
    page::show(&DonePage { page: visit.page() })
}

fn read(form: &Form) -> ReissueForm {
    let mut typed = ReissueForm::default();
    for field in ReissueField::ALL {
        typed.set(field, form.text(field.name()));
    }
    typed
}

async fn check(
    visit: &Visit,
    application: ReissueApplication,
    source: String,
) -> Result<HttpResponse, Problem> {
    let site = Data::from(Arc::clone(&visit.site));
    let user_id = application.user_id.clone();
    let throttled = work::read(&site, move |site: &Site| {
        let (now, rules) = (site.clock.now(), &site.config.reissue);
        throttled_until(&site.store, now, &source, Some(&user_id), rules)
    });
    if let Some(until) = throttled.await? {
        return refuse(visit, Some(until));
    }
    let page = visit.page();
    page::show(&CheckPage {
        id: ReissueId::draw(visit.site.clock.now(), visit.site.random.as_ref()).to_string(),
        folded: application.folded,
        lost: lost_label(&page, application.lost),
        typed: Typed::read(&application),
        page,
    })
}

async fn apply(
    visit: &Visit,
    id: ReissueId,
    application: ReissueApplication,
    source: String,
) -> Result<HttpResponse, Problem> {
    let site = Data::from(Arc::clone(&visit.site));
    let work = move |site: &Site| {
        let input = ApplyReissue {
            id: &id,
            application: &application,
            source: &source,
            rules: &site.config.reissue,
        };
        Ok::<_, StoreError>(apply_reissue(&site.store, site.clock.now(), input))
    };
    match work::read(&site, work).await? {
        Ok(()) => Ok(page::see_other(path::REISSUE_DONE)),
        Err(ApplyReissueError::Throttled { until }) => refuse(visit, Some(until)),
        Err(ApplyReissueError::Full) => refuse(visit, None),
        Err(error @ ApplyReissueError::Store(_)) => Err(Problem::internal(error)),
    }
}

fn refuse(visit: &Visit, until: Option<DateTime<Utc>>) -> Result<HttpResponse, Problem> {
    let page = visit.page();
    let refused = RefusedPage {
        until: until.map(|until| page.moment(until)),
        page,
    };
    let mut reply = page::reply(StatusCode::TOO_MANY_REQUESTS, &refused)?;
    if let Some(until) = until {
        let seconds = (until - visit.site.clock.now()).num_seconds().max(1);
        reply.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(reply)
}
