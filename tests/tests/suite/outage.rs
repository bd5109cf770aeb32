//! A database that is full, or away for long: what people see, what is not done by halves, and that all goes on after.

use inkan_tests::cluster::Cluster;
use inkan_tests::database::{Database, Engine, Sql};
use inkan_tests::desk::Desk;
use inkan_tests::folder::Folder;
use inkan_tests::operator::picked;
use inkan_tests::page::{Form, Page};
use inkan_tests::port;
use inkan_tests::process::until;
use inkan_tests::service::Service;
use inkan_tests::site::{Visitor, arriving};
use inkan_tests::small_disk::{SmallDisk, with_own_disks};
use std::time::{Duration, Instant};

/// The page that says so, in Japanese.
fn assert_away(page: &Page) {
    let text = page.text();
    assert_eq!(page.status, 503, "{text}");
    for words in [
        "ただいまご利用いただけません",
        "もう一度お試しください",
        "受付番号",
    ] {
        assert!(text.contains(words), "{text}");
    }
    assert_eq!(page.header("retry-after"), "60");
}

/// What acts leave behind.
fn acts(sql: &mut Sql) -> Vec<i64> {
    let left = [
        "audit",
        "approval",
        "outbox",
        "revocation",
        "request WHERE state = 'pending'",
        "request WHERE state = 'approved'",
        "certificate WHERE status = 'revoked'",
    ];
    left.into_iter().map(|rows| sql.count(rows)).collect()
}

/// Forms that were opened while all was well.
struct Opened {
    desk: Visitor,
    office: Visitor,
    approval: Form,
    application: Form,
    revocation: Form,
    serial: String,
}

impl Opened {
    /// One office issued, one about to send its application, one waiting for the yes.
    fn before(service: &mut Service, sql: &mut Sql) -> Self {
        let mut offices = service.offices(3).into_iter();
        let mut next = || offices.next().expect("three offices");
        let (mut issued, mut asking, mut waiting) = (next(), next(), next());
        issued.apply_first();
        let suzuki = service.operator("suzuki");
        suzuki.approve_all();
        service.work_once().ok();
        waiting.apply_first();
        let certificates = asking.arrive_first();
        let confirm = certificates.link("証明書の発行申請を行う");
        let desk = suzuki.signed_in();
        let query = "SELECT serial AS line FROM certificate WHERE purpose = 'client'";
        let serial = sql.lines(query).remove(0);
        let order = desk.open(&format!("/console/certificates/{serial}"));
        let order = order.form("確認へ進む").set("order", "revoke");
        Self {
            application: asking.visitor.open(&confirm).form("はい"),
            approval: picked(&desk.open("/console/requests"), "承認する"),
            revocation: order.set("reason", "keyCompromise").set("sure", "yes"),
            office: asking.visitor,
            desk,
            serial,
        }
    }

    /// All three are sent.
    fn send(&self) -> [Page; 3] {
        [
            self.approval.send(&self.desk),
            self.application.send(&self.office),
            self.revocation.send(&self.desk),
        ]
    }
}

/// A login that somebody was about to send.
fn english_login(service: &Service) -> (Visitor, Form) {
    let visitor = arriving(&service.site(), &service.root_pem());
    let visitor = visitor.visitor();
    let page = visitor.open("/language/en?back=/service/login");
    let form = page.form("Log in");
    let form = form.set("user_id", "KJ2700000001");
    (visitor, form.set("password", "Wrong-2026-ume"))
}

#[test]
fn a_full_disk_under_the_database_stops_every_act_and_says_so() {
    with_own_disks(
        "outage::a_full_disk_under_the_database_stops_every_act_and_says_so",
        || {
            let place = Folder::new("disk");
            let disk = SmallDisk::mount(&place.join("small"), "24m");
            let mut service = Service::set_up_in(Database::sqlite_in(&place.join("small")));
            let site = service.start_site();
            let mut sql = service.database.connect();
            let opened = Opened::before(&mut service, &mut sql);
            let (english, login) = english_login(&service);
            let before = acts(&mut sql);
            sql.run("PRAGMA wal_checkpoint(TRUNCATE)");
            disk.fill();
            opened.send().iter().for_each(assert_away);
            let page = login.send(&english);
            assert_eq!(page.status, 503);
            let text = page.text();
            assert!(text.contains("not available at this moment"), "{text}");
            let order = ["certificate", "revoke", "--serial", &opened.serial];
            let order = [&order[..], &["--reason", "keyCompromise"]].concat();
            service.cli(&order).refused(&["full"]);
            assert_eq!(
                acts(&mut sql),
                before,
                "nothing half done, and nothing in the audit"
            );
            let plain = arriving(&service.plain(), &service.root_pem()).visitor();
            assert_eq!(plain.open("/healthz").status, 200);
            let ready = until("a write that counts no longer", || {
                let ready = plain.open("/readyz");
                (ready.status != 200).then_some(ready)
            });
            assert_eq!(ready.status, 503);
            let words = ready.text();
            assert!(words.contains("the database takes no writes"), "{words}");

            disk.free();
            assert_eq!(plain.open("/readyz").status, 200);
            for page in opened.send() {
                assert_eq!(page.status, 200, "{}", page.text());
            }
            for (act, times) in [
                ("request.approve", 2),
                ("request.submit", 3),
                ("certificate.revoke", 1),
            ] {
                assert_eq!(
                    sql.count(&format!("audit WHERE act = '{act}'")),
                    times,
                    "{act}"
                );
            }
            assert_eq!(sql.count("certificate WHERE status = 'revoked'"), 1);
            service.cli(&["audit", "verify"]).ok();
            let store = service.worker_in_this_process().store;
            service.assert_whole(&store, "after the disk was full");
            drop(site);
        },
    );
}

/// Lines that the worker wrote while the server was away: a look every few seconds, not a stream.
const MOST_LINES: usize = 100;

#[test]
fn a_database_that_is_away_for_longer_than_a_lease_loses_nothing_and_people_are_told() {
    let cluster = Cluster::start();
    let mut service = Service::set_up_in(Database::on_server(cluster.url()));
    let site = service.start_site();
    let mut office = service.office("KJ2700000099");
    office.arrive_first();
    let well = service.worker_in_this_process();
    let desk = Desk::beside(&well);
    let requests: Vec<_> = (1..=6).map(|number| desk.approved(number)).collect();
    let mut worker = service.start_worker_with(&[
        ("INKAN__WORKER__LEASE_SECONDS", "5"),
        // One batch, so that nothing of it is recorded while the server is stopped.
        ("INKAN__WORKER__JOBS", "1"),
        // A step that no certificate but an office's passes.
        ("FAILPOINTS", "pack.before=1*sleep(8000)"),
    ]);
    let mut sql = service.database.connect();
    worker.until("a batch in flight", || {
        (sql.count("intent WHERE purpose = 'client'") == 6).then_some(())
    });
    drop(sql);
    cluster.stop();
    let plain = arriving(&service.plain(), &service.root_pem()).visitor();
    assert_away(&office.visitor.open("/service/certificates"));
    let ready = plain.open("/readyz");
    assert_eq!(ready.status, 503);
    assert!(ready.text().contains("the database does not answer"));
    assert_eq!(plain.open("/healthz").status, 200);
    worker.until_it_says("they cannot be given back now");
    // Longer than the lease; the worker looks again and again meanwhile.
    std::thread::sleep(Duration::from_secs(12));
    assert_eq!(worker.ended(), None, "{}", worker.said());
    let lines = worker.said().lines().count();
    assert!(lines < MOST_LINES, "{lines} lines:\n{}", worker.said());

    cluster.crash_and_restart();
    let mut sql = until("the server", || {
        let connect = std::panic::AssertUnwindSafe(|| service.database.connect());
        std::panic::catch_unwind(connect).ok()
    });
    worker.until("the certificates", || {
        (sql.count("request WHERE state = 'issued'") == 6).then_some(())
    });
    for request in &requests {
        assert_eq!(desk.certificates(request.account_id).len(), 1);
    }
    let abandoned = "intent WHERE purpose = 'client' AND state = 'abandoned'";
    assert_eq!(
        sql.count(abandoned),
        6,
        "what was signed in vain is on the list"
    );
    until("the site", || {
        (plain.open("/readyz").status == 200).then_some(())
    });
    let page = office.visitor.open("/service/certificates");
    assert_eq!(page.status, 200, "the session outlived it: {}", page.text());
    assert!(worker.stop().success(), "{}", worker.said());
    service.assert_whole(&desk.store, "after the outage");
    drop(site);
}

#[test]
fn a_foreign_lock_costs_a_visitor_ten_seconds_in_all() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let office = service.offices(1).pop().expect("one office");
    let form = office.visitor.open("/service/login").form("ログイン");
    let form = form
        .fill("ユーザＩＤ", &office.letter.user_id)
        .fill("パスワード", &office.letter.login_password);
    let mut foreign = service.database.connect();
    foreign.run("BEGIN IMMEDIATE");
    let begun = Instant::now();
    assert_away(&form.send(&office.visitor));
    let waited = begun.elapsed();
    assert!(
        waited > Duration::from_secs(5) && waited < Duration::from_secs(13),
        "{waited:?}"
    );
    foreign.run("ROLLBACK");
    let entered = form.send(&office.visitor);
    assert!(entered.status < 400, "{}", entered.text());
}

#[test]
fn a_database_that_is_read_only_is_shown_and_the_site_is_not_ready() {
    let service = Service::set_up(Engine::Postgres);
    let site = service.start_site();
    let plain = arriving(&service.plain(), &service.root_pem()).visitor();
    assert_eq!(plain.open("/readyz").status, 200);
    let mut sql = service.database.connect();
    let name = service.database.name();
    let turn = |word: &str| {
        format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = {word}")
    };
    // Connections that are there keep their setting; the site makes others.
    let away = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sql.run(&turn("on"));
    sql.run(away);
    let ready = until("a write on a new connection", || {
        let ready = plain.open("/readyz");
        let says_so = ready.text().contains("the database takes no writes");
        says_so.then_some(ready)
    });
    assert_eq!(ready.status, 503);
    assert_eq!(plain.open("/ca.crt").status, 200, "what is read is served");
    sql.run("SET default_transaction_read_only = off");
    sql.run(&turn("off"));
    sql.run(away);
    until("the site", || {
        (plain.open("/readyz").status == 200).then_some(())
    });
    drop(site);
}

#[test]
fn a_lasting_outage_is_one_line_however_often_somebody_asks() {
    let cluster = Cluster::start();
    let [port] = port::free::<1>();
    let service = Service::set_up_in(Database::on_server(cluster.url()));
    service.configure(&format!("listen.metrics = \"127.0.0.1:{port}\""));
    let mut site = service.start_site();
    site.until_it_listens(port);
    let root = service.root_pem();
    let metrics = format!("http://localhost:{port}/metrics");
    let pages = ["/readyz", metrics.as_str()];
    let ask = |status: u16| {
        let visitor = arriving(&service.plain(), &root).visitor();
        pages.iter().all(|page| visitor.open(page).status == status)
    };
    let many = || {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert!(ask(503), "nobody gets an answer"));
            }
        });
    };
    assert!(ask(200));
    cluster.stop();
    let lines = ["not ready", "the measurements cannot be taken"];
    let errors = || {
        let said = site.said();
        let errors: Vec<&str> = said.lines().filter(|line| line.contains("ERROR")).collect();
        lines.map(|line| errors.iter().filter(|error| error.contains(line)).count())
    };
    many();
    let first = errors();
    // A connection that was open is lost in other words than one that is refused.
    assert!(
        first.iter().all(|count| (1..=4).contains(count)),
        "{}",
        site.said()
    );
    many();
    assert_eq!(errors(), first, "{}", site.said());

    cluster.crash_and_restart();
    until("the site", || ask(200).then_some(()));
    for line in lines {
        site.until_it_says(&format!("this fault is over: {line}"));
    }
    assert!(site.stop().success(), "{}", site.said());
}
