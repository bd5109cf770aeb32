//! Notices: who sees which, reading, deleting, and the mails that tell of them.
use ca_core::domain::certificate::MailState;
use ca_core::domain::mail::MailKind;
use ca_core::domain::notice::{NoticeBody, NoticeDraft, Readers, ShownDays, title};
use ca_core::domain::user_id::UserId;
use ca_core::flow::Postmark;
use ca_core::flow::choose_mails::choose_mails;
use ca_core::flow::open_notice::{delete_notice, open_notice, reader_of};
use ca_core::flow::owe_notice_mails::{PORTION, owe_notice_mails};
use ca_core::flow::publish_notice::{PublishError, publish_notice, withdraw_notice};
use ca_core::flow::set_account_status::set_account_status;
use ca_core::store::account::Account;
use ca_core::store::outbox::Mail;
use ca_core::store::{StoreError, mail_preference, notice, outbox};
use chrono::TimeDelta;

use crate::world::{HOST, World, at, on_both, staff};

fn draft(readers: Readers) -> NoticeDraft {
    NoticeDraft {
        title: title("年末年始の受付について").unwrap(),
        body: NoticeBody::parse("受付は12月28日までです。").unwrap(),
        readers,
        days: ShownDays {
            from: at(0),
            until: Some(at(3_600)),
        },
    }
}

fn publish(world: &World, readers: Readers) -> i64 {
    publish_notice(&world.store, &staff(10), &draft(readers), None).unwrap()
}

fn import(world: &World, id: &str) -> Account {
    let mut details = crate::world::details(&id[2..], "ひまわり介護センター");
    details.user_id = UserId::try_from(id.to_owned()).unwrap();
    let lines = std::slice::from_ref(&details);
    ca_core::flow::import_accounts::import_accounts(&world.store, &staff(1), "sato", lines, false)
        .unwrap();
    world.account(&details.user_id)
}

/// The numbers of an account's list, in its order.
fn seen(world: &World, account: &Account, seconds: i64) -> Vec<i64> {
    let reader = reader_of(account);
    let page = world
        .store
        .read(|db| notice::page_of_reader(db, &reader, at(seconds), 0, 50));
    let (rows, total) = page.unwrap();
    assert_eq!(rows.len() as i64, total);
    rows.into_iter().map(|(notice, _)| notice.id).collect()
}

fn unread(world: &World, account: &Account) -> i64 {
    let reader = reader_of(account);
    let count = world
        .store
        .read(|db| notice::count_unread(db, &reader, at(20)));
    count.unwrap()
}

fn owe(world: &World, seconds: i64) -> usize {
    let postmark = Postmark {
        random: &world.random,
        host: HOST,
    };
    owe_notice_mails(&world.store, postmark, at(seconds)).unwrap()
}

fn mails(world: &World) -> Vec<Mail> {
    world
        .store
        .read(|db| outbox::list(db, MailState::Waiting))
        .unwrap()
}

on_both!(a_notice_is_seen_by_those_it_is_for, world => {
    let (one, other) = (import(&world, "KJ2700000001"), import(&world, "KJ2700000002"));
    let agent = import(&world, "HD2700000001");
    let everybody = publish(&world, Readers::Everybody);
    let class = publish(&world, Readers::Class("KJ".into()));
    let own = publish(&world, Readers::Account(one.id));
    assert_eq!(seen(&world, &one, 20), [own, class, everybody]);
    assert_eq!(seen(&world, &other, 20), [class, everybody]);
    assert_eq!(seen(&world, &agent, 20), [everybody]);
    assert_eq!((unread(&world, &one), unread(&world, &agent)), (3, 1));
    for hidden in [own, class, 9_999, -1, i64::MAX] {
        let opened = open_notice(&world.store, at(21), &agent, true, hidden).unwrap();
        assert!(opened.is_none() && !delete_notice(&world.store, at(21), &agent, hidden).unwrap());
    }
    assert_eq!(world.count("notice.publish"), 3);
});

on_both!(a_notice_has_its_time, world => {
    let account = import(&world, "KJ2700000001");
    let id = publish(&world, Readers::Everybody);
    assert!(seen(&world, &account, -1).is_empty());
    assert_eq!(seen(&world, &account, 0), [id]);
    assert_eq!(seen(&world, &account, 3_599), [id]);
    assert!(seen(&world, &account, 3_600).is_empty());
    assert!(withdraw_notice(&world.store, &staff(30), id).unwrap());
    assert!(!withdraw_notice(&world.store, &staff(31), id).unwrap(), "twice is once");
    assert!(!withdraw_notice(&world.store, &staff(31), 9_999).unwrap());
    assert!(seen(&world, &account, 32).is_empty());
    assert_eq!(world.count("notice.withdraw"), 1);
});

on_both!(reading_and_deleting_are_each_accounts_own, world => {
    let (one, other) = (import(&world, "KJ2700000001"), import(&world, "KJ2700000002"));
    let id = publish(&world, Readers::Everybody);
    let by_agent = open_notice(&world.store, at(20), &one, false, id).unwrap();
    assert!(by_agent.is_some() && unread(&world, &one) == 1, "an agent's look leaves the mark");
    open_notice(&world.store, at(21), &one, true, id).unwrap();
    open_notice(&world.store, at(99), &one, true, id).unwrap();
    assert_eq!((unread(&world, &one), unread(&world, &other)), (0, 1));
    let receipt = world.store.read(|db| notice::receipt(db, id, one.id)).unwrap().unwrap();
    assert_eq!(receipt.read_at, Some(at(21)), "the first time counts");
    assert!(delete_notice(&world.store, at(30), &one, id).unwrap());
    assert!(!delete_notice(&world.store, at(31), &one, id).unwrap());
    assert!(seen(&world, &one, 32).is_empty());
    assert!(open_notice(&world.store, at(33), &one, true, id).unwrap().is_none());
    assert_eq!(seen(&world, &other, 32), [id]);
    assert!(delete_notice(&world.store, at(34), &other, id).unwrap(), "unread ones can be deleted too");
    assert_eq!(world.count("notice.delete"), 2);
});

on_both!(a_disabled_account_gets_no_notice_of_its_own, world => {
    let account = import(&world, "KJ2700000001");
    let off = ca_core::domain::account::AccountStatus::Disabled;
    set_account_status(&world.store, &staff(5), &account.user_id, off).unwrap();
    let refused = publish_notice(&world.store, &staff(10), &draft(Readers::Account(account.id)), None);
    assert!(matches!(refused, Err(PublishError::AccountDisabled)));
    let missing = publish_notice(&world.store, &staff(10), &draft(Readers::Account(9_999)), None);
    assert!(matches!(missing, Err(PublishError::Store(StoreError::Missing(_)))));
    assert_eq!(world.count("notice.publish"), 0);
});

on_both!(mails_follow_those_who_want_them, world => {
    let (one, other) = (import(&world, "KJ2700000001"), import(&world, "KJ2700000002"));
    import(&world, "HD2700000001");
    choose_mails(&world.store, at(5), &other, &[]).unwrap();
    choose_mails(&world.store, at(6), &other, &[]).unwrap();
    assert_eq!(world.count("mail.choose"), 1, "nothing new, no entry");
    publish(&world, Readers::Class("KJ".into()));
    assert!(owe(&world, -1) == 0 && mails(&world).is_empty(), "not before it is shown");
    assert_eq!((owe(&world, 20), owe(&world, 21)), (2, 0));
    let owed = mails(&world);
    assert_eq!(owed.len(), 1);
    let facts = owed[0].facts().unwrap();
    assert_eq!((owed[0].kind, facts.user_id), (MailKind::NoticePublished, one.user_id.to_string()));
    assert_eq!(facts.title.as_deref(), Some("年末年始の受付について"));
    choose_mails(&world.store, at(30), &other, &[MailKind::NoticePublished]).unwrap();
    let wants = |kind| world.store.read(|db| mail_preference::wants(db, other.id, kind)).unwrap();
    assert!(wants(MailKind::NoticePublished) && wants(MailKind::LoginLocked));
    let withdrawn = publish(&world, Readers::Everybody);
    withdraw_notice(&world.store, &staff(31), withdrawn).unwrap();
    assert_eq!((owe(&world, 40), mails(&world).len()), (0, 1));
});

on_both!(what_is_about_safety_cannot_be_declined, world => {
    let account = import(&world, "KJ2700000001");
    for &kind in MailKind::ALL {
        world.store.transaction(|db| mail_preference::set(db, account.id, kind, false, at(1))).unwrap();
        let wants = world.store.read(|db| mail_preference::wants(db, account.id, kind)).unwrap();
        assert_eq!(wants, !kind.may_be_declined(), "{kind}");
    }
});

on_both!(many_readers_are_mailed_in_portions_and_once_each, world => {
    for number in 1..=(PORTION + 3) {
        world.sql(&format!(
            "INSERT INTO account (user_id, name, postal_code, address, mail_address, status, registered_by, created_at, updated_at)
             VALUES ('KJ27{number:08}', 'x', '530-0001', 'x', 'o{number}@example.jp', 'active', 'sato', 0, 0)"
        ));
    }
    publish(&world, Readers::Everybody);
    let portions: Vec<usize> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(|| owe(&world, 20))).collect();
        workers.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(portions.iter().all(|portion| *portion <= PORTION), "{portions:?}");
    while owe(&world, 21) > 0 {}
    let owed = mails(&world);
    let to: std::collections::HashSet<_> = owed.iter().map(|mail| &mail.to_address).collect();
    assert_eq!((owed.len(), to.len()), (PORTION + 3, PORTION + 3));
    assert!(owe(&world, 20 + TimeDelta::days(1).num_seconds()) == 0);
});

on_both!(a_form_that_is_sent_twice_publishes_one_notice, world => {
    let send = |key: &str| publish_notice(&world.store, &staff(10), &draft(Readers::Everybody), Some(key)).unwrap();
    let sent: Vec<i64> = std::thread::scope(|scope| {
        let clicks: Vec<_> = (0..8).map(|_| scope.spawn(|| send("one"))).collect();
        clicks.into_iter().map(|click| click.join().unwrap()).collect()
    });
    assert!(sent.iter().all(|id| *id == sent[0]), "{sent:?}");
    assert_ne!(send("two"), sent[0]);
    assert_eq!(world.count("notice.publish"), 2);
});
