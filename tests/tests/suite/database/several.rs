//! Three web tiers and three workers on one PostgreSQL: one service.

use inkan_tests::applicant::Applicant;
use inkan_tests::database::Engine;
use inkan_tests::process::until;
use inkan_tests::service::Service;
use inkan_tests::site::arriving;

#[test]
fn three_sites_and_three_workers_are_one_service() {
    let mut service = Service::set_up_with(Engine::Postgres, "worker.batch = 1\nworker.jobs = 1");
    let first = service.start_site();
    let others = [service.start_another_site(), service.start_another_site()];
    let root = service.root_pem();
    let mut offices = service.offices(12);
    for (number, office) in offices.iter_mut().enumerate() {
        // Each third of the offices comes by another door.
        if let Some((_, site)) = others.get(number % 3) {
            office.visitor = arriving(site, &root).visitor();
        }
        office.apply_first();
    }
    let workers = [
        service.start_worker(),
        service.start_worker(),
        service.start_worker(),
    ];
    let mut sql = service.database.connect();
    until("three workers", || {
        (sql.count("worker_status") == 3).then_some(())
    });
    service.operator("suzuki").approve_all();
    until("every certificate", || {
        (sql.count("request WHERE state = 'issued'") == 12).then_some(())
    });
    assert_eq!(sql.count("certificate WHERE purpose = 'client'"), 12);
    assert_eq!(
        sql.count("intent WHERE purpose = 'client'"),
        12,
        "nothing was signed in vain"
    );
    let hands = sql.lines("SELECT DISTINCT actor AS line FROM audit WHERE act = 'certificate.issue' AND object LIKE 'request:%'");
    assert!(hands.len() > 1, "the work was shared: {hands:?}");
    service.cli(&["audit", "verify"]).ok();
    drop((workers, others, first));
}

#[test]
fn sessions_and_locks_hold_whichever_site_is_asked() {
    let mut service = Service::set_up(Engine::Postgres);
    let _first = service.start_site();
    let others = [service.start_another_site(), service.start_another_site()];
    let root = service.root_pem();
    let mut office = service.office("KJ2700000001");
    office.arrive_first();

    // A session of one site is a session of every site: the host is the same, the port no matter to cookies.
    for (_, site) in &others {
        let page = office.visitor.open(&format!("{site}/service/certificates"));
        page.shows(&["証明書の発行申請を行う"]);
    }

    // Three wrong tries, one at each site, lock at all of them.
    let at = |site: &str| Applicant {
        visitor: arriving(site, &root).visitor(),
        letter: office.letter.clone(),
    };
    let sites = [service.site(), others[0].1.clone(), others[1].1.clone()];
    for site in &sites {
        at(site).log_in_with("KJ2700000001", "wrong-password-1");
    }
    for site in &sites {
        at(site)
            .log_in()
            .refuses(&["しばらくの間、ログインできません"]);
    }
}
