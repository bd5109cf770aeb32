//! What ends a session at the portal, and what a cookie alone is worth.

use inkan_tests::database::Engine;
use inkan_tests::service::Service;
use inkan_tests::site::arriving;
use std::path::Path;
use std::process::{Command, Stdio};

const COOKIE: &str = "__Host-inkan-portal";

#[test]
fn a_revoked_certificate_is_out_at_the_next_request_of_a_kept_connection() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let member = service.member();
    let visitor = member.signed_in();
    visitor.open("/portal").shows(&["ポータル"]);
    // Around the product, so that nothing but the look at each request can notice.
    let mut sql = service.database.connect();
    sql.run("UPDATE certificate SET status = 'revoked' WHERE purpose = 'client'");
    let page = visitor.open("/portal");
    page.refuses(&[
        "このクライアント証明書は失効しています",
        "パスワードを再発行",
    ]);
    sql.run("UPDATE certificate SET status = 'valid' WHERE purpose = 'client'");
    visitor.open("/portal").shows(&["ユーザＩＤ", "パスワード"]);
    assert_eq!(sql.count("audit WHERE act = 'portal-session.end'"), 1);
    assert_eq!(sql.count("audit WHERE act = 'portal-login.refuse'"), 1);
}

#[test]
fn a_cookie_opens_nothing_under_another_certificate_and_forged_ones_nothing_at_all() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let members = service.members(2);
    let [sakura, ume] = &members[..] else {
        panic!("two offices")
    };
    let own = sakura.signed_in();
    let cookie = format!("{COOKIE}={}", own.cookie(COOKIE).expect("a session"));
    let thief = ume.visitor().open_with("/portal", &cookie);
    assert!(thief.has_button("ログイン"), "{}", thief.text());
    let bare = arriving(&service.portal(), &service.root_pem()).visitor();
    bare.open_with("/portal", &cookie)
        .refuses(&["クライアント証明書が選ばれていません"]);
    own.open("/portal").shows(&["ポータル", "ログアウト"]);
    let longest = "a".repeat(4000);
    for forged in [
        "x",
        "",
        "0",
        "%00",
        &"0".repeat(64),
        &"g".repeat(64),
        &longest,
    ] {
        let page = ume
            .visitor()
            .open_with("/portal", &format!("{COOKIE}={forged}"));
        assert!(page.status < 500, "{forged}: {}", page.status);
        assert!(!page.has_button("ログアウト"), "{forged}");
    }
    // The applicants' session is none here, and this one is none there.
    let there = ume
        .applicant
        .visitor
        .open_with("/service/certificates", &cookie);
    assert!(there.has_button("ログイン"), "{}", there.text());
}

#[test]
fn doubled_and_oversize_fields_are_refused_with_a_page() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let member = service.member();
    let visitor = member.visitor();
    visitor
        .open("/portal/login?a=1&a=2")
        .refuses(&["送信された内容"]);
    let form = visitor.open("/portal/login").form("ログイン");
    let form = form
        .fill("ユーザＩＤ", member.user_id())
        .fill("パスワード", "x");
    let twice = form.clone().add("user_id", "KJ2700000002").send(&visitor);
    assert_eq!(twice.status, 400, "{}", twice.text());
    let long = form
        .clone()
        .set("password", &"x".repeat(70_000))
        .send(&visitor);
    assert_eq!(long.status, 413, "{}", long.text());
    let forged = form.set("token", "0").send(&visitor);
    assert_eq!(forged.status, 403, "{}", forged.text());
}

#[test]
fn an_old_password_warns_then_opens_its_change_alone() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let mut member = service.member();
    let mut sql = service.database.connect();
    let aged = |days: i64| (chrono::Utc::now() - chrono::Duration::days(days)).timestamp_millis();
    sql.run(&format!(
        "UPDATE account SET login_password_changed_at = {}",
        aged(350)
    ));
    let visitor = member.visitor();
    let warned = member.log_in(&visitor);
    let warned = warned.shows(&[
        "パスワードの有効期限が近づいています",
        "はい",
        "パスワードを変更する",
    ]);
    visitor
        .open(&warned.link("はい"))
        .shows(&["ポータル", "有効期限が近づいています"]);

    sql.run(&format!(
        "UPDATE account SET login_password_changed_at = {}",
        aged(370)
    ));
    let visitor = member.visitor();
    let elsewhere = member.visitor();
    member
        .log_in(&elsewhere)
        .shows(&["有効期間（1年）が過ぎました"]);
    let change = member
        .log_in(&visitor)
        .shows(&["有効期間（1年）が過ぎました"]);
    visitor
        .open("/portal")
        .shows(&["有効期間（1年）が過ぎました"]);
    let typed = |word: &str| {
        let form = change.form("変更する").fill("新しいパスワード", word);
        form.fill("新しいパスワード（", word)
    };
    let present = member.applicant.letter.login_password.clone();
    typed(&present)
        .send(&visitor)
        .refuses(&["今のパスワードと同じ"]);
    typed("password123")
        .send(&visitor)
        .refuses(&["よく使われるもの"]);
    typed("Haru-2027-sakura")
        .send(&visitor)
        .shows(&["ポータル", "ログアウト"]);
    elsewhere
        .open("/portal")
        .shows(&["ログインの状態が終了しています"]);
    member.applicant.letter.login_password = "Haru-2027-sakura".to_owned();
    member.signed_in();
}

/// One run of OpenSSL's own client: what it says of the connection, and the page.
fn s_client(service: &Service, pem: &Path, version: &str, session: [&str; 2]) -> String {
    let address = service.portal().replace("https://", "");
    let root = service.root_file();
    let mut command = Command::new("openssl");
    command.args([
        "s_client",
        "-connect",
        &address,
        "-servername",
        "localhost",
        "-ign_eof",
    ]);
    command
        .arg("-CAfile")
        .arg(root)
        .arg("-cert")
        .arg(pem)
        .arg("-key")
        .arg(pem)
        .arg(version);
    let mut child = command
        .args(session)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl");
    let ask = "GET /portal/login HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let mut stdin = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, ask.as_bytes()).expect("a question");
    let out = child.wait_with_output().expect("an answer").stdout;
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn a_resumed_connection_does_not_outlive_a_revocation() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let member = service.member();
    let pem = member.pem_file(&service);
    let mut sql = service.database.connect();
    for version in ["-tls1_2", "-tls1_3"] {
        let kept = service.folder().join("session.pem").display().to_string();
        let first = s_client(&service, &pem, version, ["-sess_out", &kept]);
        assert!(
            first.contains("New, ") && first.contains("選ばれている証明書"),
            "{first}"
        );
        sql.run("UPDATE certificate SET status = 'revoked' WHERE purpose = 'client'");
        let again = s_client(&service, &pem, version, ["-sess_in", &kept]);
        assert!(again.contains("Reused, "), "{version}: {again}");
        assert!(
            again.contains("このクライアント証明書は失効しています"),
            "{version}: {again}"
        );
        sql.run("UPDATE certificate SET status = 'valid' WHERE purpose = 'client'");
    }
}

#[test]
fn an_expired_certificate_is_told_so_and_its_owner_can_apply_anew() {
    let mut service = Service::set_up(Engine::Sqlite);
    let site = service.start_site();
    let member = service.member();
    drop(site);
    let mut sql = service.database.connect();
    sql.run("UPDATE certificate SET not_after = 1700000000000 WHERE purpose = 'client'");
    let _site = service.start_site();
    let page = member.visitor().open("/portal");
    page.refuses(&[
        "有効期限が切れています",
        "証明書発行サービス",
        "2023年11月15日",
    ]);
    member.applicant.arrive().shows(&["証明書の発行申請を行う"]);
}

#[test]
fn the_first_login_after_a_session_ended_succeeds() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let member = service.member();
    let mut sql = service.database.connect();
    let visitor = member.signed_in();
    sql.run("UPDATE session SET last_seen_at = 0");
    visitor.open("/portal").shows(&["ユーザＩＤ"]);
    member.log_in(&visitor).shows(&["ポータル"]);

    // Suspended, and released again: both pages come while the browser shows the old cookie.
    sql.run("UPDATE certificate SET status = 'held' WHERE purpose = 'client'");
    visitor.open("/portal").refuses(&["一時"]);
    sql.run("UPDATE certificate SET status = 'valid' WHERE purpose = 'client'");
    member.log_in(&visitor).shows(&["ポータル"]);

    // A login page that another tab outlived, by logging out or in.
    let typed = |page: inkan_tests::page::Page| {
        let form = page.form("ログイン");
        let password = &member.applicant.letter.login_password;
        form.fill("ユーザＩＤ", member.user_id())
            .fill("パスワード", password)
    };
    sql.run("UPDATE session SET last_seen_at = 0");
    let waiting = typed(visitor.open("/portal/login"));
    let logout = member.log_in(&visitor).shows(&["ポータル"]);
    waiting.send(&visitor).shows(&["ポータル"]);
    drop(logout);
    visitor.open("/portal").form("ログアウト").send(&visitor);
    waiting.send(&visitor).shows(&["ポータル"]);
}
