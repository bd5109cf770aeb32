//! Password change, second gate, sessions, forged forms.

use inkan_tests::applicant::{Applicant, CHOSEN};
use inkan_tests::database::Engine;
use inkan_tests::service::Service;

const SESSION: &str = "__Host-inkan";

#[test]
fn a_temporary_password_leads_to_its_change_and_nowhere_else() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let mut office = service.office("KJ2700000001");
    let temporary = office.letter.login_password.clone();
    let page = office.log_in().shows(&["パスワード変更"]);
    for path in ["/service/certificates", "/service/request", "/service/gate"] {
        let other = office.visitor.open(path);
        assert!(
            other.has_button("変更する"),
            "{path} should lead to the change:\n{}",
            other.text()
        );
    }
    office
        .change_password(&page)
        .shows(&["クライアント証明書発行用パスワード"]);
    let again = Applicant {
        visitor: service.visitor(),
        letter: office.letter.clone(),
    };
    let refused = again.log_in_with("KJ2700000001", &temporary);
    assert!(
        refused.has_button("ログイン"),
        "the temporary password is gone:\n{}",
        refused.text()
    );
    again
        .log_in_with("KJ2700000001", CHOSEN)
        .shows(&["クライアント証明書発行用パスワード"]);
}

#[test]
fn a_new_password_is_held_to_the_rules_that_the_page_names() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let office = service.office("KJ2700000001");
    let mut page = office
        .log_in()
        .shows(&["8文字以上", "大文字と小文字は区別されます"]);
    let cases = [
        ("short12", "short12"),
        ("Ｚenkaku-2026-ume", "Ｚenkaku-2026-ume"),
        ("Sakura-2026-ume", "Sakura-2026-Ume"),
        ("KJ2700000001", "KJ2700000001"),
        (
            office.letter.login_password.as_str(),
            office.letter.login_password.as_str(),
        ),
        ("", ""),
    ];
    for (new, again) in cases {
        let form = page
            .form("変更する")
            .fill("新しいパスワード", new)
            .fill("新しいパスワード（", again);
        page = form.send(&office.visitor).refuses(&[]);
        assert!(
            page.has_button("変更する"),
            "{new:?} / {again:?} was taken:\n{}",
            page.text()
        );
        assert!(
            !page.all("[role=alert] a").is_empty(),
            "the summary leads to the field"
        );
        assert!(
            page.attributes("input[type=password]", "value").is_empty(),
            "a password is not sent back"
        );
    }
}

#[test]
fn the_session_changes_its_name_at_every_gate_and_ends_at_logout() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let mut office = service.office("KJ2700000001");
    let before = office.visitor.cookie(SESSION);
    let page = office.log_in();
    let first = office
        .visitor
        .cookie(SESSION)
        .expect("a session after the login");
    let page = office.change_password(&page);
    let second = office
        .visitor
        .cookie(SESSION)
        .expect("a session after the change");
    let page = office.pass_gate(&page);
    let third = office
        .visitor
        .cookie(SESSION)
        .expect("a session after the gate");
    assert_eq!(before, None);
    assert!(
        first != second && second != third && first != third,
        "rotated at each step"
    );
    page.form("ログアウト")
        .send(&office.visitor)
        .shows(&["ログアウトしました"]);
    assert_eq!(
        service.database.connect().count("session"),
        0,
        "the server forgot it"
    );
    let after = office.visitor.open("/service/certificates");
    assert!(after.has_button("ログイン"), "{}", after.text());
}

#[test]
fn the_cookie_cannot_leave_its_place() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let office = service.office("KJ2700000001");
    let staying = inkan_tests::site::arriving(&service.site(), &service.root_pem())
        .staying()
        .visitor();
    let form = staying
        .open("/service/login")
        .form("ログイン")
        .fill("ユーザＩＤ", "KJ2700000001");
    let answer = form
        .fill("パスワード", &office.letter.login_password)
        .send(&staying);
    let set: Vec<&str> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let session = set
        .iter()
        .find(|cookie| cookie.starts_with("__Host-inkan="))
        .unwrap_or_else(|| panic!("{set:?}"));
    for word in ["Secure", "HttpOnly", "SameSite=", "Path=/"] {
        assert!(session.contains(word), "{session}");
    }
    assert!(!session.contains("Domain="), "{session}");
    let stored = service
        .database
        .connect()
        .lines("SELECT id_hash AS line FROM session");
    assert!(
        stored.iter().all(|hash| !session.contains(hash.as_str())),
        "the database keeps only a hash"
    );
}

#[test]
fn a_form_of_another_page_is_refused() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let mut office = service.office("KJ2700000001");
    let certificates = office.arrive_first();
    let confirm = office
        .visitor
        .open(&certificates.link("証明書の発行申請を行う"));
    let form = confirm.form("はい");
    let token = form
        .value("token")
        .expect("a token in every form")
        .to_owned();
    let forged = [
        form.clone().set("token", ""),
        form.clone().set(
            "token",
            &token.replace(
                |digit: char| digit == token.chars().next().unwrap_or('0'),
                "0x",
            ),
        ),
    ];
    for form in forged {
        let answer = form.send(&office.visitor);
        assert!(
            (400..500).contains(&answer.status),
            "{}: {}",
            answer.status,
            answer.text()
        );
    }
    let foreign = office
        .visitor
        .send_from("https://evil.example", &form.action, &form.fields);
    assert!((400..500).contains(&foreign.status), "{}", foreign.status);
    assert_eq!(
        service.database.connect().count("request"),
        0,
        "nothing was asked for"
    );
    form.send(&office.visitor)
        .shows(&["証明書の発行申請中です。"]);
}
