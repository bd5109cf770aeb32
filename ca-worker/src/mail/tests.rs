//! Mails read as meant, fit their lines, let nothing in, and leave by folder or by server.
mod leaving;

use ca_core::config::Config;
use ca_core::domain::ends::EndingKind;
use ca_core::domain::mail::{MailFacts, MailKind, MailedCheckpoint, MailedEnd};
use ca_core::store::outbox::{Mail, NewMail};
use ca_core::store::{Store, outbox};

use super::layout::{COLUMNS, width};
use super::*;
use crate::fixture::morning;

fn facts(kind: MailKind) -> MailFacts {
    MailFacts {
        user_id: "KJ2700000001".into(),
        name: "ひまわり介護センター".into(),
        reason: match kind {
            MailKind::RequestRejected => Some("事業所番号が台帳と一致しません。".into()),
            MailKind::CertificateRevoked => Some("keyCompromise".into()),
            _ => None,
        },
        until: (!matches!(kind, MailKind::RequestRejected | MailKind::NoticePublished))
            .then(morning),
        title: (kind == MailKind::NoticePublished).then(|| "年末年始の受付について".into()),
        code: matches!(kind, MailKind::AddressProof | MailKind::AddressChangeAsked)
            .then(|| "bcdf ghjk mnpr".into()),
        checkpoint: (kind == MailKind::AuditCheckpoint).then(checkpoint),
        end: (kind == MailKind::EndsSoon).then(|| end(EndingKind::Operator, "suzuki", false)),
    }
}

fn end(kind: EndingKind, name: &str, is_over: bool) -> MailedEnd {
    MailedEnd {
        kind,
        name: name.to_owned(),
        is_over,
    }
}

fn checkpoint() -> MailedCheckpoint {
    MailedCheckpoint {
        file: "000000001234-ca1.p7s".into(),
        entries: 1_234,
        head: "0123456789abcdef".repeat(4),
        at: morning(),
        pem: format!(
            "-----BEGIN CMS-----\n{}\n-----END CMS-----\n",
            "A".repeat(64)
        ),
    }
}

fn new_mail(kind: MailKind) -> NewMail {
    NewMail {
        kind,
        to_address: "office@example.jp".into(),
        facts: facts(kind),
        message_id: "0123456789abcdef@ca.example.jp".into(),
    }
}

/// The row that such a mail becomes.
fn row(mail: &NewMail) -> Mail {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::migrate(&Config::default().database, folder.path()).unwrap();
    store
        .transaction(|db| outbox::insert(db, std::slice::from_ref(mail), morning()))
        .unwrap();
    store
        .read(|db| outbox::list(db, ca_core::domain::certificate::MailState::Waiting))
        .unwrap()
        .remove(0)
}

fn composer() -> Composer {
    Composer::of(&Config::default()).unwrap()
}

#[test]
fn ready_reads_japanese_first_then_english() {
    let (subject, body) = composer()
        .text(
            MailKind::CertificateReady,
            &facts(MailKind::CertificateReady),
        )
        .unwrap();
    assert_eq!(
        subject,
        "［電子請求受付センター］クライアント証明書の準備ができました KJ2700000001"
    );
    let expected = "\
ひまわり介護センター 様

ユーザＩＤ KJ2700000001 のクライアント証明書の準備が
できました。次の手順で受け取ってください。

　１．下のトップページを開き、「証明書発行サービス」を選びます。
　２．ユーザＩＤとパスワードでログインします。
　３．お手元の「ユーザＩＤとパスワードのお知らせ」にある
　　　クライアント証明書発行用パスワードを入力します。
　４．「ダウンロード」を押し、案内に沿って取り込みます。

https://localhost:8443/

証明書の有効期限　2026年11月25日（水）10:00

お申し込みにお心当たりのないときは、下の連絡先へお知らせください。

電子請求受付センター
ヘルプデスク 0570-000-000（平日 9:00～17:00）

--------------------------------------------------------------------

Dear ひまわり介護センター,

The client certificate of user ID KJ2700000001 is ready.

  1. Open the top page below and choose \"証明書発行サービス\".
  2. Log in with your user ID and password.
  3. Enter the issuance password of the letter we posted to you.
  4. Choose \"ダウンロード\" and follow the guide to import it.

https://localhost:8443/

The certificate is valid until 2026-11-25 10:00 JST.

If you did not apply for it, please let us know.

Electronic Claims Center
Help desk 0570-000-000 (weekdays 9:00-17:00 JST)
";
    assert_eq!(body, expected);
}

#[test]
fn every_mail_fits_its_lines_and_links_to_the_top_page_alone() {
    for &kind in MailKind::ALL {
        let mut facts = facts(kind);
        facts.name = "介".repeat(64);
        facts.reason = facts.reason.map(|reason| reason.repeat(12));
        let (subject, body) = composer().text(kind, &facts).unwrap();
        let (about, greetings) = match kind {
            MailKind::AuditCheckpoint => ("000000001234-ca1.p7s", ("お預かりの方へ", "To whoever")),
            MailKind::EndsSoon => ("suzuki", ("管理されている方へ", "To whoever")),
            _ => ("KJ2700000001", ("様", "Dear")),
        };
        assert!(
            subject.starts_with("［電子請求受付センター］") && subject.ends_with(about),
            "{subject}"
        );
        for line in body.lines() {
            assert!(width(line) <= COLUMNS, "{kind}: {line}");
        }
        for link in body.split_whitespace().filter(|word| word.contains("://")) {
            assert_eq!(link, "https://localhost:8443/");
        }
        let (japanese, english) = body.split_once(&"-".repeat(68)).unwrap();
        assert!(japanese.contains(greetings.0) && english.contains(greetings.1));
    }
}

#[test]
fn each_end_is_told_with_what_to_do_in_both_languages() {
    for (kind, name, subject, words) in [
        (
            EndingKind::Server,
            "",
            "サイトの証明書",
            ["certificate issue-server", "The site's certificate"],
        ),
        (
            EndingKind::Operator,
            "suzuki",
            "担当者の証明書 suzuki",
            ["operator renew suzuki", "the operator suzuki"],
        ),
        (
            EndingKind::Root,
            "2",
            "認証局",
            ["ca rollover", "of generation 2"],
        ),
        (
            EndingKind::Calendar,
            "",
            "休日カレンダー",
            ["calendar import", "The calendar of holidays"],
        ),
    ] {
        for (is_over, state) in [(false, ["近づいて", "soon"]), (true, ["切れて", "has "])] {
            let facts = MailFacts {
                end: Some(end(kind, name, is_over)),
                ..facts(MailKind::EndsSoon)
            };
            let (line, body) = composer().text(MailKind::EndsSoon, &facts).unwrap();
            assert!(line.contains(subject), "{line}");
            let said = format!("{line} {}", body.replace('\n', " "));
            for word in words.iter().chain(&state) {
                assert!(said.contains(word), "{word} is not in\n{line}\n\n{body}");
            }
            for line in body.lines() {
                assert!(width(line) <= COLUMNS, "{kind}: {line}");
            }
        }
    }
}

#[test]
fn headers_keep_it_out_of_loops_and_the_same_row_gives_the_same_mail() {
    let mail = row(&new_mail(MailKind::CertificateReady));
    let text = String::from_utf8(composer().compose(&mail).unwrap().formatted()).unwrap();
    for header in [
        "To: office@example.jp\r\n",
        "Reply-To: helpdesk@localhost.localdomain\r\n",
        "Message-ID: <0123456789abcdef@ca.example.jp>\r\n",
        "Date: Wed, 25 Nov 2026 01:00:00 +0000\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "X-Auto-Response-Suppress: All\r\n",
        "List-Id: <notices.localhost>\r\n",
        "List-Help: <mailto:helpdesk@localhost.localdomain>\r\n",
        "MIME-Version: 1.0\r\n",
        "Content-Type: text/plain; charset=utf-8\r\n",
    ] {
        assert!(text.contains(header), "{header} is not in\n{text}");
    }
    assert!(text.contains("From: =?utf-8?"), "{text}");
    assert_eq!(
        text.as_bytes(),
        composer().compose(&mail).unwrap().formatted()
    );
}

#[test]
fn nothing_gets_into_the_headers() {
    let spoil: [fn(&mut NewMail); 7] = [
        |mail| mail.to_address = "a@example.jp\r\nBcc: b@example.jp".into(),
        |mail| mail.to_address = "a@example.jp, b@example.jp".into(),
        |mail| mail.to_address = "太郎@例え.jp".into(),
        |mail| mail.message_id = "x@y>\r\nBcc: b@example.jp".into(),
        |mail| mail.message_id = "../../etc/x@y".into(),
        |mail| mail.facts.user_id = "KJ2700000001\r\nBcc: b@example.jp".into(),
        |mail| mail.facts.name = "名\u{0}前".into(),
    ];
    for spoil in spoil {
        let mut mail = new_mail(MailKind::CertificateReady);
        spoil(&mut mail);
        assert!(composer().compose(&row(&mail)).is_err(), "{mail:?}");
    }
}

#[test]
fn an_organisations_own_text_replaces_ours_and_mistakes_show_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.mail.templates = Some(folder.path().to_owned());
    let path = folder.path().join("login-locked.txt");
    let write = |text: &str| std::fs::write(&path, text).unwrap();

    let unix = "停止 {{ user_id }}\n\n{{ until }}まで\n";
    let windows = unix.replace('\n', "\r\n");
    for text in [
        unix,
        &windows,
        &format!("\u{FEFF}{windows}"),
        &unix.replace("\n\n", "\n \n"),
    ] {
        write(text);
        let own = Composer::of(&config).unwrap();
        let (subject, body) = own
            .text(MailKind::LoginLocked, &facts(MailKind::LoginLocked))
            .unwrap();
        assert_eq!(
            (subject.as_str(), body.as_str()),
            ("停止 KJ2700000001", "2026年11月25日（水）10:00まで\n"),
            "{text:?}"
        );
    }
    assert!(
        Composer::of(&config)
            .unwrap()
            .text(
                MailKind::CertificateReady,
                &facts(MailKind::CertificateReady)
            )
            .is_ok()
    );

    for (text, expected) in [
        ("件名 {{ pasword }}\n\n本文\n", "undefined"),
        ("件名 {{ reason }}\n\n本文\n", "undefined"),
        ("件名 {{ user_id\n\n本文\n", "login-locked"),
        ("件名だけ\n", "blank line"),
        ("件名\n二行目\n\n本文\n", "blank line"),
    ] {
        write(text);
        let error = Composer::of(&config).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
