//! Delegations entered, changed and ended, and what the choice of a reference user is worth.
use ca_core::domain::account::{AccountField, AccountForm, AccountStatus};
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::delegation::parse_day;
use ca_core::domain::delegation_csv::{self, DelegationLine};
use ca_core::domain::user_id::{Classes, UserId};
use ca_core::flow::choose_reference::{
    ChooseReferenceError, Reference, choosable_at, choose_reference, reference_at,
};
use ca_core::flow::end_delegation::{EndDelegationError, end_delegation};
use ca_core::flow::import_accounts::import_accounts;
use ca_core::flow::import_delegations::{
    DelegationReport, ImportDelegationsError, import_delegations,
};
use ca_core::flow::set_account_status::set_account_status;
use ca_core::store::session::Session;
use ca_core::store::{delegation, session};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;

use crate::world::{World, at, on_both, staff};

const AGENT: &str = "HD2700000009";
const OTHER: &str = "HD2700000008";
const CARE: &str = "KJ2700000001";

fn id(text: &str) -> UserId {
    UserId::parse(text, &Classes::default()).unwrap().user_id
}

fn lines(rows: &[&str]) -> Vec<DelegationLine> {
    let text = format!("office,agent,from,to\n{}\n", rows.join("\n"));
    delegation_csv::read(text.as_bytes(), &Classes::default()).unwrap()
}

/// Two offices and two agents, registered; the world's day is 25 November 2026.
fn register(world: &World) {
    let form = |user_id: &str| {
        let mut form = AccountForm::default();
        form.set(AccountField::UserId, user_id);
        form.set(AccountField::Name, "試験");
        form.set(AccountField::PostalCode, "530-0001");
        form.set(AccountField::Address1, "大阪市");
        form.check(&Classes::default()).unwrap()
    };
    let all = [CARE, "HJ2700000002", AGENT, OTHER].map(form);
    import_accounts(&world.store, &staff(0), "sato", &all, false).unwrap();
}

fn import(world: &World, rows: &[&str], rehearse: bool) -> Result<DelegationReport, String> {
    import_delegations(&world.store, &staff(1), &lines(rows), rehearse).map_err(|error| match error
    {
        ImportDelegationsError::Faults(faults) => faults.first().expect("a fault").to_string(),
        other => other.to_string(),
    })
}

fn logged_in(world: &World, user_id: &str) -> Session {
    let office = world.print(&id(user_id), 2).unwrap();
    world
        .log_in(&office.id, office.login.expose_secret(), 3)
        .unwrap()
        .session
}

/// What the session looks at, as the next request would find it.
fn reference(world: &World, of: &Session, own: &str, now: DateTime<Utc>) -> Reference {
    let of = world
        .store
        .read(|db| session::find(db, &of.id_hash))
        .unwrap();
    let own = world.account(&id(own));
    reference_at(&world.store, &own, &of.unwrap(), &Classes::default(), now).unwrap()
}

fn choose(
    world: &World,
    of: &Session,
    own: &str,
    chosen: &str,
) -> Result<(), ChooseReferenceError> {
    let own = world.account(&id(own));
    choose_reference(
        &world.store,
        &own,
        of,
        &Classes::default(),
        (&id(chosen), at(5)),
    )
}

on_both!(an_import_is_atomic_and_safe_to_run_again, world => {
    register(&world);
    let rows = ["KJ2700000001,HD2700000009,2026-04-01,2027-03-31", "HJ2700000002,HD2700000009,2026-04-01,"];
    let rehearsed = import(&world, &rows, true).unwrap();
    assert_eq!(rehearsed.added.len(), 2);
    assert!(world.store.read(delegation::list).unwrap().is_empty(), "a rehearsal leaves nothing");
    assert_eq!(import(&world, &rows, false).unwrap(), rehearsed);
    assert_eq!(import(&world, &rows, false).unwrap().unchanged.len(), 2);
    let longer = import(&world, &["KJ2700000001,HD2700000009,2026-04-01,2028-03-31"], false).unwrap();
    assert_eq!(longer.changed, ["KJ2700000001 → HD2700000009"]);
    assert_eq!((world.count("delegation.add"), world.count("delegation.change")), (2, 1));
    let mixed = ["HJ2700000002,HD2700000008,2025-04-01,2025-04-30", "KJ2799999999,HD2700000009,2026-04-01,"];
    let said = import(&world, &mixed, false).unwrap_err();
    assert!(said.starts_with("line 3, office: KJ2799999999 is not registered"), "{said}");
    assert_eq!(world.store.read(delegation::list).unwrap().len(), 2, "nothing half entered");
});

on_both!(an_office_has_one_agent_at_a_time, world => {
    register(&world);
    import(&world, &["KJ2700000001,HD2700000009,2026-04-01,2026-04-30"], false).unwrap();
    for row in [
        "KJ2700000001,HD2700000008,2026-04-30,",
        "KJ2700000001,HD2700000009,2026-04-02,2026-04-03",
        "KJ2700000001,HD2700000008,2026-01-01,",
    ] {
        let said = import(&world, &[row], false).unwrap_err();
        assert!(said.contains("has the agent HD2700000009 from 2026-04-01 to 2026-04-30"), "{said}");
    }
    import(&world, &["KJ2700000001,HD2700000008,2026-05-01,"], false).unwrap();
    let twice = ["HJ2700000002,HD2700000008,2026-05-01,", "HJ2700000002,HD2700000009,2026-06-01,"];
    assert!(import(&world, &twice, false).unwrap_err().starts_with("line 3, from: "));
});

on_both!(an_ended_delegation_acts_on_the_next_request, world => {
    register(&world);
    import(&world, &["KJ2700000001,HD2700000009,2026-04-01,"], false).unwrap();
    let session = logged_in(&world, AGENT);
    assert_eq!(reference(&world, &session, AGENT, at(4)).account.user_id.as_str(), AGENT);
    choose(&world, &session, AGENT, CARE).unwrap();
    let seen = reference(&world, &session, AGENT, at(6));
    assert_eq!((seen.account.user_id.as_str(), seen.has_lapsed), (CARE, false));
    assert_eq!(seen.for_whom.agent, Some(id(AGENT)));
    let only = world.store.read(delegation::list).unwrap().remove(0);
    let by = Act::new(Actor::Operator("suzuki".into()), at(7));
    end_delegation(&world.store, &by, only.id, None).unwrap();
    let seen = reference(&world, &session, AGENT, at(7));
    assert_eq!((seen.account.user_id.as_str(), seen.has_lapsed), (AGENT, true));
    assert!(matches!(end_delegation(&world.store, &by, only.id, None), Err(EndDelegationError::Over(_))));
    assert!(matches!(end_delegation(&world.store, &by, 999, None), Err(EndDelegationError::Unknown(999))));
    assert_eq!(world.count("delegation.end"), 1);
    // Ended by hand, it does not come back by importing the old file again.
    let said = import(&world, &["KJ2700000001,HD2700000009,2026-04-01,"], false).unwrap_err();
    assert!(said.contains("has the agent HD2700000009 from 2026-04-01 to 2026-11-25"), "{said}");
});

on_both!(a_delegation_begins_and_ends_at_midnight_in_japan, world => {
    register(&world);
    import(&world, &["KJ2700000001,HD2700000009,2028-02-29,2028-02-29"], false).unwrap();
    let agent = world.account(&id(AGENT));
    let offices = |now: &str| {
        let now: DateTime<Utc> = now.parse().unwrap();
        choosable_at(&world.store, &agent, &Classes::default(), now).unwrap().len()
    };
    assert_eq!(offices("2028-02-28T14:59:59Z"), 0);
    assert_eq!(offices("2028-02-28T15:00:00Z"), 1);
    assert_eq!(offices("2028-02-29T14:59:59Z"), 1);
    assert_eq!(offices("2028-02-29T15:00:00Z"), 0);
});

on_both!(nobody_chooses_what_is_not_delegated_to_them, world => {
    register(&world);
    import(&world, &["KJ2700000001,HD2700000008,2026-04-01,", "HJ2700000002,HD2700000009,2026-04-01,2026-10-31"], false).unwrap();
    let agent = logged_in(&world, AGENT);
    let said = |chosen: &str| choose(&world, &agent, AGENT, chosen).unwrap_err().to_string();
    let foreign = said(CARE);
    assert_eq!(foreign, said("KJ2799999999"), "a foreign ID and an unknown one are the same");
    assert_eq!(foreign, said("HJ2700000002"), "so is one whose delegation is over");
    assert_eq!(foreign, said(OTHER), "so is another agent");
    choose(&world, &agent, AGENT, AGENT).unwrap();
    let office = logged_in(&world, CARE);
    assert_eq!(choose(&world, &office, CARE, AGENT).unwrap_err().to_string(), foreign);
    assert_eq!(choose(&world, &office, CARE, "HJ2700000002").unwrap_err().to_string(), foreign);
    choose(&world, &office, CARE, CARE).unwrap();
    assert_eq!(reference(&world, &office, CARE, at(9)).for_whom.agent, Some(id(OTHER)));
    // A row that an attacker of the web tier wrote opens nothing: the choice is asked for again.
    let victim = world.account(&id(CARE)).id;
    world.store.transaction(|db| session::set_reference(db, &agent.id_hash, Some(victim))).unwrap();
    let seen = reference(&world, &agent, AGENT, at(9));
    assert_eq!((seen.account.user_id.as_str(), seen.has_lapsed), (AGENT, true));
});

on_both!(a_last_day_may_be_named_and_a_future_one_taken_back, world => {
    register(&world);
    import(&world, &["KJ2700000001,HD2700000009,2026-04-01,", "HJ2700000002,HD2700000009,2027-04-01,"], false).unwrap();
    let all = world.store.read(delegation::list).unwrap();
    let (future, now) = (&all[0], &all[1]);
    let end = |id, day: Option<&str>| end_delegation(&world.store, &staff(9), id, day.map(|day| parse_day(day).unwrap()));
    assert!(matches!(end(now.id, Some("2026-11-24")), Err(EndDelegationError::Day)));
    end(now.id, Some("2026-11-25")).unwrap();
    let found = |id| world.store.read(|db| delegation::find(db, id)).unwrap().unwrap();
    assert_eq!(found(now.id).ends_at, Some("2026-11-25T15:00:00Z".parse().unwrap()));
    assert!(matches!(end(now.id, Some("2026-12-01")), Err(EndDelegationError::Day)));
    end(future.id, None).unwrap();
    assert!(found(future.id).period().is_void());
    assert!(matches!(end(future.id, None), Err(EndDelegationError::Over(_))));
    import(&world, &["HJ2700000002,HD2700000009,2027-04-01,"], false).unwrap();
});

on_both!(an_office_that_is_switched_off_cannot_be_chosen, world => {
    register(&world);
    import(&world, &["KJ2700000001,HD2700000009,2026-04-01,"], false).unwrap();
    let agent = logged_in(&world, AGENT);
    choose(&world, &agent, AGENT, CARE).unwrap();
    set_account_status(&world.store, &staff(6), &id(CARE), AccountStatus::Disabled).unwrap();
    assert!(reference(&world, &agent, AGENT, at(6) + TimeDelta::seconds(1)).has_lapsed);
});

on_both!(an_import_that_does_not_say_leaves_community_support_alone, world => {
    let details = |says: &str| {
        let mut form = AccountForm::default();
        for (field, text) in [
            (AccountField::UserId, CARE), (AccountField::Name, "試験"), (AccountField::PostalCode, "530-0001"),
            (AccountField::Address1, "大阪市"), (AccountField::CommunitySupport, says),
        ] {
            form.set(field, text);
        }
        form.check(&Classes::default()).unwrap()
    };
    for (says, holds) in [("", false), ("はい", true), ("", true), ("no", false), ("ＹＥＳ", true)] {
        import_accounts(&world.store, &staff(1), "sato", &[details(says)], false).unwrap();
        assert_eq!(world.account(&id(CARE)).community_support, holds, "{says}");
    }
});

on_both!(a_file_without_last_days_keeps_those_that_are_known, world => {
    register(&world);
    import(&world, &["KJ2700000001,HD2700000009,2026-04-01,2027-03-31"], false).unwrap();
    let read = |text: &str| delegation_csv::read(text.as_bytes(), &Classes::default()).unwrap();
    let without = read("office,agent,from\nKJ2700000001,HD2700000009,2026-04-01\n");
    let report = import_delegations(&world.store, &staff(2), &without, false).unwrap();
    assert_eq!((report.unchanged.len(), report.changed.len()), (1, 0));
    let last_day = |world: &World| world.store.read(delegation::list).unwrap()[0].period().last_day();
    assert_eq!(last_day(&world), parse_day("2027-03-31").ok());
    // A later delegation of the office does not stand in the way of a line that changes nothing.
    import(&world, &["KJ2700000001,HD2700000008,2027-04-01,"], false).unwrap();
    assert_eq!(import_delegations(&world.store, &staff(2), &without, false).unwrap().unchanged.len(), 1);
    let cleared = ["HJ2700000002,HD2700000009,2026-04-01,2026-04-30", "HJ2700000002,HD2700000009,2026-04-01,"];
    import(&world, &cleared[..1], false).unwrap();
    for rehearse in [true, false] {
        let report = import(&world, &cleared[1..], rehearse).unwrap();
        let change = &report.changes[0].change;
        assert_eq!((change.field, change.old.as_deref(), change.new.as_deref()), ("to", Some("2026-04-30"), None));
    }
});
