//! The portal: who is let in, and what ends a session there.
use ca_core::domain::account::AccountStatus;
use ca_core::domain::certificate::{CertificateStatus, IntentState, Purpose};
use ca_core::domain::password::{PasswordAgeing, PasswordHash};
use ca_core::domain::portal_admission::Refusal;
use ca_core::domain::revocation::{RevocationReason, Selection};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::session::{Audience, Stage};
use ca_core::domain::user_id::UserId;
use ca_core::flow::change_login_password::{
    ChangeError, ChangeLoginPassword, change_login_password,
};
use ca_core::flow::judge_certificate::Presented;
use ca_core::flow::log_in::TryError;
use ca_core::flow::log_in_operator::ShownCertificate;
use ca_core::flow::log_in_portal::{Entered, LogInPortal, PortalLogin, log_in_portal};
use ca_core::flow::order_revocation::Order;
use ca_core::flow::resume_portal::{PortalSession, resume_portal};
use ca_core::flow::unlock_account::unlock_account;
use ca_core::store::certificate::Certificate;
use ca_core::store::intent::Intent;
use ca_core::store::{StoreError, certificate, intent};
use chrono::{DateTime, TimeDelta};
use secrecy::SecretString;

use crate::revocation::order;
use crate::world::{HOST, RULES, World, at, on_both, staff};

const OWN: &str = "Kaigo-2026-Osaka";
/// As the letter printer draws them: no gaps, no hyphens.
const LETTERS: &str = "bcdfghjkmnpq";
const IDLE: TimeDelta = TimeDelta::minutes(20);
const GOLDEN: &str = include_str!("portal_admission.txt");

/// A certificate row of an account, valid for a day around the world's morning.
fn row(world: &World, account: Option<i64>) -> Certificate {
    Certificate {
        serial: SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random),
        purpose: Purpose::Client,
        generation: 1,
        request_id: None,
        account_id: account,
        subject: "CN=KJ2700000001".into(),
        not_before: at(-43_200),
        not_after: at(43_200),
        certificate_der: vec![0x30, 0],
        spki_sha256: "cd".repeat(32),
        sha1_thumbprint: "ef".repeat(20),
        pkcs12: None,
        issued_at: at(0),
        status: CertificateStatus::Valid,
        revoked_at: None,
        revocation_reason: None,
        download_count: 0,
        first_downloaded_at: None,
        last_downloaded_at: None,
        installed_at: None,
        first_portal_login_at: None,
    }
}

fn record(world: &World, row: Certificate) -> Presented {
    let status = row.status;
    let shown = ShownCertificate {
        serial: row.serial,
        spki_sha256: row.spki_sha256.clone(),
    };
    let intent = Intent {
        serial: row.serial,
        purpose: row.purpose,
        generation: row.generation,
        request_id: None,
        fence: 0,
        tbs_sha256: "aa".repeat(32),
        profile_sha256: "bb".repeat(32),
        state: IntentState::Issued,
        recorded_at: at(0),
        settled_at: Some(at(0)),
    };
    let done: Result<(), StoreError> = world.store.transaction(|db| {
        intent::insert(db, std::slice::from_ref(&intent))?;
        certificate::insert(db, std::slice::from_ref(&row))
    });
    done.unwrap();
    if status != CertificateStatus::Valid {
        let word = status.as_str();
        world.sql(&format!(
            "UPDATE certificate SET status = '{word}' WHERE serial = '{}'",
            shown.serial
        ));
    }
    Presented::Certificate(shown)
}

/// An office with an own password and a certificate.
fn member(world: &World, digits: &str) -> (UserId, Presented) {
    let id = world.import(digits, "sato");
    let hash = PasswordHash::of(&OWN.into(), RULES.cost, &world.random).unwrap();
    set_password(world, &id, hash.as_str(), false, 30);
    let presented = record(world, row(world, Some(world.account(&id).id)));
    (id, presented)
}

fn set_password(world: &World, id: &UserId, hash: &str, temporary: bool, days: i64) {
    let changed = (at(0) - TimeDelta::days(days)).timestamp_millis();
    world.sql(&format!(
        "UPDATE account SET login_password_hash = '{hash}', login_password_temporary = {temporary}, \
         login_password_changed_at = {changed} WHERE user_id = '{id}'"
    ));
}

fn log_in(
    world: &World,
    presented: &Presented,
    id: &UserId,
    word: &str,
    second: i64,
) -> PortalLogin {
    let input = LogInPortal {
        presented,
        user_id: id,
        password: &word.into(),
        rules: RULES,
        ageing: PasswordAgeing::DEFAULT,
        absolute: TimeDelta::hours(8),
        host: HOST,
        source: None,
    };
    log_in_portal(&world.store, &world.random, at(second), input).unwrap()
}

fn enter(world: &World, presented: &Presented, id: &UserId, second: i64) -> Entered {
    match log_in(world, presented, id, OWN, second) {
        PortalLogin::Entered(entered) => *entered,
        PortalLogin::Refused { refusal, .. } => panic!("{refusal}"),
    }
}

/// `alive`, `none`, or the refusal.
fn resumed(world: &World, entered: &Entered, presented: &Presented, second: i64) -> String {
    let found = resume_portal(
        &world.store,
        &entered.token,
        presented,
        IDLE,
        at(second),
        None,
    );
    match found.unwrap() {
        PortalSession::Alive(visit) => {
            assert_eq!(visit.account.user_id, entered.account.user_id);
            "alive".to_owned()
        }
        PortalSession::None => "none".to_owned(),
        PortalSession::Refused(refusal) => refusal.to_string(),
    }
}

/// Every state of a certificate that can pass the handshake, by name.
fn certificates(world: &World, id: &UserId) -> Vec<(&'static str, Presented)> {
    let own = world.account(id).id;
    let other = world.account(&world.import("2700000002", "sato")).id;
    world.sql(
        "INSERT INTO authority (generation, certificate_der, subject, not_before, not_after, crl_number, status, \
         created_at) SELECT 2, certificate_der, subject, not_before, not_after, crl_number, 'retired', created_at \
         FROM authority",
    );
    let with = |account, change: &dyn Fn(&mut Certificate)| {
        let mut row = row(world, account);
        change(&mut row);
        record(world, row)
    };
    let copied = match with(Some(own), &|_| ()) {
        Presented::Certificate(shown) => Presented::Certificate(ShownCertificate {
            spki_sha256: "00".repeat(32),
            ..shown
        }),
        other => other,
    };
    let unrecorded = Presented::Certificate(ShownCertificate {
        serial: SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random),
        spki_sha256: "cd".repeat(32),
    });
    vec![
        ("none", Presented::Nothing),
        ("foreign serial", Presented::Foreign),
        ("unrecorded", unrecorded),
        ("other key", copied),
        (
            "operator's",
            with(None, &|row| row.purpose = Purpose::Operator),
        ),
        ("retired root", with(Some(own), &|row| row.generation = 2)),
        (
            "revoked",
            with(Some(own), &|row| row.status = CertificateStatus::Revoked),
        ),
        (
            "held",
            with(Some(own), &|row| row.status = CertificateStatus::Held),
        ),
        (
            "not yet valid",
            with(Some(own), &|row| row.not_before = at(60)),
        ),
        ("expired", with(Some(own), &|row| row.not_after = at(-60))),
        ("someone else's", with(Some(other), &|_| ())),
        ("own", with(Some(own), &|_| ())),
    ]
}

fn outcome(world: &World, presented: &Presented, id: &UserId, word: &str) -> String {
    match log_in(world, presented, id, word, 0) {
        PortalLogin::Entered(entered) if entered.session.stage == Stage::ChangePassword => {
            "change password".to_owned()
        }
        PortalLogin::Entered(_) => "admitted".to_owned(),
        PortalLogin::Refused { refusal, .. } => refusal.to_string(),
    }
}

on_both!(every_state_of_account_certificate_and_password_has_its_outcome, world => {
    let (id, _) = member(&world, "2700000001");
    let certificates = certificates(&world, &id);
    let hash = |word: &str| PasswordHash::of(&word.into(), RULES.cost, &world.random).unwrap();
    let (own, letters) = (hash(OWN), hash(LETTERS));
    let mut table = String::from("# account | certificate | password | outcome\n");
    for account in ["active", "locked", "disabled"] {
        for (certificate, presented) in &certificates {
            for (password, days, temporary, word) in [
                ("right", 30, false, OWN),
                ("right, ends soon", 350, false, OWN),
                ("right, too old", 370, false, OWN),
                ("right, from the letter", 1, true, LETTERS),
                ("wrong", 30, false, "wrong-password"),
            ] {
                let hash = if temporary { &letters } else { &own };
                set_password(&world, &id, hash.as_str(), temporary, days);
                unlock_account(&world.store, &staff(0), &id).unwrap();
                if account == "locked" {
                    for _ in 0..3 {
                        let _ = world.log_in(&id, "wrong-password", 0);
                    }
                }
                let status = if account == "disabled" { AccountStatus::Disabled } else { AccountStatus::Active };
                world.sql(&format!("UPDATE account SET status = '{status}' WHERE user_id = '{id}'"));
                let outcome = outcome(&world, presented, &id, word);
                table += &format!("{account} | {certificate} | {password} | {outcome}\n");
            }
        }
    }
    assert!(table == GOLDEN, "tests/flows/portal_admission.txt says otherwise than:\n{table}");
});

on_both!(a_refusal_is_written_down_with_its_reason_and_an_unknown_id_is_answered_as_a_known_one, world => {
    let (id, presented) = member(&world, "2700000001");
    let (other, _) = member(&world, "2700000003");
    let unknown = UserId::try_from("KJ2799999999".to_owned()).unwrap();
    for typed in [&other, &unknown] {
        for _ in 0..5 {
            assert_eq!(outcome(&world, &presented, typed, OWN), "other-account");
        }
        assert!(matches!(world.log_in(typed, "wrong-password", 1), Err(TryError::Wrong { left: 2, .. })),
            "a try under another's certificate is none at that ID's password");
    }
    assert_eq!(world.count("portal-login.refuse"), 10);
    enter(&world, &presented, &id, 2);
    enter(&world, &presented, &id, 60);
    assert_eq!(world.count("portal-login.succeed"), 2);
    let held = world.store.read(|db| certificate::find(db, presented.certificate().unwrap().serial));
    assert_eq!(held.unwrap().unwrap().first_portal_login_at, Some(at(2)), "the first one stays");
});

on_both!(a_session_lives_under_its_own_certificate_alone, world => {
    let (id, presented) = member(&world, "2700000001");
    let (other, others) = member(&world, "2700000003");
    let second = record(&world, row(&world, Some(world.account(&id).id)));
    let mine = enter(&world, &presented, &id, 0);
    enter(&world, &others, &other, 0);
    for replayed in [&others, &second] {
        assert_eq!(resumed(&world, &mine, replayed, 10), "other-account");
    }
    assert_eq!(resumed(&world, &mine, &Presented::Nothing, 10), "no-certificate");
    assert_eq!(world.count("portal-session.refuse"), 3);
    assert_eq!(resumed(&world, &mine, &presented, 10), "alive", "its owner is not thrown out");
    // Read by others' connections, it was not used: it ends when its owner has not come for long enough.
    for minute in 1..20 {
        resumed(&world, &mine, &others, minute * 60);
    }
    assert_eq!(resumed(&world, &mine, &presented, 20 * 60), "none");
});

on_both!(a_session_ends_with_its_certificate_its_time_and_its_account, world => {
    let (id, presented) = member(&world, "2700000001");
    let serial = presented.certificate().unwrap().serial;
    let set = |what: &str| world.sql(&format!("UPDATE certificate SET {what} WHERE serial = '{serial}'"));
    for (gone, back, said) in [
        ("status = 'revoked'", "status = 'valid'", "revoked"),
        ("status = 'held'", "status = 'valid'", "held"),
        ("not_after = 1", "not_after = 4000000000000", "expired"),
        ("spki_sha256 = '00'", &format!("spki_sha256 = '{}'", "cd".repeat(32)), "unknown-certificate"),
    ] {
        let open = enter(&world, &presented, &id, 0);
        assert_eq!(resumed(&world, &open, &presented, 1), "alive");
        set(gone);
        assert_eq!(resumed(&world, &open, &presented, 2), said);
        set(back);
        assert_eq!(resumed(&world, &open, &presented, 3), "none", "what ended does not come back");
    }
    let open = enter(&world, &presented, &id, 0);
    for minute in (0..480).step_by(19) {
        assert_eq!(resumed(&world, &open, &presented, minute * 60), "alive");
    }
    assert_eq!(resumed(&world, &open, &presented, 480 * 60), "none", "eight hours are the most");
    let open = enter(&world, &presented, &id, 0);
    order(&world, &Selection::of(&[serial]), Order::Revoke(RevocationReason::KeyCompromise), 1);
    assert_eq!(resumed(&world, &open, &presented, 2), "none", "revoking ends the session at once");
});

on_both!(a_lock_set_under_the_certificate_ends_the_sessions_and_a_strangers_does_not, world => {
    let (id, presented) = member(&world, "2700000001");
    let open = enter(&world, &presented, &id, 0);
    for _ in 0..3 {
        let _ = world.log_in(&id, "wrong-password", 1);
    }
    assert_eq!(resumed(&world, &open, &presented, 2), "alive", "nobody without the certificate throws one out");
    unlock_account(&world.store, &staff(3), &id).unwrap();
    for _ in 0..3 {
        assert_eq!(outcome(&world, &presented, &id, "wrong-password"), "wrong-password");
    }
    assert_eq!(outcome(&world, &presented, &id, OWN), "locked");
    assert_eq!(resumed(&world, &open, &presented, 4), "none");
    assert_eq!(world.count("login.lock"), 2);
});

on_both!(a_change_of_the_password_keeps_this_session_and_ends_the_others, world => {
    let (id, presented) = member(&world, "2700000001");
    let [here, there] = [1, 2].map(|second| enter(&world, &presented, &id, second));
    let service = world.log_in(&id, OWN, 3).unwrap();
    let change = |current: &str, new: &str, second| {
        let account = world.account(&id);
        change_login_password(&world.store, &world.random, at(second), ChangeLoginPassword {
            session: &here.session, account: &account, current: Some(&current.into()), new: &new.into(),
            rules: RULES, absolute: TimeDelta::hours(8),
        })
    };
    let (token, session) = change(OWN, "Haru-2027-sakura", 4).unwrap();
    assert_eq!((session.audience, session.certificate_serial), (Audience::Portal, here.session.certificate_serial));
    let fresh = Entered { token, session, account: world.account(&id), certificate: here.certificate.clone() };
    assert_eq!(resumed(&world, &fresh, &presented, 5), "alive");
    assert_eq!(resumed(&world, &here, &presented, 5), "none");
    assert_eq!(resumed(&world, &there, &presented, 5), "none");
    let idle = ca_core::flow::resume_session::resume_session(
        &world.store, &service.token, Audience::Applicant, IDLE, at(5));
    assert!(idle.unwrap().is_none());
    assert!(matches!(change("Haru-2027-sakura", "Haru-2027-sakura", 6), Err(ChangeError::Same)));
    assert!(matches!(change("Haru-2027-sakura", OWN, 6), Err(ChangeError::UsedBefore)));
    assert!(matches!(change("Haru-2027-sakura", "Password123", 6), Err(ChangeError::Choice(_))));
    change("Haru-2027-sakura", "Natsu-2027-himawari", 7).unwrap();
    change("Natsu-2027-himawari", OWN, 8).unwrap();
});

on_both!(the_password_before_a_new_letter_cannot_be_chosen_again, world => {
    let (id, _) = member(&world, "2700000001");
    let office = world.print(&id, 10).unwrap();
    let choose = |new: &str| {
        let open = world.log_in(&id, secrecy::ExposeSecret::expose_secret(&office.login), 20).unwrap();
        let account = world.account(&id);
        change_login_password(&world.store, &world.random, at(21), ChangeLoginPassword {
            session: &open.session, account: &account, current: None, new: &SecretString::from(new),
            rules: RULES, absolute: TimeDelta::hours(8),
        })
    };
    assert!(matches!(choose(OWN), Err(ChangeError::UsedBefore)));
    choose("Haru-2027-sakura").unwrap();
});

on_both!(a_password_that_is_too_old_opens_its_change_alone_at_both_doors, world => {
    let (id, presented) = member(&world, "2700000001");
    let hash = world.account(&id).login_password_hash.unwrap();
    set_password(&world, &id, &hash, false, 366);
    assert_eq!(world.log_in(&id, OWN, 0).unwrap().session.stage, Stage::ChangePassword);
    assert_eq!(enter(&world, &presented, &id, 0).session.stage, Stage::ChangePassword);
    assert_eq!(outcome(&world, &Presented::Nothing, &id, OWN), Refusal::NoCertificate.as_str());
});
