//! Asking for a certificate, deciding on it, taking it back, fetching it.
use ca_core::domain::request::{RequestId, RequestKind, RequestState};
use ca_core::domain::user_id::UserId;
use ca_core::flow::approve_requests::{Decision, Seen, approve_requests};
use ca_core::flow::download_certificate::{DownloadError, download_certificate};
use ca_core::flow::import_accounts::import_accounts;
use ca_core::flow::reject_requests::{Rejection, reject_requests};
use ca_core::flow::submit_request::{SubmitError, Submitted, submit_request};
use ca_core::flow::withdraw_request::{WithdrawError, withdraw_request};
use ca_core::store::request::{self, RequestFilter};
use ca_core::store::{account, certificate_search, outbox};

use crate::world::{HOST, at, details, on_both, staff};

on_both!(sent_twice_it_is_one_request, world => {
    let office = world.office("2700000001");
    let session = world.enter(&office, 10);
    let first = world.submit(&session, 20);
    assert_eq!((first.state, first.kind), (RequestState::Pending, RequestKind::First));
    assert!(first.subject.starts_with("CN=KJ2700000001"), "{}", first.subject);
    let again = submit_request(&world.store, at(21), &session, &world.profile, None).unwrap();
    assert!(matches!(again, Submitted::AlreadyOpen(open) if open.id == first.id));
    let elsewhere = world.enter(&office, 22);
    let other = submit_request(&world.store, at(23), &elsewhere, &world.profile, None).unwrap();
    assert!(matches!(other, Submitted::AlreadyOpen(open) if open.id == first.id));
    assert_eq!(world.count("request.submit"), 1);
});

on_both!(eight_windows_at_once_give_one_request, world => {
    let office = world.office("2700000001");
    let sessions: Vec<_> = (0..8).map(|_| world.enter(&office, 10)).collect();
    let new = std::thread::scope(|scope| {
        let sent: Vec<_> = sessions
            .iter()
            .map(|session| scope.spawn(|| submit_request(&world.store, at(20), session, &world.profile, None).unwrap()))
            .collect();
        sent.into_iter().map(|one| one.join().unwrap()).filter(|one| matches!(one, Submitted::New(_))).count()
    });
    assert_eq!(new, 1);
});

on_both!(without_the_gate_nothing_is_asked_for, world => {
    let office = world.office("2700000001");
    let open = world.log_in(&office.id, secrecy::ExposeSecret::expose_secret(&office.login), 10).unwrap();
    let refused = submit_request(&world.store, at(20), &open.session, &world.profile, None);
    assert!(matches!(refused, Err(SubmitError::GateNotPassed)));
});

on_both!(a_pending_request_can_be_taken_back_by_its_owner_alone, world => {
    let request = world.pending("2700000001");
    let stranger = world.account(&world.office("2700000002").id);
    assert!(matches!(withdraw_request(&world.store, at(30), &stranger, &request.id), Err(WithdrawError::NotPending)));
    let owner = world.store.read(|db| account::load(db, request.account_id)).unwrap();
    withdraw_request(&world.store, at(31), &owner, &request.id).unwrap();
    let stored = world.request(&request.id);
    assert_eq!((stored.state, stored.sealed_password), (RequestState::Withdrawn, None));
    assert!(matches!(withdraw_request(&world.store, at(32), &owner, &request.id), Err(WithdrawError::NotPending)));
});

on_both!(an_approval_speaks_for_what_was_seen, world => {
    let operator = world.operator("suzuki");
    let request = world.pending("2700000001");
    let seen = world.seen(&request);
    let stale = Seen { digest: "0".repeat(64), ..seen.clone() };
    let decide = |seen: Seen| approve_requests(&world.store, &world.approval_key, at(30), &operator, &[seen]).unwrap().remove(0).1;
    assert_eq!(decide(stale), Decision::Changed);
    world.sql("UPDATE request SET subject = 'CN=KJ2700000009'");
    assert_eq!(decide(seen.clone()), Decision::Changed);
    world.sql(&format!("UPDATE request SET subject = '{}'", request.subject));
    assert_eq!(decide(seen.clone()), Decision::Done);
    assert_eq!(decide(seen), Decision::NotPending(RequestState::Approved));
    assert_eq!(world.count("request.approve"), 1);
});

on_both!(nobody_decides_for_an_account_they_registered_or_own, world => {
    let registrar = world.operator("sato");
    let mut owner = world.operator("tanaka");
    owner.own_user_id = Some(UserId::try_from("KJ2700000001".to_owned()).unwrap());
    let request = world.pending("2700000001");
    for (operator, refusal) in [(&registrar, Decision::RegisteredBySelf), (&owner, Decision::OwnAccount)] {
        let approved = approve_requests(&world.store, &world.approval_key, at(30), operator, &[world.seen(&request)]).unwrap();
        assert_eq!(approved[0].1, refusal);
        let rejection = Rejection { reason: "x", host: HOST };
        let rejected = reject_requests(&world.store, &world.random, at(30), operator, std::slice::from_ref(&request.id), rejection);
        assert_eq!(rejected.unwrap()[0].1, refusal);
    }
    assert_eq!(world.request(&request.id).state, RequestState::Pending);
});

on_both!(a_bulk_decision_says_for_each_what_came_of_it, world => {
    let operator = world.operator("suzuki");
    let requests: Vec<_> = (1..=3).map(|n| world.pending(&format!("270000000{n}"))).collect();
    let mut seen: Vec<_> = requests.iter().map(|request| world.seen(request)).collect();
    seen[1].digest = "0".repeat(64);
    let outcomes = approve_requests(&world.store, &world.approval_key, at(30), &operator, &seen).unwrap();
    let decisions: Vec<_> = outcomes.into_iter().map(|(_, decision)| decision).collect();
    assert_eq!(decisions, [Decision::Done, Decision::Changed, Decision::Done]);
});

on_both!(a_rejection_tells_why_and_wipes_the_password, world => {
    let operator = world.operator("suzuki");
    let request = world.pending("2700000001");
    let rejection = Rejection { reason: "事業所番号が台帳と一致しません。", host: HOST };
    reject_requests(&world.store, &world.random, at(30), &operator, std::slice::from_ref(&request.id), rejection).unwrap();
    let stored = world.request(&request.id);
    assert_eq!(stored.state, RequestState::Rejected);
    assert_eq!(stored.rejection_reason.as_deref(), Some(rejection.reason));
    assert_eq!(stored.sealed_password, None);
    let mails = world.store.read(|db| outbox::list(db, ca_core::domain::certificate::MailState::Waiting)).unwrap();
    assert_eq!(mails[0].facts().unwrap().reason.as_deref(), Some(rejection.reason));
    let open = world.store.read(|db| ca_core::store::request::open_of_account(db, request.account_id)).unwrap();
    assert!(open.is_none(), "the office may ask again");
});

on_both!(a_download_is_counted_and_only_for_the_owner, world => {
    let operator = world.operator("suzuki");
    let office = world.office("2700000001");
    let session = world.enter(&office, 10);
    let request = world.submit(&session, 20);
    world.approve(&operator, &request, 30);
    let serial = crate::signing::issue(&world, &request, 40);
    let account = world.account(&office.id);
    for times in 1..=2 {
        let file = download_certificate(&world.store, at(50), &session, &account, serial).unwrap();
        assert_eq!((file.file_name.as_str(), file.bytes.as_slice()), ("CertKJ2700000001.p12", &[0x30, 1][..]));
        let stored = world.store.read(|db| ca_core::store::certificate::find(db, serial)).unwrap().unwrap();
        assert_eq!(stored.download_count, times);
        assert_eq!(stored.first_downloaded_at, Some(at(50)));
    }
    let other = world.office("2700000002");
    let stranger = world.enter(&other, 60);
    let theirs = download_certificate(&world.store, at(61), &stranger, &world.account(&other.id), serial);
    assert!(matches!(theirs, Err(DownloadError::NotAvailable)));
    let expired = download_certificate(&world.store, at(1_096 * 86_400), &session, &account, serial);
    assert!(matches!(expired, Err(DownloadError::NotAvailable)));
    world.sql("UPDATE certificate SET status = 'revoked'");
    let revoked = download_certificate(&world.store, at(62), &session, &account, serial);
    assert!(matches!(revoked, Err(DownloadError::NotAvailable)));
});

on_both!(the_next_certificate_can_be_asked_for_a_month_before_the_end, world => {
    let operator = world.operator("suzuki");
    let office = world.office("2700000001");
    let request = world.submit(&world.enter(&office, 10), 20);
    world.approve(&operator, &request, 30);
    crate::signing::issue(&world, &request, 40);
    let end = at(40) + chrono::TimeDelta::days(1_095);
    let opens = end.checked_sub_months(chrono::Months::new(1)).unwrap();
    let seconds = |when: chrono::DateTime<chrono::Utc>| (when - at(0)).num_seconds();
    let session = world.enter(&office, 50);
    let early = submit_request(&world.store, opens - chrono::TimeDelta::seconds(1), &session, &world.profile, None);
    assert!(matches!(early, Err(SubmitError::TooEarly { from }) if from == opens));
    let renewal = world.submit(&session, seconds(opens));
    assert_eq!(renewal.kind, RequestKind::Renewal);
});

on_both!(a_search_finds_what_differs_in_width_case_kana_and_spaces_alone, world => {
    let asked = world.pending("2700000001");
    world.pending("2700000002");
    let named = [details("2700000001", "ケアサポート　Ａｏｚｏｒａ")];
    import_accounts(&world.store, &staff(1), "sato", &named, false).unwrap();
    let search = |typed: &str| {
        let filter = RequestFilter { search: Some(typed.to_owned()), ..RequestFilter::default() };
        let found = world.store.read(|db| request::list(db, &filter, 0, 10)).unwrap();
        let ids: Vec<RequestId> = found.rows.into_iter().map(|(request, _)| request.id).collect();
        assert_eq!(usize::try_from(found.total).unwrap(), ids.len());
        ids
    };
    for typed in ["ｹｱｻﾎﾟｰﾄ", "サポートaozora", "ＡＯＺＯＲＡ", "ケア サポート", "ｋｊ２７００ ０００ ００１", "KJ-2700000001"] {
        assert_eq!(search(typed), std::slice::from_ref(&asked.id), "{typed}");
    }
    assert_eq!(search("kj2700").len(), 2);
    for typed in ["看護", "%", "_", "'"] {
        assert!(search(typed).is_empty(), "{typed}");
    }
    let text = Some("ｹｱｻﾎﾟｰﾄ".to_owned());
    let wanted = certificate_search::Search { status: None, text };
    let found = world.store.read(|db| certificate_search::page(db, &wanted, 0, 10)).unwrap();
    assert_eq!(found.total, 0);
});
