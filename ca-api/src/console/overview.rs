//! The console's first page: what waits, what hurts, and where to go for it.

use actix_web::HttpResponse;
use askama::Template;
use ca_core::domain::certificate::Purpose;
use ca_core::domain::ends::End;
use ca_core::domain::reissue::ReissueState;
use ca_core::domain::request::RequestState;
use ca_core::flow::tell_of_ends::list_ends;
use ca_core::store::account::Account;
use ca_core::store::calendar_override::{self, CalendarOverride};
use ca_core::store::listed::Listed;
use ca_core::store::outbox::Mail;
use ca_core::store::request::{self, Request, RequestFilter};
use ca_core::store::worker_status::{self, WorkerStatus};
use ca_core::store::{
    Db, StoreError, StoreResult, address_change, certificate, expiring, mail_trouble, reissue,
};
use chrono::{DateTime, TimeDelta, Utc};

use super::history;
use super::row::{Light, Row};
use super::signed_in::SignedIn;
use super::tile::{self, Tile};
use super::trouble::{self, Trouble};
use super::waiting::{self, Waiting};
use super::when;
use super::window::{self, Window};
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;

/// The oldest requests shown.
const OLDEST: i64 = 5;

/// What the store says about the whole service at one instant.
pub(super) struct Found {
    /// How many requests stand in each state.
    pub counts: Vec<(RequestState, i64)>,
    /// The pending ones that wait longest.
    pub oldest: Listed<(Request, Account)>,
    /// Client certificates since midnight in Tokyo.
    pub signed_today: i64,
    /// Certificates that end within 30 days and have no successor.
    pub expiring: i64,
    /// Applications for new passwords that wait for an operator.
    pub reissues: i64,
    /// Changes of a mail address that wait for an operator.
    pub addresses: i64,
    /// Mails that the server refused for good.
    pub parked: Listed<Mail>,
    /// Mails that were tried and are still waiting.
    pub delayed: i64,
    /// What the workers said of themselves, latest first.
    pub workers: Listed<WorkerStatus>,
    /// The orders to sign outside business hours, the longest first.
    pub orders: Listed<CalendarOverride>,
    /// What of the service ends within 90 days, or has ended, the nearest first.
    pub ends: Vec<End>,
    /// The instant.
    pub now: DateTime<Utc>,
}

impl Found {
    /// How many requests stand in `state`.
    pub fn count(&self, state: RequestState) -> i64 {
        let found = self.counts.iter().find(|(own, _)| *own == state);
        found.map_or(0, |(_, count)| *count)
    }

    /// The names of the rows that cannot be read.
    fn unreadable(&self) -> Vec<String> {
        let requests = self.oldest.unreadable.iter().chain(&self.parked.unreadable);
        let others = self.workers.unreadable.iter();
        let all = requests.chain(others).chain(&self.orders.unreadable);
        all.cloned().collect()
    }

    /// How many of the oldest have waited beyond what was promised.
    pub fn overdue(&self) -> usize {
        let late = |request: &Request| request.promised_at.is_some_and(|at| at < self.now);
        self.oldest
            .rows
            .iter()
            .filter(|(request, _)| late(request))
            .count()
    }
}

/// The order to sign outside business hours, as a box.
#[derive(Debug)]
struct Notice {
    title: String,
    next: String,
}

#[derive(Template)]
#[template(path = "console/overview.html")]
struct OverviewPage {
    page: Page,
    section: &'static str,
    now: String,
    troubles: Vec<Trouble>,
    waiting: Vec<Waiting>,
    order: Option<Notice>,
    tiles: Vec<Tile>,
    oldest: Vec<Row>,
}

pub(super) async fn show(signed_in: SignedIn) -> Result<HttpResponse, Problem> {
    let now = signed_in.now;
    let found = signed_in.read(move |site| find(site, now)).await?;
    page::show(&draw(&signed_in, &found))
}

/// What ends as far ahead as people are told of it.
fn ends_ahead(db: &mut Db, site: &Site, now: DateTime<Utc>) -> StoreResult<Vec<End>> {
    let mut ends = list_ends(db, site.calendar.covered_until())?;
    ends.retain(|end| end.mark(now).is_some());
    Ok(ends)
}

fn find(site: &Site, now: DateTime<Utc>) -> StoreResult<Found> {
    let waiting = RequestFilter {
        state: Some(RequestState::Pending),
        ..RequestFilter::default()
    };
    site.store.read(|db| {
        Ok::<_, StoreError>(Found {
            counts: request::count_by_state(db)?,
            oldest: request::list(db, &waiting, 0, OLDEST)?,
            signed_today: certificate::count_since(db, Purpose::Client, when::midnight(now))?,
            expiring: expiring::count(db, super::expiring::ahead(now, 30))?,
            reissues: reissue::count(db, ReissueState::Waiting)?,
            addresses: address_change::list_waiting(db, now, 0, 1)?.total,
            parked: mail_trouble::parked(db)?,
            delayed: mail_trouble::count_delayed(db, now - TimeDelta::minutes(15))?,
            workers: worker_status::listing(db)?,
            orders: calendar_override::listing(db, now)?,
            ends: ends_ahead(db, site, now)?,
            now,
        })
    })
}

fn draw(signed_in: &SignedIn, found: &Found) -> OverviewPage {
    let page = signed_in.page().without(&found.unreadable());
    let site = &signed_in.visit.site;
    let order = found.orders.rows.first();
    let window = window::of(&site.calendar, order, found.now);
    let light = Light {
        page: &page,
        operator: &signed_in.operator,
        classes: &site.classes,
        profile: &signed_in.visit.site.profile,
        now: found.now,
    };
    let oldest = found.oldest.rows.iter();
    OverviewPage {
        section: "overview",
        now: page.moment(found.now),
        troubles: trouble::all(&page, found, &window),
        waiting: waiting::all(&page, found),
        order: notice(&page, order, &window),
        tiles: tile::all(&page, found, &window),
        oldest: oldest
            .map(|(request, account)| Row::of(request, account, light))
            .collect(),
        page,
    }
}

fn notice(page: &Page, order: Option<&CalendarOverride>, window: &Window) -> Option<Notice> {
    let order = order.filter(|_| matches!(window, Window::Ordered(_)))?;
    let facts = [
        ("by", history::who(page, &order.opened_by)),
        ("reason", order.reason.clone()),
    ];
    Some(Notice {
        title: window.sentence(page),
        next: page.with("console-order", facts),
    })
}
