//! A mail address changes only when the new one proved itself and the old one, or an operator, agrees.
use ca_core::domain::address_change::{AddressChangeState as State, MOST_ASKED, MOST_WRONG};
use ca_core::domain::certificate::MailState;
use ca_core::domain::mail::MailKind;
use ca_core::flow::Postmark;
use ca_core::flow::approve_requests::Decision;
use ca_core::flow::ask_address_change::{AskError, ask_address_change};
use ca_core::flow::decide_address_change::{
    AddressDecision, confirm_address_change, reject_address_change,
};
use ca_core::flow::prove_address::{Proof, prove_address, withdraw_address_change};
use ca_core::queue::outbox::{MailOutcome, settle, take};
use ca_core::store::account::Account;
use ca_core::store::address_change::AddressChange;
use ca_core::store::{address_change, outbox};

use crate::reissue::{accept, apply_from};
use crate::world::{HOST, World, at, on_both};

const DAY: i64 = 24 * 3_600;
const NEW: &str = "new@example.jp";

fn account(world: &World) -> Account {
    let id = world.import("2700000001", "sato");
    world.account(&id)
}

pub fn postmark(world: &World) -> Postmark<'_> {
    Postmark {
        random: &world.random,
        host: HOST,
    }
}

pub fn ask(
    world: &World,
    account: &Account,
    address: &str,
    seconds: i64,
) -> Result<AddressChange, AskError> {
    ask_address_change(
        &world.store,
        postmark(world),
        at(seconds),
        account.id,
        address,
    )
}

pub fn type_code(world: &World, account: &Account, code: &str, seconds: i64) -> Proof {
    let mark = postmark(world);
    prove_address(&world.store, mark, at(seconds), account.id, &code.into()).unwrap()
}

/// The code that was mailed last for this occasion.
pub fn code(world: &World, kind: MailKind) -> String {
    let mails = world
        .store
        .read(|db| outbox::list(db, MailState::Waiting))
        .unwrap();
    let last = mails.into_iter().rfind(|mail| mail.kind == kind).unwrap();
    last.facts().unwrap().code.unwrap()
}

fn address(world: &World, account: &Account) -> Option<String> {
    world.account(&account.user_id).mail_address
}

fn state(world: &World, account: &Account) -> State {
    let last = world.store.read(|db| address_change::last(db, account.id));
    last.unwrap().unwrap().state
}

fn told_of_the_change(world: &World) -> Vec<String> {
    let mails = world
        .store
        .read(|db| outbox::list(db, MailState::Waiting))
        .unwrap();
    let changed = mails
        .into_iter()
        .filter(|mail| mail.kind == MailKind::AddressChanged);
    changed.map(|mail| mail.to_address).collect()
}

on_both!(both_codes_in_either_order_change_the_address, world => {
    let account = account(&world);
    for (address, first, second, step) in [
        (NEW, MailKind::AddressProof, MailKind::AddressChangeAsked, Proof::NewProven),
        ("third@example.jp", MailKind::AddressChangeAsked, MailKind::AddressProof, Proof::OldAgreed),
    ] {
        let before = world.account(&account.user_id).mail_address;
        ask(&world, &account, address, 10).unwrap();
        assert_eq!(type_code(&world, &account, &code(&world, first), 20), step);
        assert_eq!(type_code(&world, &account, &code(&world, first), 21), step, "the same code twice agrees once");
        assert_eq!(world.account(&account.user_id).mail_address, before);
        assert_eq!(type_code(&world, &account, &code(&world, second), 30), Proof::Changed);
        assert_eq!(world.account(&account.user_id).mail_address.as_deref(), Some(address));
    }
    let told = ["office@example.jp", NEW, NEW, "third@example.jp"];
    assert_eq!(told_of_the_change(&world), told, "both addresses are told each time");
    assert_eq!((world.count("address.ask"), world.count("address.change")), (2, 2));
    assert_eq!(type_code(&world, &account, "bcdf ghjk mnpr", 40), Proof::NothingWaits);
});

on_both!(an_operator_can_agree_in_the_old_addresss_stead, world => {
    let account = account(&world);
    let operator = world.operator("suzuki");
    let confirm = |id: &str, seconds| confirm_address_change(&world.store, postmark(&world), at(seconds), &operator, id).unwrap();
    let change = ask(&world, &account, NEW, 10).unwrap();
    assert_eq!(confirm(&change.id, 20), AddressDecision::Agreed, "the new address is not proven yet");
    assert_eq!(address(&world, &account).as_deref(), Some("office@example.jp"));
    assert_eq!(type_code(&world, &account, &code(&world, MailKind::AddressProof), 30), Proof::Changed);
    let back = ask(&world, &account, "office@example.jp", 40).unwrap();
    assert_eq!(type_code(&world, &account, &code(&world, MailKind::AddressProof), 50), Proof::NewProven);
    assert_eq!(confirm(&back.id, 60), AddressDecision::Changed);
    assert_eq!(address(&world, &account).as_deref(), Some("office@example.jp"));
    assert_eq!(confirm(&back.id, 61), AddressDecision::NothingWaits);
    assert_eq!(confirm("0000", 61), AddressDecision::NothingWaits);
});

on_both!(nobody_agrees_for_an_account_they_registered_or_own, world => {
    let account = account(&world);
    let registrar = world.operator("sato");
    let mut owner = world.operator("tanaka");
    owner.own_user_id = Some(account.user_id.clone());
    let change = ask(&world, &account, NEW, 10).unwrap();
    for (operator, refusal) in [(&registrar, Decision::RegisteredBySelf), (&owner, Decision::OwnAccount)] {
        let agreed = confirm_address_change(&world.store, postmark(&world), at(20), operator, &change.id);
        assert_eq!(agreed.unwrap(), AddressDecision::NotAllowed(refusal.clone()));
        let rejected = reject_address_change(&world.store, at(20), operator, &change.id);
        assert_eq!(rejected.unwrap(), AddressDecision::NotAllowed(refusal));
    }
    assert_eq!(state(&world, &account), State::Waiting);
});

on_both!(an_account_without_an_address_needs_an_operator, world => {
    let account = account(&world);
    world.sql("UPDATE account SET mail_address = NULL");
    let change = ask(&world, &account, NEW, 10).unwrap();
    assert_eq!((change.old_address, change.old_code_hash), (None, None));
    let mails = world.store.read(|db| outbox::list(db, MailState::Waiting)).unwrap();
    assert_eq!(mails.len(), 1, "there is nobody else to write to");
    assert_eq!(type_code(&world, &account, &code(&world, MailKind::AddressProof), 20), Proof::NewProven);
    assert_eq!(address(&world, &account), None);
    let operator = world.operator("suzuki");
    let agreed = confirm_address_change(&world.store, postmark(&world), at(30), &operator, &change.id);
    assert_eq!(agreed.unwrap(), AddressDecision::Changed);
    assert_eq!(address(&world, &account).as_deref(), Some(NEW));
    assert_eq!(told_of_the_change(&world), [NEW]);
});

on_both!(a_rejection_or_a_withdrawal_ends_it, world => {
    let account = account(&world);
    let operator = world.operator("suzuki");
    let change = ask(&world, &account, NEW, 10).unwrap();
    let (new, old) = (code(&world, MailKind::AddressProof), code(&world, MailKind::AddressChangeAsked));
    let rejected = reject_address_change(&world.store, at(20), &operator, &change.id);
    assert_eq!((rejected.unwrap(), state(&world, &account)), (AddressDecision::Rejected, State::Rejected));
    for code in [&new, &old] {
        assert_eq!(type_code(&world, &account, code, 30), Proof::NothingWaits);
    }
    ask(&world, &account, NEW, 40).unwrap();
    assert!(matches!(type_code(&world, &account, &new, 41), Proof::Wrong { .. }), "a code is for one change");
    assert!(withdraw_address_change(&world.store, at(50), account.id).unwrap());
    assert!(!withdraw_address_change(&world.store, at(51), account.id).unwrap());
    assert_eq!(address(&world, &account).as_deref(), Some("office@example.jp"));
});

on_both!(wrong_codes_end_it, world => {
    let account = account(&world);
    ask(&world, &account, NEW, 10).unwrap();
    let right = code(&world, MailKind::AddressProof);
    for left in (0..MOST_WRONG).rev() {
        assert_eq!(type_code(&world, &account, "xxxx xxxx xxxx", 20), Proof::Wrong { left });
    }
    assert_eq!(type_code(&world, &account, &right, 30), Proof::NothingWaits);
    assert_eq!((state(&world, &account), world.count("address.fail")), (State::Failed, 1));
});

on_both!(codes_end_after_a_day, world => {
    let account = account(&world);
    let change = ask(&world, &account, NEW, 10).unwrap();
    let (new, old) = (code(&world, MailKind::AddressProof), code(&world, MailKind::AddressChangeAsked));
    assert_eq!(type_code(&world, &account, &new, 10 + DAY - 1), Proof::NewProven);
    assert_eq!(type_code(&world, &account, &old, 10 + DAY), Proof::NothingWaits);
    let operator = world.operator("suzuki");
    let late = confirm_address_change(&world.store, postmark(&world), at(10 + DAY), &operator, &change.id);
    assert_eq!(late.unwrap(), AddressDecision::NothingWaits);
    let waiting = world.store.read(|db| address_change::list_waiting(db, at(10 + DAY), 0, 9)).unwrap();
    assert_eq!((waiting.rows.len(), waiting.total), (0, 0));
    ask(&world, &account, NEW, 11 + DAY).unwrap();
    assert_eq!(world.count("address.lapse"), 1);
});

on_both!(one_change_at_a_time_and_few_a_day, world => {
    let account = account(&world);
    let asked: usize = std::thread::scope(|scope| {
        let sent: Vec<_> = (0..6).map(|_| scope.spawn(|| ask(&world, &account, NEW, 10).is_ok())).collect();
        sent.into_iter().map(|one| usize::from(one.join().unwrap())).sum()
    });
    assert_eq!(asked, 1, "six windows at once ask once");
    assert!(matches!(ask(&world, &account, NEW, 11), Err(AskError::Waiting)));
    for _ in 1..MOST_ASKED {
        withdraw_address_change(&world.store, at(12), account.id).unwrap();
        ask(&world, &account, NEW, 13).unwrap();
    }
    withdraw_address_change(&world.store, at(14), account.id).unwrap();
    assert!(matches!(ask(&world, &account, NEW, 15), Err(AskError::TooMany)));
    assert!(ask(&world, &account, NEW, 13 + DAY).is_ok());
});

on_both!(wrong_codes_at_once_are_all_counted, world => {
    let account = account(&world);
    ask(&world, &account, NEW, 10).unwrap();
    let looked_at = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..12).map(|_| scope.spawn(|| type_code(&world, &account, "xxxx xxxx xxxx", 20))).collect();
        tries.into_iter().map(|one| one.join().unwrap()).filter(|proof| matches!(proof, Proof::Wrong { .. })).count()
    });
    assert_eq!(looked_at as i64, MOST_WRONG);
});

on_both!(a_new_register_wins, world => {
    let account = account(&world);
    ask(&world, &account, NEW, 10).unwrap();
    let (new, old) = (code(&world, MailKind::AddressProof), code(&world, MailKind::AddressChangeAsked));
    world.sql("UPDATE account SET mail_address = 'register@example.jp'");
    type_code(&world, &account, &new, 20);
    assert_eq!(type_code(&world, &account, &old, 21), Proof::Overtaken);
    assert_eq!(address(&world, &account).as_deref(), Some("register@example.jp"));
    assert!(told_of_the_change(&world).is_empty());
});

on_both!(what_is_no_address_is_refused_before_anything_is_stored, world => {
    let account = account(&world);
    for bad in [
        "", "office", "a@b@example.jp", "a b@example.jp", "a@example.jp\r\nBcc: x@example.jp", "太郎@example.jp",
        "ａ@example.jp", "a@localhost", "a@example.jp\0", "<a@example.jp>", &format!("{}@example.jp", "a".repeat(300)),
    ] {
        assert!(matches!(ask(&world, &account, bad, 10), Err(AskError::Address(_))), "{bad:?}");
    }
    assert!(matches!(ask(&world, &account, " Office@EXAMPLE.jp ", 10), Err(AskError::Same)));
    assert!(world.store.read(|db| outbox::list(db, MailState::Waiting)).unwrap().is_empty());
});

on_both!(codes_are_hashes_in_the_change_and_go_from_the_outbox_once_mailed, world => {
    let account = account(&world);
    let change = ask(&world, &account, NEW, 10).unwrap();
    let plain = code(&world, MailKind::AddressProof).replace(' ', "");
    assert!(change.new_code_hash.len() == 64 && !change.new_code_hash.contains(&plain));
    let held = take(&world.store, "w", at(60), 10, at(10)).unwrap();
    assert_eq!(held.len(), 2);
    let done = [MailOutcome::Sent, MailOutcome::Never("550 no such user".into())];
    for (mail, outcome) in held.iter().zip(&done) {
        assert!(settle(&world.store, "w", mail, outcome, at(11)).unwrap());
    }
    for state in [MailState::Sent, MailState::Parked] {
        let mails = world.store.read(|db| outbox::list(db, state)).unwrap();
        let facts = mails[0].facts().unwrap();
        assert_eq!((mails.len(), facts.code, facts.user_id.as_str()), (1, None, "KJ2700000001"));
    }
});

on_both!(a_reissue_of_the_passwords_ends_a_change_on_its_way, world => {
    let account = world.account(&world.office("2700000001").id);
    ask(&world, &account, NEW, 10).unwrap();
    assert_eq!(type_code(&world, &account, &code(&world, MailKind::AddressProof), 20), Proof::NewProven);
    let id = apply_from(&world, account.user_id.as_str(), "192.0.2.1", 30).unwrap();
    accept(&world, &world.operator("suzuki"), &id, 40);
    assert_eq!(state(&world, &account), State::Void);
    assert_eq!(type_code(&world, &account, &code(&world, MailKind::AddressChangeAsked), 50), Proof::NothingWaits);
    assert_eq!(address(&world, &account).as_deref(), Some("office@example.jp"));
    assert_eq!(world.count("address.void"), 1);
});
