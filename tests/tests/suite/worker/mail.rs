//! Mail through a server that is not ours: under TLS or not at all, again and again, never in the way.

use inkan_tests::authority::Authority;
use inkan_tests::database::{Database, Engine};
use inkan_tests::letter::solid;
use inkan_tests::mail::Mail;
use inkan_tests::service::Service;
use inkan_tests::smtp::{Sink, Tls};
use std::io::Write;
use std::process::{Command, Stdio};

/// A service whose mail goes to `sink`, trusting `authority`, with one request approved. Returns the
/// issuance password as well.
fn mailing(
    sink: &Sink,
    security: &str,
    trusted: &Authority,
) -> (Service, String, inkan_tests::process::Process) {
    let mut service = Service::set_up(Engine::Sqlite);
    service.folder().write("mail-root.pem", trusted.pem());
    service.configure(&format!(
        "mail.transport = \"smtp\"\nmail.from = \"no-reply@example.jp\"\nmail.reply_to = \"help@example.jp\"\n\
         mail.smtp.host = \"localhost\"\nmail.smtp.port = {}\nmail.smtp.security = \"{security}\"\n\
         mail.smtp.root_certificates = \"mail-root.pem\"\nmail.smtp.timeout_seconds = 10",
        sink.port()
    ));
    let site = service.start_site();
    let mut office = service.office("KJ2700000001");
    office.apply_first();
    service.operator("suzuki").approve_all();
    (service, office.letter.issuance_password, site)
}

/// Makes a mail that waits for its next try due now.
fn hurry(database: &Database) {
    database
        .connect()
        .run("UPDATE outbox SET next_try_at = 0 WHERE state = 'waiting'");
}

/// Judges a mail by Python's reader, which is nobody's of ours and raises for whatever breaks a rule of RFC 5322 or of MIME.
const STRICT: &str = r#"
import email, email.policy, sys
policy = email.policy.SMTP.clone(raise_on_defect=True)
mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=policy)
assert mail["MIME-Version"] == "1.0", mail["MIME-Version"]
assert mail["Date"].datetime.tzinfo is not None
assert mail["Message-ID"].startswith("<"), mail["Message-ID"]
for name in mail:
    assert not getattr(mail[name], "defects", ()), (name, mail[name].defects)
for part in mail.walk():
    assert not part.defects, part.defects
    if not part.is_multipart():
        part.get_content()
print(mail["Subject"])
"#;

fn assert_a_strict_reader_takes(raw: &str) {
    let mut reader = Command::new("/usr/bin/python3")
        .args(["-c", STRICT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3");
    let mut input = reader.stdin.take().expect("its input");
    input.write_all(raw.as_bytes()).expect("it reads");
    drop(input);
    let answer = reader.wait_with_output().expect("its end");
    let said = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{said}\n{raw}");
    let subject = String::from_utf8_lossy(&answer.stdout);
    assert!(subject.contains("KJ2700000001"), "{subject}");
}

#[test]
fn the_notice_arrives_under_tls_and_holds_no_secret() {
    for (tls, security) in [(Tls::Starttls, "starttls"), (Tls::Implicit, "tls")] {
        let authority = Authority::new("mail root");
        let sink = Sink::start(tls, &authority, &["250"]);
        let (service, secret, _site) = mailing(&sink, security, &authority);
        service.work_once().ok();
        let raw = sink.until_mails(1).remove(0);
        assert!(
            sink.events()[0].contains("tls=TLSv1."),
            "{:?}",
            sink.events()
        );
        assert_a_strict_reader_takes(&raw);
        let mail = Mail::of(&raw);
        assert!(
            mail.header("Subject").contains("KJ2700000001"),
            "{}",
            mail.header("Subject")
        );
        assert!(
            mail.header("From").contains("no-reply@example.jp"),
            "{}",
            mail.header("From")
        );
        assert_eq!(mail.header("Reply-To"), "help@example.jp");
        assert!(mail.header("To").contains("sakura@example.jp"));
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        for text in [&mail.raw, &solid(&mail.text)] {
            assert!(
                !text.contains(&secret) && !text.contains(&secret[..8]),
                "a mail holds no secret"
            );
        }
        assert_eq!(
            service
                .database
                .connect()
                .count("outbox WHERE state = 'sent' AND attempts = 1"),
            1
        );
    }
}

#[test]
fn a_refusing_server_is_asked_again_and_issuance_goes_on() {
    let authority = Authority::new("mail root");
    let sink = Sink::start(Tls::Starttls, &authority, &["451", "drop", "250"]);
    let (service, _, _site) = mailing(&sink, "starttls", &authority);
    let mut sql = service.database.connect();
    service.work_once();
    assert_eq!(
        sql.count("request WHERE state = 'issued'"),
        1,
        "mail is not in the way of issuance"
    );
    assert_eq!(
        sql.count("outbox WHERE state = 'waiting' AND last_error IS NOT NULL"),
        1,
        "451 means later"
    );
    let due = sql.lines(
        "SELECT CASE WHEN next_try_at > created_at THEN 'later' ELSE 'now' END AS line FROM outbox",
    );
    assert_eq!(due, ["later"], "not in a busy loop");
    service.work_once();
    assert_eq!(sink.events().len(), 1, "not before it is due");
    for tries in [2, 3] {
        hurry(&service.database);
        service.work_once();
        assert_eq!(sink.events().len(), tries);
    }
    assert_eq!(sql.count("outbox WHERE state = 'sent'"), 1);
    let mails = sink.mails();
    assert_eq!(
        mails.len(),
        2,
        "taken, dropped and taken again: at least once"
    );
    let ids: Vec<String> = mails
        .iter()
        .map(|raw| Mail::of(raw).header("Message-ID").to_owned())
        .collect();
    assert!(
        !ids[0].is_empty() && ids[0] == ids[1],
        "one Message-ID, so that readers can tell: {ids:?}"
    );
}

#[test]
fn a_server_that_is_away_or_slow_keeps_mails_and_not_certificates() {
    let authority = Authority::new("mail root");
    let sink = Sink::start(Tls::Starttls, &authority, &["slow", "250"]);
    let (service, _, _site) = mailing(&sink, "starttls", &authority);
    let file = service.folder().join("inkan.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration");
    let text = text.replace("timeout_seconds = 10", "timeout_seconds = 2");
    let [closed] = inkan_tests::port::free();
    let port = |port: u16| format!("mail.smtp.port = {port}");
    service.folder().write(
        "inkan.toml",
        text.replace(&port(sink.port()), &port(closed)),
    );
    let mut sql = service.database.connect();
    let said = service.work_once();
    assert_ne!(said.status, Some(0), "operators are told: {said:?}");
    assert_eq!(sql.count("request WHERE state = 'issued'"), 1);
    let waiting = "outbox WHERE state = 'waiting' AND last_error IS NOT NULL";
    assert_eq!(sql.count(waiting), 1, "away: {said:?}");

    service.folder().write("inkan.toml", text);
    hurry(&service.database);
    let said = service.work_once();
    assert_eq!(sql.count(waiting), 1, "slow: {said:?}");
    hurry(&service.database);
    service.work_once().ok();
    assert_eq!(sql.count("outbox WHERE state = 'sent'"), 1);
    let ids = sink.until_mails(2);
    let ids: Vec<_> = ids.iter().map(|raw| Mail::of(raw)).collect();
    assert_eq!(ids[0].header("Message-ID"), ids[1].header("Message-ID"));
}

#[test]
fn a_refusal_for_good_is_parked_for_operators() {
    for (answer, state, ends) in [
        ("550", "waiting", "sent"),
        ("rcpt-550", "parked", "dropped"),
    ] {
        let authority = Authority::new("mail root");
        let sink = Sink::start(Tls::Starttls, &authority, &[answer, "250"]);
        let (service, _, _site) = mailing(&sink, "starttls", &authority);
        service.work_once();
        let mut sql = service.database.connect();
        assert_eq!(sql.count("request WHERE state = 'issued'"), 1);
        let there = format!("outbox WHERE state = '{state}' AND last_error LIKE '%550%'");
        assert_eq!(sql.count(&there), 1, "{answer}");
        let listed = service.cli(&["mail", "list"]).ok().out;
        assert!(listed.contains(state) && listed.contains("550"), "{listed}");
        service.work_once();
        assert_eq!(sink.events().len(), 1, "not asked again at once");
        if state == "parked" {
            service
                .again("suzuki")
                .signed_in()
                .open("/console")
                .shows(&["断られた通知"]);
        }
        let verb = if state == "parked" { "drop" } else { "retry" };
        let id = sql
            .lines("SELECT CAST(id AS TEXT) AS line FROM outbox")
            .remove(0);
        service.cli(&["mail", verb, &id]).ok();
        service.work_once().ok();
        assert_eq!(sql.count(&format!("outbox WHERE state = '{ends}'")), 1);
        let listed = service.cli(&["mail", "list", "--json"]).ok().out;
        assert_eq!(listed.trim(), "[]");
        service.cli(&["mail", verb, &id]).refused(&[&id]);
    }
}

#[test]
fn a_server_without_trusted_tls_gets_nothing() {
    let (ours, theirs) = (Authority::new("mail root"), Authority::new("another root"));
    for (tls, security, trusted) in [
        (Tls::None, "starttls", &ours),
        (Tls::Starttls, "starttls", &theirs),
        (Tls::Implicit, "tls", &theirs),
    ] {
        let sink = Sink::start(tls, &ours, &["250"]);
        let (service, _, _site) = mailing(&sink, security, trusted);
        service.work_once();
        assert_eq!(
            sink.mails().len(),
            0,
            "{tls:?}: sent in clear or to a stranger"
        );
        let mut sql = service.database.connect();
        assert_eq!(sql.count("request WHERE state = 'issued'"), 1);
        assert_eq!(
            sql.count("outbox WHERE state = 'waiting' AND last_error IS NOT NULL"),
            1,
            "{tls:?}: kept for later"
        );
    }
}
