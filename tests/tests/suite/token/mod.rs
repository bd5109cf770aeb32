//! The root's key on a token: SoftHSM2 behind our own programs, judged by OpenSC and OpenSSL.

mod away;
mod ceremony;
mod hanging;
mod journey;
mod pin;

use inkan_tests::database::Sql;
use inkan_tests::process::{Process, until};
use inkan_tests::service::Service;

/// A running site with that many approved requests; nobody has signed yet.
fn with_approved(service: &mut Service, count: usize) -> Process {
    let site = service.start_site();
    for mut office in service.offices(count) {
        office.apply_first();
    }
    service.operator("suzuki").approve_all();
    site
}

fn until_issued(sql: &mut Sql, count: i64) {
    until("every request to be issued", || {
        (sql.count("request WHERE state = 'issued'") == count).then_some(())
    });
    assert_eq!(sql.count("certificate WHERE purpose = 'client'"), count);
    assert_eq!(
        sql.count("(SELECT DISTINCT request_id FROM certificate WHERE purpose = 'client') t"),
        count,
        "one for each request"
    );
}

fn until_told(sql: &mut Sql, state: &str) -> String {
    until(&format!("a worker that says {state}"), || {
        let sql_text = format!("SELECT detail AS line FROM worker_status WHERE state = '{state}'");
        sql.lines(&sql_text).into_iter().next()
    })
}
