//! The harness itself: what it promises to the other tests.

use inkan_tests::authority::Authority;
use inkan_tests::database::{Database, Engine};
use inkan_tests::folder::Folder;
use inkan_tests::pkcs12::{READERS, open};
use inkan_tests::process::{Process, until};
use inkan_tests::smtp::{Sink, Tls};
use std::io::{BufRead, BufReader, Write};
use std::process::Command;

#[test]
fn every_reader_opens_a_pkcs12_and_refuses_a_wrong_password() {
    let folder = Folder::new("readers");
    let file = folder.write(
        "taro.p12",
        Authority::new("試験ルート").client_pkcs12("KJ2700000001", "p@ss w'0$`\\"),
    );
    for reader in READERS {
        let found =
            open(reader, &file, "p@ss w'0$`\\").unwrap_or_else(|said| panic!("{reader:?}: {said}"));
        assert_eq!(
            found.len(),
            2,
            "{reader:?} should find the leaf and the root"
        );
        assert!(
            open(reader, &file, "p@ss w'0$`").is_err(),
            "{reader:?} took a wrong password"
        );
        assert!(
            open(reader, &file, "").is_err(),
            "{reader:?} took an empty password"
        );
    }
}

#[test]
fn each_test_has_its_own_database() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (one, other) = (Database::new(engine), Database::new(engine));
        one.connect()
            .run("CREATE TABLE t (line TEXT); INSERT INTO t VALUES ('印')");
        assert_eq!(one.connect().lines("SELECT line FROM t"), ["印"]);
        assert!(
            other.connect().try_run("SELECT line FROM t").is_err(),
            "{engine:?}"
        );
    }
}

#[test]
fn the_mail_server_answers_by_its_script() {
    let authority = Authority::new("mail");
    let sink = Sink::start(Tls::None, &authority, &["451", "rcpt-550", "250"]);
    assert_eq!(
        [send(&sink), send(&sink), send(&sink)],
        ["451", "550", "250"]
    );
    assert!(sink.mails()[0].contains("Subject: x"), "{:?}", sink.mails());
    assert_eq!(sink.events().len(), 3);
}

#[test]
fn what_a_process_started_ends_with_it() {
    let folder = Folder::new("offspring");
    let file = folder.join("id");
    let script = format!("sleep 600 & echo $! > {}; wait", file.display());
    let mut process = Process::start(Command::new("sh").args(["-c", &script]), folder.join("log"));
    let id = process.until("the grandchild's id", || {
        std::fs::read_to_string(&file)
            .ok()
            .filter(|text| text.ends_with('\n'))
    });
    drop(process);
    until("the end of the grandchild", || {
        (!is_running(id.trim())).then_some(())
    });
}

/// Whether a process runs; one that has ended but was not waited for does not.
fn is_running(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// Speaks SMTP by hand and returns the code of the last answer.
fn send(sink: &Sink) -> String {
    let stream =
        std::net::TcpStream::connect(("127.0.0.1", sink.port())).expect("the sink listens");
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut writer = stream;
    let mut answer = || {
        let mut line = String::new();
        while reader.read_line(&mut line).expect("an answer") > 0
            && line.as_bytes().get(3) == Some(&b'-')
        {
            line.clear();
        }
        line[..3].to_owned()
    };
    let mut last = answer();
    for word in [
        "EHLO x",
        "MAIL FROM:<a@example.jp>",
        "RCPT TO:<b@example.jp>",
        "DATA",
        "Subject: x\r\n\r\nx\r\n.",
    ] {
        writer
            .write_all(format!("{word}\r\n").as_bytes())
            .expect("the sink reads");
        last = answer();
        if last.starts_with('5') {
            break;
        }
    }
    last
}
