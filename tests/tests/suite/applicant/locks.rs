//! Three wrong passwords lock for half an hour: exactly three, for everybody the same, known ID or not.

use inkan_tests::applicant::Applicant;
use inkan_tests::database::Engine;
use inkan_tests::service::Service;

#[test]
fn three_wrong_passwords_lock_and_a_right_one_does_not_open() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let office = service.office("KJ2700000001");
    let right = office.letter.login_password.clone();
    for wrong in ["wrong-one-1", "wrong-two-2"] {
        office
            .log_in_with("KJ2700000001", wrong)
            .refuses(&["ユーザＩＤかパスワードのどちらかが違います"]);
    }
    office
        .log_in_with("KJ2700000001", "wrong-three-3")
        .refuses(&["しばらくの間、ログインできません"]);
    let locked = office
        .log_in_with("KJ2700000001", &right)
        .refuses(&["しばらくの間、ログインできません"]);
    assert_eq!(
        office.visitor.cookie("__Host-inkan"),
        None,
        "{}",
        locked.text()
    );
    service.cli(&["account", "unlock", "KJ2700000001"]).ok();
    office
        .log_in_with("KJ2700000001", &right)
        .shows(&["パスワード変更"]);
}

#[test]
fn a_right_password_in_between_starts_the_count_afresh() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let office = service.office("KJ2700000001");
    let right = office.letter.login_password.clone();
    for _ in 0..3 {
        for wrong in ["wrong-one-1", "wrong-two-2"] {
            office
                .log_in_with("KJ2700000001", wrong)
                .refuses(&["違います"]);
        }
        let someone = Applicant {
            visitor: service.visitor(),
            letter: office.letter.clone(),
        };
        someone
            .log_in_with("KJ2700000001", &right)
            .shows(&["パスワード変更"]);
    }
}

#[test]
fn an_unknown_id_gets_the_same_bytes_as_a_known_one() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let office = service.office("KJ2712345678");
    let disabled = service.office("KJ2712345679");
    service.cli(&["account", "disable", "KJ2712345679"]).ok();
    let answers = |user_id: &str, passwords: [&str; 5]| -> Vec<(u16, String)> {
        let visitor = service.visitor();
        let applicant = Applicant {
            visitor,
            letter: office.letter.clone(),
        };
        let pages = passwords.map(|password| applicant.log_in_with(user_id, password));
        pages
            .iter()
            .map(|page| (page.status, levelled(&page.html(), user_id)))
            .collect()
    };
    let wrong = [
        "wrong-one-1",
        "wrong-two-2",
        "wrong-three-3",
        "wrong-four-4",
        "wrong-five-5",
    ];
    let known = answers("KJ2712345678", wrong);
    let unknown = answers("KJ2799999999", wrong);
    let own = disabled.letter.login_password.as_str();
    let switched_off = answers("KJ2712345679", [own; 5]);
    assert_eq!(known, unknown, "an unknown ID can be told apart");
    assert_eq!(known, switched_off, "a disabled ID can be told apart");
    assert!(
        known[0].1 != known[4].1,
        "the last answer says that it is locked"
    );
}

/// A page without what differs by request: the ID that was typed, tokens, marks, the clock.
fn levelled(html: &str, user_id: &str) -> String {
    let without_id = html.replace(user_id, "ID");
    let mut text = String::new();
    for word in without_id.split_inclusive(['"', ' ', '<', '>', '：', '、']) {
        let digits = word.chars().filter(char::is_ascii_hexdigit).count();
        let is_moving = digits >= 12
            || (word.contains(':') && word.chars().any(|letter| letter.is_ascii_digit()));
        text.push_str(if is_moving { "…" } else { word });
    }
    text
}

#[test]
fn twenty_wrong_tries_at_once_count_three() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut service = Service::set_up(engine);
        let _site = service.start_site();
        let office = service.office("KJ2700000001");
        let right = office.letter.login_password.clone();
        let pages: Vec<String> = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..20)
                .map(|number| {
                    let applicant = Applicant {
                        visitor: service.visitor(),
                        letter: office.letter.clone(),
                    };
                    scope.spawn(move || {
                        applicant
                            .log_in_with("KJ2700000001", &format!("wrong-{number}-{number}"))
                            .text()
                    })
                })
                .collect();
            tries
                .into_iter()
                .map(|attempt| attempt.join().expect("an answer"))
                .collect()
        });
        assert!(pages.iter().all(|text| !text.contains("パスワード変更")));
        let mut sql = service.database.connect();
        assert_eq!(
            sql.lines(
                "SELECT CAST(failures AS TEXT) AS line FROM try_counter WHERE scope = 'login'"
            ),
            ["3"]
        );
        assert_eq!(
            sql.count("audit WHERE act IN ('login.refuse', 'login.lock')"),
            3,
            "three were looked at"
        );
        assert_eq!(sql.count("audit WHERE act = 'login.lock'"), 1);
        office
            .log_in_with("KJ2700000001", &right)
            .refuses(&["しばらくの間、ログインできません"]);
    }
}

#[test]
fn the_gate_has_a_lock_of_its_own() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let mut office = service.office("KJ2700000001");
    let page = office.log_in();
    let mut page = office.change_password(&page);
    for wrong in ["aaaabbbbccccdddd", "bbbbccccddddeeee", "ccccddddeeeeffff"] {
        page = office.pass_gate_with(&page, wrong);
        assert!(
            !page.text().contains("証明書の発行申請を行う"),
            "{}",
            page.text()
        );
    }
    let again = Applicant {
        visitor: service.visitor(),
        letter: office.letter.clone(),
    };
    let page = again.log_in();
    assert!(
        page.status == 200 && !page.has_button("ログイン"),
        "the login is not locked:\n{}",
        page.text()
    );
    let shut = if page.has_button("次へ") {
        again.pass_gate(&page)
    } else {
        page
    };
    shut.refuses(&["しばらくの間、入力できません"]);
    assert_eq!(
        service
            .database
            .connect()
            .count("session WHERE stage = 'gate-passed'"),
        0
    );
}
