//! nginx as config/nginx says, in front of two web tiers that are stopped and started in turn: no request is lost.

use inkan_tests::database::Engine;
use inkan_tests::port;
use inkan_tests::process::Process;
use inkan_tests::service::Service;
use inkan_tests::site::arriving;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const VISITORS: usize = 6;
const ROUNDS: usize = 3;

/// A web tier that only the proxy reaches.
fn behind(service: &Service, name: &str, port: u16) -> Process {
    let more = format!(
        "proxy.listen = \"127.0.0.1:{port}\"\nproxy.trusted = [\"127.0.0.1/32\"]\nservice.host = \"localhost\""
    );
    let mut tier = service.start_part(name, &["http", "https", "console", "portal"], &more);
    tier.until_it_listens(port);
    tier
}

#[test]
fn no_request_is_lost_behind_nginx_while_each_web_tier_restarts_in_turn() {
    let service = Service::set_up(Engine::Postgres);
    let [https, one, other] = port::free::<3>();
    let ports = [("one", one), ("other", other)];
    let mut tiers = ports.map(|(name, port)| behind(&service, name, port));
    let changes = [
        ("<127.0.0.1:8446>", format!("127.0.0.1:{one}")),
        (
            "# server <10.0.0.6:8446>",
            format!("server 127.0.0.1:{other}"),
        ),
        ("<127.0.0.1:9000>", format!("127.0.0.1:{one}")),
    ];
    let _nginx = inkan_tests::nginx::start(&service, "+0", https, &changes);
    let root = &service.root_pem();
    let (end, opened, sent) = (
        &AtomicBool::new(false),
        &AtomicUsize::new(0),
        &AtomicUsize::new(0),
    );
    let base = &format!("https://localhost:{https}");
    let lost: Vec<String> = std::thread::scope(|scope| {
        let visit = move || {
            let visitor = arriving(base, root).staying().visitor();
            let mut lost = Vec::new();
            while !end.load(Ordering::SeqCst) {
                let page = visitor.open("/portal/login");
                opened.fetch_add(1, Ordering::SeqCst);
                // Nobody has a certificate here: the page that says so is Inkan's own.
                if page.status != 403 {
                    lost.push(format!("GET {}", page.status));
                }
                // No form of ours: the answer is a refusal, and it is Inkan's.
                let fields = [("user_id".to_owned(), "KJ2700000001".to_owned())];
                let page = visitor.send("/portal/login", &fields);
                sent.fetch_add(1, Ordering::SeqCst);
                if page.status >= 500 {
                    lost.push(format!("POST {}", page.status));
                }
            }
            lost
        };
        let visitors: Vec<_> = (0..VISITORS).map(|_| scope.spawn(visit)).collect();
        for _ in 0..ROUNDS {
            for ((name, port), tier) in ports.iter().zip(tiers.iter_mut()) {
                std::thread::sleep(std::time::Duration::from_millis(500));
                assert!(tier.stop().success(), "{}", tier.said());
                std::thread::sleep(std::time::Duration::from_millis(500));
                *tier = behind(&service, name, *port);
            }
        }
        end.store(true, Ordering::SeqCst);
        let all = visitors.into_iter();
        all.flat_map(|one| one.join().expect("an answer to each request"))
            .collect()
    });
    let (opened, sent) = (opened.load(Ordering::SeqCst), sent.load(Ordering::SeqCst));
    assert!(
        lost.is_empty(),
        "of {opened} opened and {sent} sent: {lost:?}"
    );
    assert!(opened > 200 && sent > 200, "{opened} opened, {sent} sent");
}
