//! Nothing is signed outside business hours unless somebody orders it and says why; mail goes at any hour.

use chrono::{Datelike, Duration, Utc};
use inkan_tests::database::Engine;
use inkan_tests::desk::Desk;
use inkan_tests::service::Service;

/// A calendar that is closed now for days on end: today, the days around it, and every weekday.
fn closed() -> String {
    let now = Utc::now();
    let years: Vec<i32> = (now.year() - 1..now.year() + 3).collect();
    let mut text = String::from(
        "weekdays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]\nopening = \"08:30\"\nclosing = \"17:15\"\n",
    );
    for day in -3..4 {
        let date = (now + Duration::days(day)).format("%Y-%m-%d");
        text.push_str(&format!(
            "[[closed]]\ndate = \"{date}\"\nname = \"臨時休業\"\n"
        ));
    }
    let far = (now + Duration::days(182)).format("%m-%d");
    for year in years {
        text.push_str(&format!("[holidays.{year}]\n\"{far}\" = \"休日\"\n"));
    }
    text
}

#[test]
fn outside_business_hours_nothing_is_signed_until_somebody_orders_it() {
    let mut service = Service::set_up(Engine::Sqlite);
    let site = service.start_site();
    service.office("KJ2700000001").apply_first();
    service.operator("suzuki").approve_all();
    drop(site);
    service.folder().write("calendar.toml", closed());
    service.work_once().ok();
    let mut sql = service.database.connect();
    assert_eq!(
        sql.count("request WHERE state = 'approved' AND attempts = 0"),
        1,
        "still waiting, no try burnt"
    );
    assert_eq!(sql.count("intent WHERE purpose = 'client'"), 0);

    let refused = service.cli(&["queue", "sign-now"]);
    refused.refused(&["--reason"]);
    service
        .cli(&["queue", "sign-now", "--reason", "保守のあとの確認"])
        .ok();
    service.work_once().ok();
    assert_eq!(sql.count("request WHERE state = 'issued'"), 1);
    assert_eq!(
        sql.count("audit WHERE act = 'calendar.override' AND detail LIKE '%保守のあとの確認%'"),
        1
    );
}

#[test]
fn mail_goes_at_any_hour() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    service.office("KJ2700000001").apply_first();
    service.operator("suzuki").reject_all("住所が違います");
    service.folder().write("calendar.toml", closed());
    service.work_once().ok();
    assert_eq!(service.mails().len(), 1);
}

#[test]
fn a_year_that_the_calendar_does_not_cover_is_an_error_not_a_guess() {
    let mut service = Service::set_up(Engine::Sqlite);
    let site = service.start_site();
    service.office("KJ2700000001").apply_first();
    service.operator("suzuki").approve_all();
    drop(site);
    let past = Utc::now().year() - 10;
    let text = format!(
        "weekdays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\nopening = \"00:00\"\nclosing = \"24:00\"\n\
         [holidays.{past}]\n\"05-05\" = \"こどもの日\"\n"
    );
    service.folder().write("calendar.toml", text);
    let year = Utc::now().year().to_string();
    let answer = service.work_once();
    assert!(
        format!("{}{}", answer.out, answer.err).contains(&year),
        "{answer:?}"
    );
    assert_ne!(answer.status, Some(0), "a unit of work that failed says so");
    assert_eq!(
        service
            .database
            .connect()
            .count("intent WHERE purpose = 'client'"),
        0
    );
}

#[test]
fn a_calendar_that_closes_today_is_taken_up_with_a_batch_in_hand() {
    let service = Service::set_up_with(Engine::Sqlite, "worker.jobs = 1");
    let well = service.worker_in_this_process();
    let desk = Desk::beside(&well);
    (1..=4).for_each(|number| drop(desk.approved(number)));
    let mut worker = service.start_worker_with(&[("FAILPOINTS", "sign.before=1*sleep(4000)")]);
    let mut sql = service.database.connect();
    worker.until("the first signature to be in hand", || {
        (sql.count("intent WHERE purpose = 'client'") == 4).then_some(())
    });
    service.folder().write("calendar.toml", closed());
    worker.signal("HUP");
    worker.until_it_says("are in use as they are now");
    worker.until("operators to be told", || {
        (sql.count("worker_status WHERE state = 'closed'") == 1).then_some(())
    });
    assert_eq!(
        sql.count("request WHERE state = 'issued'"),
        1,
        "the one in hand"
    );
    let waiting = "request WHERE state = 'approved' AND attempts = 0";
    assert_eq!(sql.count(waiting), 3, "{}", worker.said());
    let order = ["queue", "sign-now", "--reason", "締切のため"];
    service.cli(&order).ok();
    worker.until("the others", || {
        (sql.count("request WHERE state = 'issued'") == 4).then_some(())
    });
    assert!(worker.stop().success(), "{}", worker.said());
    service.assert_whole(&desk.store, "closed in mid-batch");
}
