//! How mails leave: as files, or to a server that takes, delays, refuses, or is not there.
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use ca_core::config::{SmtpConfig, SmtpSecurity};

use super::*;
use crate::mail::folder::FolderTransport;
use crate::mail::smtp::SmtpMail;

#[test]
fn a_mail_sent_twice_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.mail.folder = Some(folder.path().join("mail"));
    let (transport, mail) = (
        FolderTransport::of(&config),
        row(&new_mail(MailKind::CertificateReady)),
    );
    let message = composer().compose(&mail).unwrap();
    for _ in 0..2 {
        transport.send(&mail, &message).unwrap();
    }
    let files: Vec<_> = std::fs::read_dir(folder.path().join("mail"))
        .unwrap()
        .map(|e| e.unwrap())
        .collect();
    assert_eq!(files.len(), 1);
    assert_eq!(
        files[0].file_name(),
        "20261125-100000-certificate-ready-0123456789abcdef.eml"
    );
    assert_eq!(std::fs::read(files[0].path()).unwrap(), message.formatted());
}

#[test]
fn a_folder_that_cannot_be_written_postpones() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mail"), b"a file").unwrap();
    let mut config = Config::default();
    config.mail.folder = Some(folder.path().join("mail"));
    let mail = row(&new_mail(MailKind::CertificateReady));
    let sent = FolderTransport::of(&config).send(&mail, &composer().compose(&mail).unwrap());
    assert!(matches!(sent, Err(SendError::Unreachable(_))), "{sent:?}");
}

/// A server that answers RCPT and DATA as told, and returns what it was sent.
fn server(recipient: &'static str, features: &'static str) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut say = stream.try_clone().unwrap();
        let mut heard = String::new();
        let mut data = false;
        let mut answer = |text: &str| say.write_all(format!("{text}\r\n").as_bytes()).is_ok();
        answer("220 test");
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            heard.push_str(&line);
            heard.push('\n');
            let word = line
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            let reply = match word.as_str() {
                "." => {
                    data = false;
                    "250 taken"
                }
                _ if data => continue,
                "EHLO" => features,
                "RCPT" => recipient,
                "DATA" => {
                    data = true;
                    "354 go on"
                }
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            if !answer(reply) || word == "QUIT" {
                break;
            }
        }
        heard
    });
    (port, thread)
}

fn send(port: u16, security: SmtpSecurity) -> Result<(), SendError> {
    let config = SmtpConfig {
        host: "127.0.0.1".into(),
        port,
        security,
        timeout_seconds: 5,
        ..SmtpConfig::default()
    };
    let mail = row(&new_mail(MailKind::CertificateReady));
    SmtpMail::of(&config, "ca.example.jp")
        .unwrap()
        .send(&mail, &composer().compose(&mail).unwrap())
}

#[test]
fn a_server_that_takes_it_has_it() {
    let (port, server) = server("250 ok", "250 test");
    send(port, SmtpSecurity::Loopback).unwrap();
    let heard = server.join().unwrap();
    assert!(heard.contains("RCPT TO:<office@example.jp>"), "{heard}");
    assert!(heard.contains("EHLO ca.example.jp\n"), "{heard}");
    assert!(
        heard.is_ascii(),
        "a server without 8BITMIME takes it: {heard}"
    );
    assert!(
        heard.contains("Message-ID: <0123456789abcdef@ca.example.jp>"),
        "{heard}"
    );
}

#[test]
fn later_and_never_are_told_apart() {
    let (port, server1) = server("450 greylisted", "250 test");
    assert!(
        matches!(send(port, SmtpSecurity::Loopback), Err(SendError::Later(reason)) if reason.contains("greylisted"))
    );
    let (port, server2) = server("550 no such user", "250 test");
    assert!(
        matches!(send(port, SmtpSecurity::Loopback), Err(SendError::Never(reason)) if reason.contains("no such user"))
    );
    let (port, server3) = server("530 log in first", "250 test");
    assert!(matches!(
        send(port, SmtpSecurity::Loopback),
        Err(SendError::Unreachable(_))
    ));
    for server in [server1, server2, server3] {
        server.join().unwrap();
    }
}

#[test]
fn a_server_that_refuses_us_costs_no_mail_and_hears_our_name() {
    let (port, first) = server("550 5.7.1 relay access denied", "250 test");
    assert!(matches!(
        send(port, SmtpSecurity::Loopback),
        Err(SendError::Refused(_))
    ));
    assert!(first.join().unwrap().starts_with("EHLO ca.example.jp\n"));
    let (port, second) = server("250 ok", "550 go away");
    assert!(matches!(
        send(port, SmtpSecurity::Loopback),
        Err(SendError::Unreachable(_))
    ));
    assert!(!second.join().unwrap().contains("office"));
}

#[test]
fn a_refusal_of_us_is_no_refusal_of_the_recipient() {
    let (port, server1) = server("250 ok", "550 5.7.1 you are not welcome");
    let sent = send(port, SmtpSecurity::Loopback);
    assert!(matches!(sent, Err(SendError::Unreachable(_))), "{sent:?}");
    let (port, server2) = server("550 5.7.1 policy", "250 test");
    let sent = send(port, SmtpSecurity::Loopback);
    assert!(matches!(sent, Err(SendError::Refused(_))), "{sent:?}");
    for server in [server1, server2] {
        server.join().unwrap();
    }
}

#[test]
fn without_tls_nothing_is_said_but_hello() {
    let (port, server) = server("250 ok", "250 test");
    let sent = send(port, SmtpSecurity::Starttls);
    assert!(matches!(sent, Err(SendError::Unreachable(_))), "{sent:?}");
    let heard = server.join().unwrap();
    assert!(
        !heard.contains("MAIL") && !heard.contains("office"),
        "{heard}"
    );
}

#[test]
fn a_server_that_is_not_there_postpones() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    assert!(matches!(
        send(port, SmtpSecurity::Loopback),
        Err(SendError::Unreachable(_))
    ));
}

#[test]
fn credentials_and_roots_that_are_missing_are_named() {
    let config = SmtpConfig {
        credentials_file: Some("/nonexistent/smtp".into()),
        ..SmtpConfig::default()
    };
    assert!(
        SmtpMail::of(&config, "ca.example.jp")
            .unwrap_err()
            .to_string()
            .contains("/nonexistent/smtp")
    );
    let config = SmtpConfig {
        root_certificates: Some("/nonexistent/roots".into()),
        ..SmtpConfig::default()
    };
    assert!(
        SmtpMail::of(&config, "ca.example.jp")
            .unwrap_err()
            .to_string()
            .contains("/nonexistent/roots")
    );
}
