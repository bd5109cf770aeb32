//! An agent that looks for an office: sees its notices, marks none, deletes none, has no settings of it.

use inkan_tests::applicant::Applicant;
use inkan_tests::database::Engine;
use inkan_tests::member::Member;
use inkan_tests::service::{Service, csv, row};

const OFFICE: &str = "KJ2700000001";
const AGENT: &str = "HD2700000001";

fn both(service: &mut Service) -> Vec<Member> {
    service.import(&csv(&[row(OFFICE), row(AGENT)])).ok();
    let letters = service.letters();
    let mut applicants: Vec<Applicant> = letters
        .into_iter()
        .map(|letter| Applicant {
            visitor: service.visitor(),
            letter,
        })
        .collect();
    for applicant in &mut applicants {
        applicant.apply_first();
        // The browser was closed meanwhile.
        applicant.visitor = service.visitor();
    }
    service.operator("issuer").approve_all();
    service.work_once().ok();
    let file = service.folder().write(
        "delegations.csv",
        format!("office,agent,from\n{OFFICE},{AGENT},2020-01-01\n"),
    );
    let file = file.display().to_string();
    service.cli(&["delegation", "import", &file]).ok();
    applicants
        .into_iter()
        .map(|applicant| Member::download(service, applicant))
        .collect()
}

#[test]
fn an_agent_reads_an_offices_notices_and_leaves_them_as_they_are() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let members = both(&mut service);
    let one = |id: &str| {
        let found = members.iter().find(|member| member.user_id() == id);
        found.expect("a member")
    };
    let text = service.folder().write("notice.txt", "請求の締切について。");
    let text = text.display().to_string();
    for (option, id, title) in [
        ("--account", OFFICE, "事業所へのお知らせ"),
        ("--class", "HD", "代理人へのお知らせ"),
    ] {
        let command = [
            "notice", "publish", option, id, "--title", title, "--text", &text,
        ];
        service.cli(&command).ok();
    }
    let agent = one(AGENT).signed_in();
    let own = agent.open("/portal/notices").shows(&["代理人へのお知らせ"]);
    assert!(!own.text().contains("事業所へのお知らせ"), "{}", own.text());
    assert_eq!(
        agent.open("/portal/notices/1").status,
        404,
        "not in its own name"
    );

    let choose = format!(
        "UPDATE session SET reference_account_id = (SELECT id FROM account WHERE user_id = '{OFFICE}')"
    );
    let mut sql = service.database.connect();
    sql.run(&choose);
    let list = agent.open("/portal/notices");
    let list = list.shows(&["参照ユーザ", "事業所へのお知らせ", "未読"]);
    assert!(
        !list.text().contains("代理人へのお知らせ"),
        "{}",
        list.text()
    );
    let page = agent
        .open("/portal/notices/1")
        .shows(&["請求の締切について。"]);
    assert!(!page.has_button("削除"), "{}", page.text());
    agent
        .open("/portal/notices")
        .shows(&["未読のお知らせが1件"]);
    let token = page.attributes("input[name=token]", "value")[0].clone();
    let forced = agent.send("/portal/notices/1/delete", &[("token".to_owned(), token)]);
    assert_eq!(forced.status, 403, "{}", forced.text());
    assert_eq!(
        sql.count("notice_receipt"),
        0,
        "nothing of the office's was touched"
    );
    assert_eq!(
        agent.open("/portal/mail").status,
        403,
        "settings are nobody else's"
    );

    sql.run("UPDATE session SET reference_account_id = NULL");
    agent.open("/portal/mail").shows(&["メール通知サービス"]);
    let office = one(OFFICE).signed_in();
    office
        .open("/portal/notices")
        .shows(&["未読のお知らせが1件", "事業所へのお知らせ"]);
    sql.run("UPDATE delegation SET ends_at = starts_at");
    sql.run(&choose);
    let after = agent.open("/portal/notices").shows(&["代理人へのお知らせ"]);
    assert!(
        !after.text().contains("事業所へのお知らせ"),
        "{}",
        after.text()
    );
}
