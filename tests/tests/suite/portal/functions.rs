//! The portal's own functions over HTTPS, as offices and operators use them: notices, mail settings, status.

use ca_core::domain::user_id::UserId;
use inkan_tests::database::Engine;
use inkan_tests::mail::Mail;
use inkan_tests::member::Member;
use inkan_tests::page::Page;
use inkan_tests::service::Service;
use inkan_tests::site::Visitor;

fn publish(console: &Visitor, title: &str, readers: &str, user_id: &str) -> Page {
    let form = console.open("/console/notices/new").form("内容を確認する");
    let check = form
        .fill("件名", title)
        .set("readers", readers)
        .set("user_id", user_id)
        .fill("本文", "受付は12月28日までです。")
        .send(console)
        .shows(&["この内容で掲載します", title]);
    check
        .form("掲載する")
        .send(console)
        .shows(&["掲載中", title])
}

/// The mails to an address, read.
fn mails_to(service: &Service, address: &str) -> Vec<Mail> {
    let mails = service.mails();
    let read = mails.iter().map(|raw| Mail::of(raw));
    read.filter(|mail| mail.header("to") == address).collect()
}

fn notices_reach_those_they_are_for(engine: Engine) {
    let mut service = Service::set_up(engine);
    let _site = service.start_site();
    let members = service.members(2);
    let [sakura, ume] = &members[..] else {
        panic!("two offices")
    };
    let console = service.operator("suzuki").signed_in();
    publish(&console, "全員へのお知らせ", "everybody", "");
    let own = publish(&console, "桜へのお知らせ", "account", sakura.user_id());
    let number = own.attributes("form[action$=withdraw]", "action")[0].clone();
    let number = number.split('/').nth(3).expect("a number").to_owned();
    service.work_once().ok();

    let visitor = sakura.signed_in();
    let list = visitor
        .open("/portal/notices")
        .shows(&["未読のお知らせが2件", "桜へのお知らせ"]);
    let place = list.link("桜へのお知らせ");
    let read = visitor.open(&place).shows(&["受付は12月28日までです。"]);
    visitor
        .open("/portal/notices")
        .shows(&["未読のお知らせが1件"]);
    read.form("削除").send(&visitor);
    let left = visitor.open("/portal/notices").text();
    assert!(
        left.contains("全員へのお知らせ") && !left.contains("桜へのお知らせ"),
        "{left}"
    );

    let other = ume.signed_in();
    let theirs = other
        .open("/portal/notices")
        .shows(&["未読のお知らせが1件"])
        .text();
    assert!(!theirs.contains("桜へのお知らせ"), "{theirs}");
    let absent = |path: &str| {
        let page = other.open(path);
        let text = page.text();
        let shown = text.split("受付番号").next().expect("a text").to_owned();
        (page.status, shown)
    };
    let foreign = absent(&format!("/portal/notices/{number}"));
    assert_eq!(foreign.0, 404);
    for nowhere in ["9999", "-1", "x", "18446744073709551616"] {
        assert_eq!(
            absent(&format!("/portal/notices/{nowhere}")),
            foreign,
            "{nowhere}"
        );
    }

    let told = mails_to(&service, "sakura@example.jp");
    let told: Vec<&Mail> = told
        .iter()
        .filter(|mail| mail.header("subject").contains("お知らせが掲載"))
        .collect();
    assert_eq!(told.len(), 3, "both offices have this address");
    assert!(
        told.iter()
            .all(|mail| !mail.text.contains("受付は12月28日")),
        "the title alone"
    );
}

#[test]
fn notices_reach_those_they_are_for_on_sqlite() {
    notices_reach_those_they_are_for(Engine::Sqlite);
}

#[test]
fn notices_reach_those_they_are_for_on_postgres() {
    notices_reach_those_they_are_for(Engine::Postgres);
}

/// The code in the last mail to an address.
fn code(service: &Service, address: &str) -> String {
    service.work_once().ok();
    let mails = mails_to(service, address);
    let carrying = mails
        .iter()
        .rfind(|mail| mail.text.contains("確認コード　"));
    let text = &carrying.expect("a mail with a code").text;
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("確認コード　"));
    line.expect("a code").to_owned()
}

fn signed_in(service: &mut Service) -> (Member, Visitor) {
    let member = service.member();
    let visitor = member.signed_in();
    (member, visitor)
}

#[test]
fn a_mail_address_changes_by_two_codes() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let (_member, visitor) = signed_in(&mut service);
    let page = visitor
        .open("/portal/mail")
        .shows(&["sakura@example.jp", "いつもお送りします"]);
    let chosen = page.form("保存").send(&visitor);
    chosen.shows(&["保存しました"]);
    let ask = |address: &str| {
        let form = visitor.open("/portal/mail").form("確認コードを送る");
        form.fill("新しいメールアドレス", address).send(&visitor)
    };
    ask("a@b").refuses(&["ドメイン名"]);
    ask("x@example.jp\r\nBcc: y@example.jp").refuses(&["半角"]);
    ask("sakura@example.jp").refuses(&["同じです"]);
    ask("new@example.jp").shows(&["変更の手続き中です", "new@example.jp"]);
    let (new, old) = (
        code(&service, "new@example.jp"),
        code(&service, "sakura@example.jp"),
    );
    let type_in = |code: &str| {
        let form = visitor.open("/portal/mail").form("確認する");
        form.fill("確認コード", code).send(&visitor)
    };
    type_in("xxxx xxxx xxxx").refuses(&["確認コードが違います", "あと4回"]);
    type_in(&new).shows(&["新しいアドレスを確認しました", "sakura@example.jp"]);
    type_in(&old).shows(&["メールアドレスを変更しました"]);
    service.work_once().ok();
    for address in ["sakura@example.jp", "new@example.jp"] {
        let mails = mails_to(&service, address);
        let told = |mail: &&Mail| {
            mail.header("subject")
                .contains("メールアドレスを変更しました")
        };
        assert_eq!(mails.iter().filter(told).count(), 1, "{address} is told");
    }
    let mut sql = service.database.connect();
    let plain = new.replace(' ', "");
    for row in sql.lines("SELECT facts AS line FROM outbox") {
        assert!(
            !row.contains(&new) && !row.contains(&plain),
            "a code stays: {row}"
        );
    }
    assert_eq!(sql.count("audit WHERE act = 'address.change'"), 1);
    assert_eq!(
        sql.count("account WHERE mail_address = 'new@example.jp'"),
        1
    );
}

#[test]
fn an_operator_agrees_where_the_old_address_is_dead() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let (_member, visitor) = signed_in(&mut service);
    let form = visitor.open("/portal/mail").form("確認コードを送る");
    form.fill("新しいメールアドレス", "new@example.jp")
        .send(&visitor);
    let new = code(&service, "new@example.jp");
    let console = service.operator("suzuki").signed_in();
    let list = console
        .open("/console/addresses")
        .shows(&["sakura@example.jp", "new@example.jp"]);
    list.form("旧アドレスの代わりに承認")
        .send(&console)
        .shows(&["確認コードが入力されると変更されます"]);
    let form = visitor.open("/portal/mail").form("確認する");
    form.fill("確認コード", &new)
        .send(&visitor)
        .shows(&["メールアドレスを変更しました"]);
}

#[test]
fn the_check_page_says_what_is_there_and_what_is_missing() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let member = service.member();
    let unused = service.operator("suzuki").signed_in();
    let shown = UserId::try_from(member.user_id().to_owned()).expect("a user ID");
    let shown = shown.display_grouped();
    unused.open("/console/unused").shows(&[&shown, "まだ"]);
    let listed = service.cli(&["certificate", "unused", "--json"]).ok();
    assert!(listed.out.contains(member.user_id()), "{}", listed.out);

    let bare = inkan_tests::site::arriving(&service.portal(), &service.root_pem()).visitor();
    bare.open("/portal/setup")
        .shows(&["設定の確認", "クライアント証明書が選ばれていません"]);
    let mut sql = service.database.connect();
    assert_eq!(sql.count("certificate WHERE installed_at IS NOT NULL"), 0);

    let visitor = member.visitor();
    for _ in 0..2 {
        let page = visitor.open("/portal/setup");
        page.shows(&["設定の確認", &shown, "ログインできます"]);
    }
    assert_eq!(sql.count("certificate WHERE installed_at IS NOT NULL"), 1);
    assert_eq!(
        sql.count("audit WHERE act = 'certificate.installed'"),
        1,
        "the first time counts"
    );
    unused.open("/console/unused").shows(&[&shown]);
    let home = member.signed_in();
    home.open("/portal/certificates")
        .shows(&["いま使っている証明書", "設定の確認"]);
    let gone = unused.open("/console/unused").text();
    assert!(gone.contains("該当する証明書はありません"), "{gone}");

    sql.run("UPDATE certificate SET status = 'revoked' WHERE purpose = 'client'");
    let told = visitor.open("/portal/setup");
    told.shows(&["失効"]);
}

#[test]
fn bad_input_at_the_portals_functions_is_refused() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let (_member, visitor) = signed_in(&mut service);
    let form = |label: &str| visitor.open("/portal/mail").form(label);
    let huge = "a".repeat(2_000);
    assert_eq!(
        form("確認コードを送る")
            .set("address", &huge)
            .send(&visitor)
            .status,
        413
    );
    let doubled = form("確認コードを送る")
        .add("address", "a@example.jp")
        .add("address", "b@example.jp");
    assert_eq!(doubled.send(&visitor).status, 400);
    assert_eq!(
        form("確認コードを送る")
            .set("token", "0")
            .send(&visitor)
            .status,
        403
    );
    for path in ["/portal/notices?page=1&page=2", "/portal/notices/1?x=1&x=2"] {
        assert_eq!(visitor.open(path).status, 400, "{path}");
    }
    for path in [
        "/portal/notices?page=x",
        "/portal/notices?page=-1",
        "/portal/notices?page=99999999999999999999",
    ] {
        visitor.open(path).shows(&["お知らせはありません"]);
    }
    let nobody = inkan_tests::site::arriving(&service.portal(), &service.root_pem()).visitor();
    for path in [
        "/portal/notices",
        "/portal/notices/1",
        "/portal/mail",
        "/portal/certificates",
    ] {
        let page = nobody.open(path);
        assert!(
            page.text().contains("クライアント証明書が選ばれていません"),
            "{path}: {}",
            page.text()
        );
    }
}
