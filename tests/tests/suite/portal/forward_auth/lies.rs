//! What nginx and the listener behind it do with clients that lie.

use super::SESSION;
use inkan_tests::member::Member;
use inkan_tests::process::Process;
use inkan_tests::program;
use inkan_tests::service::Service;
use inkan_tests::site::Visitor;
use openssl::pkey::Id;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// One request as it stands, to a listener without TLS.
fn raw(from: [u8; 4], to: u16, head: &str) -> String {
    // `curl --interface` binds the connection to a loopback address of its own.
    let from = Ipv4Addr::from(from).to_string();
    let mut arguments = vec!["-s", "-i", "--interface", &from];
    let mut lines = head.lines();
    let url = format!("http://127.0.0.1:{to}{}", lines.next().expect("a path"));
    let headers: Vec<&str> = lines.collect();
    for header in &headers {
        arguments.extend(["-H", header]);
    }
    arguments.push(&url);
    program::tool("curl", arguments).ok().out
}

/// What curl gets with an office's certificate, the session of its browser, and headers of its own.
fn shown(office: &Member, browser: &Visitor, url: &str, headers: &[&str]) -> String {
    let letter = &office.applicant.letter;
    let certificate = format!("{}:{}", office.file.display(), letter.issuance_password);
    let session = browser.cookie(SESSION).expect("a session");
    let cookie = format!("Cookie: mine=1; {SESSION}={session}; other=2");
    let mut arguments = vec!["-s", "-i", "-k", "-H", &cookie, "--path-as-is"];
    arguments.extend(["--cert-type", "P12", "--cert", &certificate]);
    for header in headers {
        arguments.extend(["-H", header]);
    }
    arguments.push(url);
    program::tool("curl", arguments).ok().out
}

/// What the matrix denies stays denied by whatever name the same address is asked for.
pub fn disguised(office: &Member, clerk: &Visitor, portal: &str) {
    for path in [
        "delete",
        "%64elete",
        "/delete",
        "./delete",
        "list/../delete",
    ] {
        let url = format!("{portal}/apps/claim-status/{path}");
        let said = shown(office, clerk, &url, &[]);
        assert!(said.starts_with("HTTP/1.1 403"), "{path}: {said}");
    }
}

/// Somebody who may pass, and says to be another.
pub fn lying(office: &Member, clerk: &Visitor, portal: &str) {
    let lies = [
        "Inkan-User-Id: HD2700000009",
        "inkan-reference-user-id: HD2700000009",
        "Inkan_User_Id: HD2700000009",
        "Inkan-Function: password",
        "Inkan-Decision: deny",
        "Inkan-Certificate-Serial: 1",
        "Client-Cert: :AAAA:",
        "Client-Cert-Chain: :AAAA:",
        "X-Forwarded-For: 192.0.2.9",
    ];
    let url = format!("{portal}/apps/claim-status/");
    let told = shown(office, clerk, &url, &lies);
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    for line in [
        "Inkan-User-Id: KJ2700000001\n",
        "Inkan-Reference-User-Id: KJ2700000001\n",
        "Inkan-Function: claim-status\n",
        &format!("Inkan-Certificate-Serial: {}\n", office.serial()),
        "X-Forwarded-For: 127.0.0.1\n",
        "Cookie: mine=1; other=2",
    ] {
        assert!(told.contains(line), "{line} in\n{told}");
    }
    for lie in ["HD2700000009", ":AAAA:", "deny", "192.0.2.9", SESSION] {
        assert!(!told.contains(lie), "{lie} in\n{told}");
    }
}

/// Certificates of all lengths: ours pass whole, strangers' are refused, one that is too long for the map is none.
pub fn lengths(service: &Service, office: &Member, portal: &str) {
    let pem = office.certificate().to_pem().expect("PEM");
    let key = office.certificate().public_key().expect("a key");
    assert_eq!((key.id(), key.bits()), (Id::EC, 256), "the default");
    assert!(lines(&pem) <= 30, "{} lines", lines(&pem));
    let folder = service.folder();
    for (names, least, most, words) in [
        (5, 15, 30, "この操作はできません"),
        (30, 31, 48, "この操作はできません"),
        (60, 49, 90, "クライアント証明書が選ばれていません"),
    ] {
        let [key, certificate] = ["key", "crt"].map(|end| {
            let name = format!("stranger-{names}.{end}");
            folder.join(&name).display().to_string()
        });
        let names: Vec<_> = (0..names)
            .map(|n| format!("DNS:n{n}.a-name-of-a-stranger.example"))
            .collect();
        let names = format!("subjectAltName={}", names.join(","));
        let stranger = "req -x509 -nodes -newkey rsa:2048 -subj /CN=KJ2700000001".split(' ');
        let place = ["-keyout", &key, "-out", &certificate, "-addext", &names];
        program::tool("openssl", stranger.chain(place)).ok();
        let found = lines(&std::fs::read(&certificate).expect("the certificate"));
        assert!((least..=most).contains(&found), "{found} lines");
        let url = format!("{portal}/portal/login");
        let shown = [
            "-s",
            "-i",
            "-k",
            "--cert",
            &certificate,
            "--key",
            &key,
            &url,
        ];
        let said = program::tool("curl", shown).ok().out;
        assert!(said.starts_with("HTTP/1.1 403"), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

/// Lines of base64 in a PEM.
fn lines(pem: &[u8]) -> usize {
    let pem = String::from_utf8_lossy(pem);
    pem.lines()
        .filter(|line| !line.starts_with("-----"))
        .count()
}

/// What a browser says about itself is nobody's word.
pub fn forged(clerk: &Visitor, proxied: u16, portal: &str) {
    let session = clerk.cookie(SESSION).expect("a session");
    let headers = format!(
        "Cookie: __Host-inkan-portal={session}\nInkan-User-Id: HD2700000009\nClient-Cert: :AAAA:\nForwarded: for=127.0.0.1"
    );
    // Past nginx: an address that is not a proxy's.
    for path in ["/auth/check?function=notices", "/portal", "/portal/login"] {
        let said = raw([127, 0, 0, 2], proxied, &format!("{path}\n{headers}"));
        assert!(said.starts_with("HTTP/1.1 403"), "{said}");
    }
    // From the proxy's address: a session without its certificate, and questions that are none.
    let cookie = format!("Cookie: __Host-inkan-portal={session}");
    for (head, status) in [
        (format!("/auth/check?function=notices\n{cookie}"), 401),
        (format!("/auth/check?function=notices\n{headers}"), 400),
        (format!("/auth/check\n{cookie}"), 400),
        (
            format!("/auth/check?function=notices&function=password\n{cookie}"),
            400,
        ),
        (
            format!("/auth/check?function=notices&functio%6e=password\n{cookie}"),
            400,
        ),
        (
            format!("/auth/check?function=notices&who=me\n{cookie}"),
            400,
        ),
        (format!("/auth/check?function=nothing\n{cookie}"), 404),
        (
            format!("/auth/check?function=notices&action=upload\n{cookie}"),
            404,
        ),
        (
            format!("/auth/check?function={}\n{cookie}", "x".repeat(3_000)),
            413,
        ),
    ] {
        let said = raw([127, 0, 0, 1], proxied, &head);
        assert!(
            said.starts_with(&format!("HTTP/1.1 {status}")),
            "{head}: {said}"
        );
    }
    // Through nginx: headers of its own making, by a client that knows the session but holds no certificate.
    let url = format!("{portal}/apps/claim-status/");
    let mut arguments = vec!["-s", "-k", "-i"];
    for header in headers.lines() {
        arguments.extend(["-H", header]);
    }
    arguments.push(&url);
    let said = program::tool("curl", arguments).ok().out;
    assert!(
        said.starts_with("HTTP/1.1 302") && said.contains("/portal/login"),
        "{said}"
    );
    huge(proxied);
}

/// A head that never ends is cut off with a clear answer.
fn huge(proxied: u16) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, proxied));
    let mut stream = TcpStream::connect(address).expect("the listener");
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a limit");
    let head = format!(
        "GET /portal HTTP/1.1\r\nHost: localhost\r\nClient-Cert: :{}:\r\n\r\n",
        "A".repeat(400_000)
    );
    let _ = stream.write_all(head.as_bytes());
    let mut said = String::new();
    let _ = stream.read_to_string(&mut said);
    assert!(
        !said.starts_with("HTTP/1.1 5") && !said.starts_with("HTTP/1.1 2"),
        "{said}"
    );
}

/// The value of a header in what curl shows.
fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let mut lines = answer.lines().filter_map(|line| line.split_once(": "));
    let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.unwrap_or_else(|| panic!("no {name}:\n{answer}")).1
}

/// The name that Inkan calls a request for a page that is not there: the reply, the page and the log agree on it.
fn called(site: &mut Process, answer: &str) -> String {
    let name = header(answer, "x-request-id").trim().to_owned();
    let (_, page) = answer.split_once("\r\n\r\n").expect("a page");
    assert!(page.contains(&name), "{name} in\n{page}");
    site.until_it_says(&format!("visit{{id=\"{name}\"}}"));
    name
}

/// Names of requests: the proxy's are taken over, nobody else's, and none that could write into a log.
pub fn misnamed(service: &Service, site: &mut Process, proxied: u16, portal: &str) {
    const NOWHERE: &str = "/portal/nowhere";
    let curl = |url: &str, name: &str| {
        let header = format!("X-Request-Id: {name}");
        let arguments = ["-s", "-i", "-k", "-H", &header, url];
        program::tool("curl", arguments).ok().out
    };
    // By nginx: its own name, whatever the browser says.
    let name = called(site, &curl(&format!("{portal}{NOWHERE}"), "browsers-own"));
    let is_hex = name.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(name.len() == 32 && is_hex, "{name}");
    // By a trusted address: as it is given.
    let longest = "n".repeat(64);
    for given in ["proxy-1.A_b", &longest] {
        let head = format!("{NOWHERE}\nX-Request-Id: {given}");
        assert_eq!(called(site, &raw([127, 0, 0, 1], proxied, &head)), given);
    }
    // Not by others: past the proxy, and at the listeners that have none.
    let own = |name: &str| name.len() == 9 && name.as_bytes()[4] == b'-';
    let head = format!("{NOWHERE}\nX-Request-Id: strangers-own");
    let past = called(site, &raw([127, 0, 0, 2], proxied, &head));
    let direct = called(
        site,
        &curl(&format!("{}/nowhere", service.site()), "strangers-own"),
    );
    assert!(own(&past) && own(&direct), "{past} {direct}");
    // And not by a trusted one, if it is none for a log or a page.
    let too_long = "n".repeat(65);
    for hostile in [
        "two words",
        "x\"}: forged",
        "<b>",
        "\u{202e}",
        "a\tb",
        &too_long,
    ] {
        let head = format!("{NOWHERE}\nX-Request-Id: {hostile}");
        let name = called(site, &raw([127, 0, 0, 1], proxied, &head));
        assert!(own(&name), "{hostile:?}: {name}");
    }
    let head = format!("{NOWHERE}\nX-Request-Id: \u{1b}[31m");
    let answer = raw([127, 0, 0, 1], proxied, &head);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    for refused in ["browsers-own", "strangers-own", "forged", "<b>", "[31m"] {
        assert!(!site.said().contains(refused), "{refused} is in the log");
    }
}
