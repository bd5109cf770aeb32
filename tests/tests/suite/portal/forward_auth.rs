//! nginx in front of the portal as config/nginx says, with an application behind it that tells what it was told.

use inkan_tests::database::Engine;
use inkan_tests::member::Member;
use inkan_tests::page::Page;
use inkan_tests::port;
use inkan_tests::process::Process;
use inkan_tests::service::{HEAD, Service};
use inkan_tests::site::Visitor;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};

mod lies;

use lies::{disguised, forged, lengths, lying, misnamed};

/// The portal's session cookie.
const SESSION: &str = "__Host-inkan-portal";

/// An application that answers with the head of the request that it got.
fn application(port: u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the application's port");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
            let body = head.join("\n");
            let _ = write!(
                &stream,
                "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
}

/// nginx under a clock that is ahead, with more applications, one under a key that the matrix does not have.
fn nginx(service: &Service, ahead: &str, [https, proxied, upstream]: [u16; 3]) -> Process {
    let block = |key: &str| {
        format!(
            "location /apps/{key}/ {{ set $inkan_function {key}; set $inkan_action view; \
             include {}/nginx-{https}/protected.conf; proxy_pass http://127.0.0.1:{upstream}/; }}\n    ",
            service.folder().path().display()
        )
    };
    let more = ["office-register", "unknown"].map(block).concat();
    let changes = [
        ("<127.0.0.1:8446>", format!("127.0.0.1:{proxied}")),
        ("<127.0.0.1:9000>", format!("127.0.0.1:{upstream}")),
        (
            "location @inkan_login {",
            format!("{more}location @inkan_login {{"),
        ),
    ];
    inkan_tests::nginx::start(service, ahead, https, &changes)
}

/// A care office, a disability office and the agent of both, with certificates.
fn parties(service: &mut Service) -> [Member; 3] {
    let row = |id: &str| format!("{id},見本,000-0001,見本県見本市１丁目,,,,{id}@example.jp");
    let rows = ["KJ2700000001", "HJ2700000005", "HD2700000009"]
        .map(row)
        .join("\n");
    service.import(&format!("{HEAD}\n{rows}\n")).ok();
    let mut applicants: Vec<_> = service
        .letters()
        .into_iter()
        .map(|letter| inkan_tests::applicant::Applicant {
            visitor: service.visitor(),
            letter,
        })
        .collect();
    applicants.sort_by(|one, other| other.letter.user_id.cmp(&one.letter.user_id));
    for applicant in &mut applicants {
        applicant.apply_first();
        applicant.visitor = service.visitor();
    }
    service.operator("issuer").approve_all();
    service.work_once().ok();
    let members = applicants.into_iter();
    let members = members.map(|applicant| Member::download(service, applicant));
    members.collect::<Vec<_>>().try_into().ok().expect("three")
}

fn body(page: &Page) -> String {
    String::from_utf8_lossy(&page.body).into_owned()
}

fn open(visitor: &Visitor, path: &str) -> (u16, String) {
    let page = visitor.open(path);
    (page.status, body(&page))
}

#[test]
fn nginx_lets_in_whom_the_matrix_lets_in() {
    let [https, proxied, upstream, late] = port::free();
    let more = format!(
        "proxy.listen = \"127.0.0.1:{proxied}\"\nservice.portal_url = \"https://localhost:{https}/\""
    );
    let mut service = Service::set_up_with(Engine::Sqlite, &more);
    let mut site = service.start_site();
    site.until_it_listens(proxied);
    let [office, other, agent] = parties(&mut service);
    application(upstream);
    let _nginx = nginx(&service, "+0", [https, proxied, upstream]);
    let portal = format!("https://localhost:{https}");

    // Not logged in: to the login, which asks for what is missing.
    let [office, other, agent] = [office, other, agent].map(|member| member.moved_to(&portal));
    let clerk = office.visitor();
    let (_, said) = open(&clerk, "/apps/claim-status/");
    assert!(
        said.contains("ログイン") && said.contains("KJ2700000001"),
        "{said}"
    );

    // Logged in, without an agent: everything.
    let onward = office.log_in(&clerk);
    assert_eq!(
        onward.address,
        format!("{portal}/apps/claim-status/"),
        "on the way it was asked for"
    );
    clerk.open("/portal").shows(&["ポータル", "請求状況"]);
    let (status, told) = open(&clerk, "/apps/claim-status/list");
    assert_eq!(status, 200, "{told}");
    for line in [
        "Inkan-User-Id: KJ2700000001",
        "Inkan-Reference-User-Id: KJ2700000001",
        "Inkan-Function: claim-status",
        "Inkan-Action: view",
        &format!("Inkan-Certificate-Serial: {}", office.serial()),
    ] {
        assert!(told.contains(line), "{line} in\n{told}");
    }
    assert!(
        !told.contains("__Host-inkan-portal="),
        "the session stays here:\n{told}"
    );
    assert_eq!(open(&clerk, "/apps/claim-status/delete").0, 200);

    with_agent(&service, &clerk, [&office, &other, &agent], &portal);

    // A key that the matrix does not have; the question from outside.
    let (status, said) = open(&clerk, "/apps/unknown/");
    assert_eq!(status, 404, "{said}");
    assert_eq!(open(&clerk, "/auth/check?function=notices").0, 404);
    lying(&office, &clerk, &portal);
    forged(&clerk, proxied, &portal);
    lengths(&service, &office, &portal);
    misnamed(&service, &mut site, proxied, &portal);

    // To an nginx of years ahead the certificate has expired: it is Inkan that says what it thinks of it.
    let _late = nginx(&service, "+9000d", [late, proxied, upstream]);
    let late = office.moved_to(&format!("https://localhost:{late}"));
    let (status, said) = open(&late.visitor(), "/apps/claim-status/");
    assert_eq!(status, 200, "{said}");
    assert!(
        said.contains("ログイン") && said.contains("KJ2700000001"),
        "{said}"
    );
}

/// What an agent changes, for its office and for itself, until the delegation ends.
fn with_agent(
    service: &Service,
    clerk: &Visitor,
    [office, other, agent]: [&Member; 3],
    portal: &str,
) {
    // With an agent: to see, not to have deleted.
    let csv = service.folder().write(
        "delegations.csv",
        "office,agent,from,to\nKJ2700000001,HD2700000009,2020-01-01,\nHJ2700000005,HD2700000009,2020-01-01,\n",
    );
    let csv = csv.display().to_string();
    service.cli(&["delegation", "import", &csv]).ok();
    assert_eq!(open(clerk, "/apps/claim-status/").0, 200);
    let (status, said) = open(clerk, "/apps/claim-status/delete");
    assert_eq!(status, 403, "{said}");
    assert!(said.contains("この機能を利用できません"), "{said}");
    disguised(office, clerk, portal);

    // The same function is open to one class of offices, and is found elsewhere for the other.
    assert_eq!(open(clerk, "/apps/office-register/").0, 200);
    let disabled = other.visitor();
    other.log_in(&disabled);
    let (status, said) = open(&disabled, "/apps/office-register/");
    assert_eq!(status, 403, "{said}");
    assert!(said.contains("電子請求受付システム"), "{said}");

    // The agent for the office, until the delegation ends.
    let helper = agent.visitor();
    let top = agent.log_in(&helper);
    assert_eq!(open(&helper, "/apps/claim-status/").0, 403, "as itself");
    let chosen = top.form("切り替える").fill("参照ユーザ", "KJ2700000001");
    chosen
        .send(&helper)
        .shows(&["について利用できる機能", "請求状況"]);
    let (status, told) = open(&helper, "/apps/claim-status/delete");
    assert_eq!(status, 200, "{told}");
    assert!(told.contains("Inkan-User-Id: HD2700000009"), "{told}");
    assert!(
        told.contains("Inkan-Reference-User-Id: KJ2700000001"),
        "{told}"
    );
    service.cli(&["delegation", "end", "1"]).ok();
    assert_eq!(
        open(&helper, "/apps/claim-status/").0,
        403,
        "the next request"
    );
    helper
        .open("/portal")
        .shows(&["参照ユーザを自分に戻しました"]);
}

#[test]
fn nginx_hands_on_a_retired_roots_visitor_to_the_page_that_refuses_it() {
    let [https, proxied, upstream] = port::free();
    let more = format!(
        "proxy.listen = \"127.0.0.1:{proxied}\"\nservice.portal_url = \"https://localhost:{https}/\""
    );
    let mut service = Service::set_up_with(Engine::Sqlite, &more);
    let mut site = service.start_site();
    site.until_it_listens(proxied);
    let member = service.member();
    application(upstream);
    let _nginx = nginx(&service, "+0", [https, proxied, upstream]);
    let member = member.moved_to(&format!("https://localhost:{https}"));
    let mut sql = service.database.connect();
    sql.run("UPDATE authority SET status = 'retired'");
    let page = member.visitor().open("/portal/login");
    page.refuses(&["この証明書ではログインできません"]);
}
