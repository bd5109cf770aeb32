//! The portal's door: the login, and a page for each way of not being let in.

use ca_core::domain::certificate::CertificateStatus;
use ca_core::domain::portal_admission::Refusal;
use chrono::TimeDelta;

use super::{Drawn, draw, scenes};
use crate::applicant::fault::Faults;
use crate::applicant::login::{locked_faults, replaced_faults, wrong_faults};
use crate::certified::Certified;
use crate::locale::Language;
use crate::page::Page;
use crate::portal::login::LoginPage;
use crate::portal::refusal::{RefusedPage, refused_page};
use crate::site::Area;

const SHOWN: &str = "KJ2700000001";
const OTHER: &str = "HJ2700000005";

fn shown() -> Certified {
    Certified {
        shown: None,
        subject: SHOWN.to_owned(),
        serial: "3f9a1c0d55e84b7290cc41aa07be6d12".to_owned(),
    }
}

fn login(page: &Page, faults: Faults) -> LoginPage {
    LoginPage {
        faults,
        certificate: Some(shown()),
        user_id: String::new(),
        folded: false,
        timed_out: false,
        lock_rule: page.with("login-lock-rule", [("tries", "3"), ("minutes", "30")]),
        page: page.clone(),
    }
}

fn refused(page: &Page, refusal: Refusal) -> RefusedPage {
    let certificate = (refusal != Refusal::NoCertificate).then(shown);
    let typed = (refusal == Refusal::OtherAccount).then(|| OTHER.to_owned());
    let held = scenes::certificate(-1, CertificateStatus::Valid, 1);
    refused_page(page.clone(), refusal, certificate, Some(&held), typed)
}

pub(super) fn pages(page: &Page) -> Vec<Drawn> {
    let page = &Page {
        area: Area::Portal,
        path: "/portal/login".to_owned(),
        ..page.clone()
    };
    let lock = ca_core::config::Config::default().lock;
    let until = scenes::now() + TimeDelta::minutes(30);
    let typed = |faults| LoginPage {
        user_id: SHOWN.to_owned(),
        ..login(page, faults)
    };
    let ended = LoginPage {
        timed_out: true,
        ..login(page, Faults::default())
    };
    let refused = |name, refusal| draw(name, &refused(page, refusal));
    vec![
        draw("door-login", &login(page, Faults::default())),
        draw("door-login-ended", &ended),
        draw("door-wrong-password", &typed(wrong_faults(page, lock, 2))),
        draw("door-locked", &typed(locked_faults(page, lock, until))),
        draw("door-replaced", &typed(replaced_faults(page))),
        refused("door-none", Refusal::NoCertificate),
        refused("door-expired", Refusal::Expired),
        refused("door-early", Refusal::NotYetValid),
        refused("door-revoked", Refusal::Revoked),
        refused("door-held", Refusal::Held),
        refused("door-disabled", Refusal::Disabled),
        refused("door-other", Refusal::OtherAccount),
        refused("door-unknown", Refusal::Unknown),
    ]
}

#[test]
fn every_refusal_has_words_of_its_own_and_one_main_way_out() {
    for language in [Language::Japanese, Language::English] {
        let pages = pages(&scenes::page(language));
        let is_refusal =
            |(_, html): &&Drawn| html.contains("class=\"facts\"") || html.contains("<ol>");
        let refusals: Vec<&Drawn> = pages
            .iter()
            .filter(|(name, _)| !name.contains("login"))
            .collect();
        let mut titles = std::collections::BTreeSet::new();
        for (name, html) in refusals.into_iter().filter(is_refusal) {
            assert_eq!(html.matches("class=\"button\"").count(), 1, "{name}");
            let (_, rest) = html.split_once("<h1>").unwrap();
            titles.insert(rest.split_once('<').unwrap().0.to_owned());
        }
        // Three states of the login page share its heading.
        assert_eq!(titles.len(), 9, "{titles:?}");
    }
}
