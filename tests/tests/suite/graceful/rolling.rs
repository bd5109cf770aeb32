//! The next version comes in: two machines' programs are stopped and started one after another while applicants
//! submit and operators approve. Whoever was told 「申請中」 gets one certificate.

use inkan_tests::applicant::{Applicant, CHOSEN};
use inkan_tests::database::Engine;
use inkan_tests::node::Node;
use inkan_tests::operator::{Operator, picked};
use inkan_tests::process::{PATIENCE, Process, until};
use inkan_tests::service::Service;
use inkan_tests::site::arriving;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

const OFFICES: usize = 12;
const APPLICANTS: usize = 3;

/// What one clerk does until the page says 「申請中」: a connection that ends is tried again at the other machine, as
/// a proxy in front of both would.
fn submit(root: &str, nodes: &[Node], office: &mut Applicant, turn: usize) {
    let (start, temporary) = (Instant::now(), office.letter.login_password.clone());
    for attempt in turn.. {
        assert!(
            start.elapsed() < PATIENCE,
            "{} gets nowhere",
            office.letter.user_id
        );
        let node = &nodes[attempt % nodes.len()];
        office.visitor = arriving(&node.site(), root).visitor();
        if catch_unwind(AssertUnwindSafe(|| applied(office, &temporary))).is_ok() {
            return;
        }
    }
}

/// From wherever an earlier try ended: whether the password was changed may not be known.
fn applied(office: &mut Applicant, temporary: &str) {
    let user_id = office.letter.user_id.clone();
    let mut page = office.log_in();
    if page.has_button("ログイン") {
        let is_chosen = office.letter.login_password == CHOSEN;
        let other = if is_chosen { temporary } else { CHOSEN };
        other.clone_into(&mut office.letter.login_password);
        page = office.log_in_with(&user_id, other);
    }
    if page.has_button("変更する") {
        page = office.change_password(&page);
    }
    let certificates = office.pass_gate(&page).shows(&["証明書発行サービス"]);
    let is_in = certificates.text().contains("申請中") || certificates.has_button("ダウンロード");
    if !is_in {
        office.apply(&certificates);
    }
}

/// Approves whatever waits, at whichever machine answers.
fn approve(operator: &Operator, node: &Node) {
    let visitor = operator.arriving_at(&node.console()).visitor();
    operator.log_in(&visitor).shows(&["概況"]);
    let queue = visitor.open("/console/requests");
    if !queue.attributes("input[type=checkbox]", "value").is_empty() {
        picked(&queue, "承認する").send(&visitor);
    }
}

/// Stops and starts every program of both machines, one after another, until `done`.
fn roll(
    nodes: &[Node],
    sites: &mut [Process],
    workers: &mut [Process],
    done: impl Fn() -> bool,
) -> String {
    let mut said = String::new();
    for round in 0.. {
        for ((node, site), worker) in nodes.iter().zip(sites.iter_mut()).zip(workers.iter_mut()) {
            assert!(site.stop().success(), "{}", site.said());
            said.push_str(&site.said());
            *site = node.start_site();
            assert!(worker.stop().success(), "{}", worker.said());
            said.push_str(&worker.said());
            *worker = node.start_worker();
        }
        if round > 0 && done() {
            break;
        }
    }
    said
}

#[test]
fn two_machines_are_upgraded_under_load_and_every_accepted_request_is_issued_once() {
    let more = "worker.batch = 3\nworker.jobs = 1\nworker.lease_seconds = 600";
    let mut service = Service::set_up_with(Engine::Postgres, more);
    let (root, operator) = (service.root_pem(), service.operator("suzuki"));
    let mut offices = service.offices(OFFICES);
    let nodes = [service.node(), service.node()];
    let mut sites: Vec<Process> = nodes.iter().map(Node::start_site).collect();
    let mut workers: Vec<Process> = nodes.iter().map(Node::start_worker).collect();
    let (accepted, end) = (&AtomicUsize::new(0), &AtomicBool::new(false));
    let (nodes, root, operator) = (&nodes, &root, &operator);
    let said = std::thread::scope(|scope| {
        for (turn, some) in offices.chunks_mut(OFFICES / APPLICANTS).enumerate() {
            scope.spawn(move || {
                for office in some {
                    submit(root, nodes, office, turn);
                    accepted.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        scope.spawn(move || {
            for turn in 0.. {
                let _ = catch_unwind(AssertUnwindSafe(|| approve(operator, &nodes[turn % 2])));
                if end.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        let start = Instant::now();
        let done = || accepted.load(Ordering::SeqCst) == OFFICES || start.elapsed() > PATIENCE;
        let said = catch_unwind(AssertUnwindSafe(|| {
            roll(nodes, &mut sites, &mut workers, done)
        }));
        end.store(true, Ordering::SeqCst);
        said.expect("every program ends and begins well")
    });
    assert_eq!(accepted.load(Ordering::SeqCst), OFFICES);
    approve(operator, &nodes[0]);
    let mut sql = service.database.connect();
    until("every request to be issued", || {
        let issued = sql.count("request WHERE state = 'issued'");
        (usize::try_from(issued) == Ok(OFFICES)).then_some(())
    });
    for (once, what) in [
        ("request", "one request each"),
        (
            "certificate WHERE purpose = 'client'",
            "one certificate each",
        ),
        (
            "(SELECT DISTINCT request_id FROM certificate WHERE purpose = 'client') t",
            "of its own request",
        ),
        (
            "audit WHERE act = 'certificate.issue' AND object LIKE 'request:%'",
            "issued once",
        ),
        ("outbox WHERE kind = 'certificate-ready'", "told once"),
    ] {
        assert_eq!(usize::try_from(sql.count(once)), Ok(OFFICES), "{what}");
    }
    assert_eq!(
        sql.count("request WHERE attempts > 1"),
        0,
        "no lease lapsed"
    );
    for bad in ["status=500", "ERROR", "panicked"] {
        // A listener that is being closed turns a late connection away; the visitor comes to the other machine.
        let mut lines = said
            .lines()
            .filter(|line| !line.ends_with("accept: No workers"));
        let line = lines.find(|line| line.contains(bad));
        assert_eq!(line, None, "{bad}");
    }
    service.cli(&["audit", "verify"]).ok();
}
