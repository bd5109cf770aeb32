//! Four eyes on changing, too: whoever last changed an account's name or addresses does not decide its next request.
use ca_core::domain::account::{AccountDetails, Update};
use ca_core::domain::contact_change::ContactField;
use ca_core::domain::mail::MailKind;
use ca_core::flow::accept_reissue::ReissueDecision;
use ca_core::flow::approve_requests::{Decision, approve_requests};
use ca_core::flow::decide_address_change::confirm_address_change;
use ca_core::flow::import_accounts::import_accounts;
use ca_core::flow::judge_approval::{Doubt, judge_approval};
use ca_core::flow::reject_requests::{Rejection, reject_requests};
use ca_core::queue::request::claim;
use ca_core::store::operator::Operator;
use ca_core::store::request::Request;

use crate::addresses::{ask, code, postmark, type_code};
use crate::reissue::{accept, apply_from};
use crate::world::{HOST, World, at, details, on_both, staff};

const EVIL: &str = "evil@example.jp";

/// What somebody changes of an account.
type Change = fn(&mut AccountDetails);

fn import(world: &World, by: &str, details: &AccountDetails, seconds: i64) {
    let accounts = std::slice::from_ref(details);
    import_accounts(&world.store, &staff(seconds), by, accounts, false).unwrap();
}

fn decide(world: &World, operator: &Operator, request: &Request, seconds: i64) -> Decision {
    let seen = world.seen(request);
    let key = &world.approval_key;
    let mut outcome = approve_requests(&world.store, key, at(seconds), operator, &[seen]).unwrap();
    outcome.remove(0).1
}

/// What each of the changes is about, and by whom.
fn noted(world: &World, request: &Request) -> Vec<(ContactField, String)> {
    let load = |db: &mut _| ca_core::store::account::load(db, request.account_id);
    let account = world.store.read(load).unwrap();
    let changes = account.contact_changes.iter();
    changes
        .map(|change| (change.field, change.by.clone()))
        .collect()
}

on_both!(whoever_imported_another_name_or_address_does_not_decide_the_next_request, world => {
    let changer = world.operator("suzuki");
    let other = world.operator("tanaka");
    let registered = || details("2700000001", "ひまわり介護センター");
    let changes: [(&str, Change); 5] = [
        ("name", |one| one.name = "ひまわり訪問介護".into()),
        ("recipient", |one| one.recipient = Update::Set("経理課".into())),
        ("postal code", |one| one.postal_code = "530-0002".into()),
        ("address", |one| one.address[1] = Update::Set("別館".into())),
        ("mail address", |one| one.mail_address = Update::Set(EVIL.into())),
    ];
    for (number, (what, change)) in changes.into_iter().enumerate() {
        let digits = format!("270000000{number}");
        let request = world.pending(&digits);
        let mut details = registered();
        details.user_id = request_user(&world, &request);
        import(&world, "somebody", &details, 21);
        assert_eq!(noted(&world, &request), [], "{what}: the same again is no change");
        change(&mut details);
        import(&world, "Suzuki", &details, 22);
        assert_eq!(noted(&world, &request).len(), 1, "{what}");
        assert_eq!(decide(&world, &changer, &request, 30), Decision::ContactChangedBySelf, "{what}");
        let rejection = Rejection { reason: "x", host: HOST };
        let ids = std::slice::from_ref(&request.id);
        let rejected = reject_requests(&world.store, &world.random, at(30), &changer, ids, rejection).unwrap();
        assert_eq!(rejected[0].1, Decision::ContactChangedBySelf, "{what}");
        assert_eq!(decide(&world, &other, &request, 31), Decision::Done, "{what}");
    }
});

fn request_user(world: &World, request: &Request) -> ca_core::domain::user_id::UserId {
    let load = |db: &mut _| ca_core::store::account::load(db, request.account_id);
    world.store.read(load).unwrap().user_id
}

on_both!(an_approval_by_another_ends_it_for_what_was_changed_before_the_request, world => {
    let changer = world.operator("suzuki");
    let other = world.operator("tanaka");
    let office = world.office("2700000001");
    let mut details = details("2700000001", "ひまわり介護センター");
    details.mail_address = Update::Set(EVIL.into());
    import(&world, "suzuki", &details, 5);
    let request = world.submit(&world.enter(&office, 10), 20);
    details.name = "ひまわり訪問介護".into();
    import(&world, "suzuki", &details, 25);
    assert_eq!(noted(&world, &request).len(), 2);
    assert_eq!(decide(&world, &other, &request, 30), Decision::Done);
    let left = noted(&world, &request);
    assert_eq!(left, [(ContactField::Name, "staff:suzuki".to_owned())], "changed behind the page: not settled");
    world.sql("UPDATE account SET contact_changes = '[]'");
    assert_eq!(accept(&world, &changer, &apply_from(&world, "KJ2700000001", "192.0.2.1", 40).unwrap(), 41), ReissueDecision::Done);
});

on_both!(an_approval_does_not_hold_once_its_operator_changed_the_account, world => {
    let operator = world.operator("suzuki");
    let request = world.pending("2700000001");
    world.approve(&operator, &request, 30);
    let mut details = details("2700000001", "ひまわり介護センター");
    details.mail_address = Update::Set(EVIL.into());
    import(&world, "suzuki", &details, 35);
    let claimed = claim(&world.store, "w1", at(100), 10, at(40)).unwrap();
    let one = claimed.iter().find(|one| one.request.id == request.id).unwrap();
    let judged = judge_approval(&world.approval_key, &one.request, &one.account, &one.evidence, at(40));
    assert_eq!(judged, Err(Doubt::Partial("suzuki".into())));
});

on_both!(a_reissue_is_not_accepted_by_whoever_changed_where_its_letter_goes, world => {
    let changer = world.operator("suzuki");
    world.office("2700000001");
    let mut details = details("2700000001", "ひまわり介護センター");
    details.address[0] = Update::Set("東京都千代田区1-1".into());
    import(&world, "suzuki", &details, 5);
    let id = apply_from(&world, "KJ2700000001", "192.0.2.1", 10).unwrap();
    let refused = ReissueDecision::Refused(Decision::ContactChangedBySelf);
    assert_eq!(accept(&world, &changer, &id, 20), refused);
    assert_eq!(accept(&world, &world.operator("tanaka"), &id, 21), ReissueDecision::Done);
});

on_both!(an_operator_who_agreed_to_a_new_mail_address_changed_it_and_an_applicant_alone_bars_nobody, world => {
    let operator = world.operator("suzuki");
    let request = world.pending("2700000001");
    let account = world.account(&request_user(&world, &request));
    ask(&world, &account, "new@example.jp", 30).unwrap();
    type_code(&world, &account, &code(&world, MailKind::AddressProof), 31);
    type_code(&world, &account, &code(&world, MailKind::AddressChangeAsked), 32);
    assert_eq!(noted(&world, &request), [(ContactField::MailAddress, "applicant:KJ2700000001".to_owned())]);
    let change = ask(&world, &account, "third@example.jp", 40).unwrap();
    confirm_address_change(&world.store, postmark(&world), at(41), &operator, &change.id).unwrap();
    assert_eq!(noted(&world, &request)[0].1, "applicant:KJ2700000001", "not in effect yet");
    type_code(&world, &account, &code(&world, MailKind::AddressProof), 42);
    assert_eq!(noted(&world, &request)[0].1, "operator:suzuki");
    assert_eq!(decide(&world, &operator, &request, 50), Decision::ContactChangedBySelf);
    assert_eq!(decide(&world, &world.operator("tanaka"), &request, 51), Decision::Done);
});
