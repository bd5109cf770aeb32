//! The warning before a certificate ends, on the portal's first page.

use inkan_tests::database::Engine;
use inkan_tests::service::Service;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

#[test]
fn the_portal_warns_from_a_month_before_and_leads_to_the_application() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let member = service.member();
    let visitor = member.signed_in();
    let calm = visitor.open("/portal");
    assert!(!calm.text().contains("有効期限が近づいています"));

    // The register's word on the end decides what is said; the certificate itself stays as it is.
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("a clock");
    let now = i64::try_from(now.as_millis()).expect("a date of our age");
    let mut sql = service.database.connect();
    let end = |days: i64| {
        format!(
            "UPDATE certificate SET not_after = {} WHERE purpose = 'client'",
            now + days * DAY
        )
    };
    sql.run(&end(40));
    assert!(
        !visitor
            .open("/portal")
            .text()
            .contains("有効期限が近づいています")
    );
    sql.run(&end(20));
    let warned = visitor
        .open("/portal")
        .shows(&["有効期限が近づいています", "新しい証明書を申請する"]);
    let link = warned.link("新しい証明書を申請する");
    assert_eq!(
        link,
        format!("{}/service", service.site().trim_end_matches('/'))
    );

    let certificates = member.applicant.arrive();
    member.applicant.apply(&certificates);
    visitor.open("/portal").shows(&["新しい証明書は申請中です"]);
    service.again("issuer").approve_all();
    service.work_once().ok();
    visitor
        .open("/portal")
        .shows(&["新しい証明書が発行されています"]);
}
