//! The portal's handshake: our own certificates alone, or none; and what changes without a restart.

use std::time::{Duration, Instant};

use super::*;

const VERSIONS: [SslVersion; 2] = [SslVersion::TLS1_2, SslVersion::TLS1_3];
const DAY: i64 = 86_400;

/// Longer than any slow machine takes for a look every few seconds.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(90), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A connector of one TLS version.
fn pinned(house: &House, client: Option<&Pair>, version: SslVersion) -> SslConnector {
    house.connector_with(client, |builder| {
        builder.set_min_proto_version(Some(version)).unwrap();
        builder.set_max_proto_version(Some(version)).unwrap();
    })
}

#[test]
fn none_gets_a_page_and_a_strangers_gets_no_handshake() {
    let house = House::new();
    let server = house.open();
    let portal = server.addresses.portal.unwrap();
    let stranger = pair("root", None, false);
    let of_stranger = pair("KJ2700000001", Some(&stranger), true);
    let for_servers = pair("KJ2700000001", Some(&house.root), false);
    let ours = pair("KJ2700000001", Some(&house.root), true);
    for version in VERSIONS {
        let login = |client| get(&pinned(&house, client, version), portal, "/portal/login");
        let bare = login(None).unwrap();
        assert!(bare.starts_with("HTTP/1.1 403"), "{bare}");
        assert!(
            bare.contains("クライアント証明書が選ばれていません"),
            "{bare}"
        );
        let unrecorded = login(Some(&ours)).unwrap();
        assert!(
            unrecorded.contains("この証明書ではログインできません"),
            "{unrecorded}"
        );
        assert!(
            login(Some(&of_stranger)).is_err(),
            "the same name from another CA"
        );
        assert!(login(Some(&for_servers)).is_err(), "not for clients");
    }
    let console = get(&house.connector(Some(&ours)), portal, "/console").unwrap();
    assert!(console.starts_with("HTTP/1.1 404"), "{console}");
}

#[test]
fn dates_alone_do_not_break_the_handshake() {
    let house = House::new();
    let server = house.open();
    let now = chrono::Utc::now().timestamp();
    let stranger = pair("root", None, false);
    for dates in [(now - 9 * DAY, now - 2 * DAY), (now + DAY, now + 9 * DAY)] {
        let dated = |issuer, client| pair_between("KJ2700000001", Some(issuer), client, dates);
        for version in VERSIONS {
            let open = |pair: &Pair| {
                let connector = pinned(&house, Some(pair), version);
                get(
                    &connector,
                    server.addresses.portal.unwrap(),
                    "/portal/login",
                )
            };
            let page = open(&dated(&house.root, true)).unwrap();
            assert!(page.starts_with("HTTP/1.1 403"), "{page}");
            assert!(
                open(&dated(&stranger, true)).is_err(),
                "dates excuse no other chain"
            );
            assert!(
                open(&dated(&house.root, false)).is_err(),
                "nor another purpose"
            );
        }
        let console = server.addresses.console.unwrap();
        let at_console = |pair: &Pair| get(&house.connector(Some(pair)), console, "/console/login");
        let page = at_console(&dated(&house.root, true)).unwrap();
        assert!(page.starts_with("HTTP/1.1 403"), "{page}");
        assert!(at_console(&dated(&stranger, true)).is_err());
        assert!(at_console(&dated(&house.root, false)).is_err());
    }
}

fn shown_at(house: &House, address: SocketAddr) -> Vec<u8> {
    let stream = connect(&house.connector(None), address).unwrap();
    stream.ssl().peer_certificate().unwrap().to_der().unwrap()
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart_and_half_a_renewal_is_not() {
    let house = House::new();
    let server = house.open();
    let folder = house.stage.folder().join("tls");
    let listeners = [
        server.addresses.https.unwrap(),
        server.addresses.portal.unwrap(),
    ];
    let before = shown_at(&house, listeners[0]);
    let renewed = pair("localhost", Some(&house.root), false);
    let pem = renewed.certificate.to_pem().unwrap();
    std::fs::write(folder.join("server.crt"), pem).unwrap();
    // A look or two later the certificate without its key has changed nothing.
    std::thread::sleep(Duration::from_secs(11));
    assert_eq!(shown_at(&house, listeners[0]), before);
    write(&folder, "server", &renewed);
    for address in listeners {
        until("the renewed certificate", || {
            shown_at(&house, address) == renewed.certificate.to_der().unwrap()
        });
    }
    let page = get(&house.connector(None), listeners[1], "/portal/login").unwrap();
    assert!(page.starts_with("HTTP/1.1 403"), "{page}");
}

#[test]
fn a_new_root_is_trusted_beside_the_old_one_without_a_restart() {
    let house = House::new();
    let server = house.open();
    let portal = server.addresses.portal.unwrap();
    let second = pair("root 2", None, false);
    let [old, new] = [&house.root, &second].map(|root| pair("KJ2700000001", Some(root), true));
    let passes =
        |client: &Pair| get(&house.connector(Some(client)), portal, "/portal/login").is_ok();
    assert!(passes(&old) && !passes(&new));
    let mut row = generation(&second);
    row.generation = 2;
    let added: Result<(), StoreError> = house
        .stage
        .site
        .store
        .transaction(|db| authority::insert(db, &row));
    added.unwrap();
    until("the new root", || passes(&new));
    assert!(passes(&old), "the old one goes on");
}

#[test]
fn a_retired_roots_certificate_gets_a_page_that_refuses_it() {
    let house = House::new();
    let server = house.open();
    let (portal, console) = (
        server.addresses.portal.unwrap(),
        server.addresses.console.unwrap(),
    );
    let second = pair("root 2", None, false);
    let old = pair("KJ2700000001", Some(&house.root), true);
    let mut row = generation(&second);
    row.generation = 2;
    let store = &house.stage.site.store;
    let retired: Result<bool, StoreError> = store.transaction(|db| {
        authority::insert(db, &row)?;
        authority::retire(db, 1)
    });
    assert!(retired.unwrap());
    let connector = house.connector(Some(&old));
    until("the retired root at the portal", || {
        let page = get(&connector, portal, "/portal/login").unwrap();
        page.contains("この証明書ではログインできません")
    });
    let page = get(&connector, console, "/console/login").unwrap();
    assert!(page.starts_with("HTTP/1.1 403"), "{page}");
    for version in VERSIONS {
        let page = get(
            &pinned(&house, Some(&old), version),
            portal,
            "/portal/login",
        )
        .unwrap();
        assert!(page.starts_with("HTTP/1.1 403"), "{page}");
        assert!(page.contains("この証明書ではログインできません"), "{page}");
    }
}
