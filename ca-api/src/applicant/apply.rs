//! 「証明書の発行申請を行いますか？」 and what follows (J2.6, J2.7).

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;
use ca_core::flow::submit_request::{SubmitError, renewable_from, submit_request};
use ca_core::store::StoreError;
use chrono::{DateTime, Utc};

use super::certificates::Held;
use super::holder::{Holder, Inside};
use super::path;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;
use crate::work;

#[derive(Template)]
#[template(path = "applicant/apply.html")]
pub(crate) struct ApplyPage {
    pub(crate) page: Page,
    pub(crate) what: String,
    pub(crate) user_id: String,
    pub(crate) name: String,
    pub(crate) by: String,
    pub(crate) mail: Option<String>,
}

#[derive(Template)]
#[template(path = "applicant/done.html")]
pub(crate) struct DonePage {
    pub(crate) page: Page,
    pub(crate) promised: String,
    pub(crate) mail: Option<String>,
}

pub(super) async fn show(Inside(holder): Inside) -> Result<HttpResponse, Problem> {
    let site = &holder.visit.site;
    let held = Held::of(&holder).await?;
    let is_open = held.requests.iter().any(|request| request.state.is_open());
    if is_open || renewable_from(&held.certificates, site.clock.now()).is_some() {
        return Ok(page::see_other(path::CERTIFICATES));
    }
    // The sealed password went with an earlier request of this session: it has to be typed again.
    if holder.session.draft().is_none() {
        return Ok(page::see_other(path::GATE));
    }
    let page = holder.page();
    page::show(&ApplyPage {
        what: page.with(
            "apply-what-value",
            [("years", years(site.profile.validity_months()))],
        ),
        user_id: holder.account.user_id.to_string(),
        name: holder.account.name.clone(),
        by: match promise(site) {
            Some(until) => page.with("apply-by-value", [("until", page.moment(until))]),
            None => page.t("apply-by-none"),
        },
        mail: holder.account.mail_address.clone(),
        page,
    })
}

/// 「はい」. Sent twice, it is one request: the second reply is the same.
pub(super) async fn send(_form: Form, Inside(holder): Inside) -> Result<HttpResponse, Problem> {
    let site = Data::from(Arc::clone(&holder.visit.site));
    let work = move |site: &Site| {
        let now = site.clock.now();
        Ok::<_, StoreError>(submit_request(
            &site.store,
            now,
            &holder.session,
            &site.profile,
            promise(site),
        ))
    };
    match work::read(&site, work).await? {
        Ok(_) => Ok(page::see_other(path::DONE)),
        Err(SubmitError::GateNotPassed) => Err(Problem::Elsewhere(path::GATE)),
        Err(SubmitError::TooEarly { .. }) => Err(Problem::Elsewhere(path::CERTIFICATES)),
        Err(error) => Err(Problem::internal(error)),
    }
}

pub(super) async fn done(Inside(holder): Inside) -> Result<HttpResponse, Problem> {
    let held = Held::of(&holder).await?;
    let Some(open) = held
        .requests
        .into_iter()
        .find(|request| request.state.is_open())
    else {
        return Ok(page::see_other(path::CERTIFICATES));
    };
    page::show(&done_page(&holder, open.promised_at))
}

fn done_page(holder: &Holder, promised: Option<DateTime<Utc>>) -> DonePage {
    let page = holder.page();
    DonePage {
        promised: match promised {
            Some(until) => page.with("done-promised", [("until", page.moment(until))]),
            None => page.t("done-promised-none"),
        },
        mail: holder.account.mail_address.clone(),
        page,
    }
}

/// By when a request sent now is answered; none where the calendar does not reach, which is for the operators to
/// mend and not for the applicant to suffer from.
fn promise(site: &Site) -> Option<DateTime<Utc>> {
    match site.calendar.promised_by(site.clock.now()) {
        Ok(promised) => {
            site.faults.promise.is_over();
            Some(promised)
        }
        Err(error) => {
            site.faults.promise.is_there(&error.to_string());
            None
        }
    }
}

/// 36 months are 3 years; 6 months are half a year.
fn years(months: u32) -> String {
    if months.is_multiple_of(12) {
        (months / 12).to_string()
    } else {
        format!("{:.1}", f64::from(months) / 12.0)
    }
}
