//! One open request for each user ID, whatever the browser does.

use inkan_tests::applicant::Applicant;
use inkan_tests::database::Engine;
use inkan_tests::service::{Service, csv};

#[test]
fn a_form_sent_twice_gives_one_request() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let mut office = service.office("KJ2700000001");
    let certificates = office.arrive_first();
    let confirm = office
        .visitor
        .open(&certificates.link("証明書の発行申請を行う"));
    let form = confirm.form("はい");
    for _ in 0..2 {
        form.send(&office.visitor).shows(&[
            "証明書の発行申請中です。しばらくお待ち下さい。",
            "までに発行されます",
        ]);
    }
    assert_eq!(service.database.connect().count("request"), 1);
    office
        .visitor
        .open("/service/certificates")
        .shows(&["申請中", "までに発行されます"]);
}

#[test]
fn forms_sent_at_once_from_two_computers_give_one_request() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut service = Service::set_up(engine);
        let _site = service.start_site();
        let mut first = service.office("KJ2700000001");
        first.arrive_first();
        let forms: Vec<_> = (0..6)
            .map(|_| {
                let office = Applicant {
                    visitor: service.visitor(),
                    letter: first.letter.clone(),
                };
                let certificates = office.arrive();
                let confirm = office
                    .visitor
                    .open(&certificates.link("証明書の発行申請を行う"));
                (confirm.form("はい"), office)
            })
            .collect();
        std::thread::scope(|scope| {
            for (form, office) in &forms {
                scope.spawn(move || {
                    form.send(&office.visitor)
                        .shows(&["証明書の発行申請中です。"])
                });
            }
        });
        assert_eq!(service.database.connect().count("request"), 1, "{engine:?}");
    }
}

#[test]
fn a_request_can_be_taken_back_and_made_again() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let mut office = service.office("KJ2700000001");
    office.apply_first();
    let certificates = office.visitor.open("/service/certificates");
    let confirm = office
        .visitor
        .open(&certificates.link("この申請を取り下げる"))
        .shows(&["申請を取り下げますか？"]);
    confirm
        .form("はい")
        .send(&office.visitor)
        .shows(&["申請を取り下げました"]);
    let mut sql = service.database.connect();
    assert_eq!(
        sql.count("request WHERE state = 'withdrawn' AND sealed_password IS NULL"),
        1
    );
    let again = Applicant {
        visitor: service.visitor(),
        letter: office.letter.clone(),
    };
    let certificates = again.arrive();
    again.apply(&certificates);
    assert_eq!(sql.count("request WHERE state = 'pending'"), 1);
}

#[test]
fn without_a_mail_address_the_page_says_why_no_mail_comes() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    service
        .import(&csv(&[
            "HD2700000009,代理人 山田,000-0001,見本県見本市１丁目,,,,".to_owned(),
        ]))
        .ok();
    let letter = service.letters().remove(0);
    let mut agent = Applicant {
        visitor: service.visitor(),
        letter,
    };
    agent.arrive_first().shows(&[
        "代理人 山田",
        "登録されていません",
        "お知らせメールをお送りできません",
    ]);
}

#[test]
fn an_id_may_be_typed_as_people_type_it() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let office = service.office("KJ2700000001");
    for typed in [
        " kj2700000001 ",
        "ＫＪ２７０００００００１",
        "KJ 2700 000 001",
    ] {
        let someone = Applicant {
            visitor: service.visitor(),
            letter: office.letter.clone(),
        };
        someone
            .log_in_with(typed, &office.letter.login_password)
            .shows(&["パスワード変更"]);
    }
}
