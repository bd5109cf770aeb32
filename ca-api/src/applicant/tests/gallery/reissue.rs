//! The public form for new passwords in its states.

use ca_core::domain::reissue::Lost;

use super::{Drawn, draw};
use crate::applicant::fault::Faults;
use crate::applicant::reissue::{CheckPage, DonePage, RefusedPage, ReissuePage, Typed, lost_label};
use crate::page::Page;

fn typed() -> Typed {
    Typed {
        user_id: "KJ2700000001".to_owned(),
        office_name: "株式会社さくら介護 さくら訪問介護ステーション".to_owned(),
        person: "山田 花子".to_owned(),
        telephone: "06-1234-5678".to_owned(),
        mail_address: "jimu@sakura-kaigo.example.jp".to_owned(),
        lost: Lost::Exposed.to_string(),
        detail: "事務所の引っ越しのときに、お知らせを入れた封筒ごとなくしました。".to_owned(),
    }
}

pub(super) fn pages(page: &Page) -> Vec<Drawn> {
    let mut faults = Faults::new(page.t("errors-title"));
    faults.add("user_id", page.t("reissue-user-id-shape"));
    faults.add("telephone", page.t("reissue-telephone-digits"));
    faults.add("lost", page.t("reissue-no-lost"));
    let wrong = Typed {
        user_id: "KJ27".to_owned(),
        telephone: "1234-5678".to_owned(),
        lost: String::new(),
        ..typed()
    };
    let refused = |until: Option<&str>| RefusedPage {
        page: page.clone(),
        until: until.map(str::to_owned),
    };
    vec![
        draw(
            "reissue",
            &ReissuePage::new(page.clone(), Faults::default(), Typed::default()),
        ),
        draw(
            "reissue-wrong",
            &ReissuePage::new(page.clone(), faults, wrong),
        ),
        draw(
            "reissue-check",
            &CheckPage {
                page: page.clone(),
                id: "019ab000-0000-7000-8000-000000000001".to_owned(),
                folded: true,
                lost: lost_label(page, Lost::Exposed),
                typed: typed(),
            },
        ),
        draw("reissue-done", &DonePage { page: page.clone() }),
        draw(
            "reissue-throttled",
            &refused(Some("2026年11月26日（木）00:00")),
        ),
        draw("reissue-full", &refused(None)),
    ]
}
