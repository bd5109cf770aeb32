//! The portal's first page: an office, an agent as itself and for an office, with everything to warn of.

use ca_core::config::Config;
use ca_core::domain::access::{ForWhom, Who};
use ca_core::domain::user_id::{ClassKind, UserId};
use ca_core::flow::choose_reference::Reference;
use ca_core::store::account::Account;

use super::{Drawn, draw, scenes};
use crate::page::Page;
use crate::portal::functions::{self, Reach};
use crate::portal::top::{TopPage, Warning};
use crate::site::Area;

const AGENT: &str = "HD2700000009";

fn id(text: &str) -> UserId {
    UserId::try_from(text.to_owned()).unwrap()
}

fn agent() -> Account {
    Account {
        id: 9,
        user_id: id(AGENT),
        name: "介護給付費請求代行センターなにわ".to_owned(),
        ..scenes::account()
    }
}

/// What `own` reaches, looking at `whom`, who has `agent`.
fn reach(own: &Account, kind: ClassKind, whom: &Account, agent: Option<&str>) -> Reach {
    let user_id = own.user_id.clone();
    Reach {
        reference: Reference {
            who: Who { user_id, kind },
            for_whom: ForWhom {
                user_id: whom.user_id.clone(),
                community_support: true,
                agent: agent.map(id),
            },
            account: whom.clone(),
            has_lapsed: false,
        },
        offices: Vec::new(),
        unread: 0,
    }
}

fn top(page: &Page, own: &Account, reach: &Reach, warnings: Vec<Warning>) -> TopPage {
    let page = Page {
        area: Area::Portal,
        path: "/portal".to_owned(),
        ..page.clone().signed_in_as(own.user_id.as_str())
    };
    let matrix = Config::load(None).unwrap().access_matrix().unwrap();
    TopPage {
        name: own.name.clone(),
        warnings,
        valid_until: "2028年12月31日（日）23:59".to_owned(),
        functions: functions::draw(&page, &matrix, own, reach),
        page,
    }
}

fn warnings(page: &Page) -> Vec<Warning> {
    let until = "2026年12月21日（月）23:59";
    let warning = |title: &str, text: &str, (url, label): (&str, &str)| Warning {
        title: page.t(title),
        text: page.with(text, [("until", until)]),
        action: Some((url.to_owned(), page.t(label))),
    };
    let renew = ("https://localhost:8443/service", "renewal-apply");
    let change = ("/portal/password", "portal-ageing-change");
    vec![
        warning("renewal-title", "renewal-text", renew),
        warning("portal-ageing-title", "portal-ageing-text", change),
    ]
}

pub(super) fn pages(page: &Page) -> Vec<Drawn> {
    let (office, agent) = (scenes::account(), agent());
    let other = Account {
        id: 2,
        user_id: id("HJ2700000002"),
        name: "障害福祉サービス事業所もみじ".to_owned(),
        ..office.clone()
    };
    let offices = vec![office.clone(), other];
    let alone = Reach {
        unread: 3,
        ..reach(&office, ClassKind::Applicant, &office, None)
    };
    let delegating = reach(&office, ClassKind::Applicant, &office, Some(AGENT));
    let nobodys = reach(&agent, ClassKind::Agent, &agent, None);
    let itself = Reach {
        offices: offices.clone(),
        ..nobodys.clone()
    };
    let acting = Reach {
        offices,
        unread: 1,
        ..reach(&agent, ClassKind::Agent, &office, Some(AGENT))
    };
    let mut lapsed = itself.clone();
    lapsed.reference.has_lapsed = true;
    let drawn = |name, own, reach, warnings| draw(name, &top(page, own, reach, warnings));
    vec![
        drawn("portal-office", &office, &alone, Vec::new()),
        drawn("portal-office-with-agent", &office, &delegating, Vec::new()),
        drawn("portal-agent-alone", &agent, &nobodys, Vec::new()),
        drawn("portal-agent", &agent, &itself, Vec::new()),
        drawn("portal-agent-for-office", &agent, &acting, Vec::new()),
        drawn("portal-warnings", &agent, &lapsed, warnings(page)),
    ]
}

#[test]
fn every_function_is_listed_once() {
    for (name, html) in pages(&scenes::page(crate::locale::Language::Japanese)) {
        let main = html.split("<main").nth(1).unwrap();
        for path in ["certificates", "setup", "notices", "mail"] {
            let link = format!("href=\"/portal/{path}\"");
            assert!(main.matches(&link).count() <= 1, "{name}: {path} twice");
        }
        for path in ["certificates", "setup"] {
            let link = format!("href=\"/portal/{path}\"");
            assert!(main.contains(&link), "{name}: {path}");
        }
    }
}
