//! Strict Transport Security: only where browsers trust the site without our root.

use super::*;

#[test]
fn browsers_are_bound_to_tls_only_where_they_trust_the_site_without_our_root() {
    let sent = |house: &House, connector: &SslConnector| {
        let server = house.open();
        let reply = get(connector, server.addresses.https.unwrap(), "/").unwrap();
        server.stop();
        let name = "strict-transport-security: ";
        let line = reply.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::to_owned)
    };
    let own = House::with(|config| config.service.host = "ca.example.jp".into());
    let forgotten = sent(&own, &own.connector(None));
    assert_eq!(
        forgotten.as_deref(),
        Some("max-age=0"),
        "after a rollover the new root stays reachable"
    );

    let public = |config: &mut ca_core::config::Config| {
        config.service.host = "ca.example.jp".into();
        config.tls.publicly_trusted = true;
    };
    let house = House::with(public);
    let refused = open(&house.stage).unwrap_err().to_string();
    assert!(
        refused.contains("publicly_trusted") && refused.contains("server.crt"),
        "{refused}"
    );

    let ca = pair("public root", None, false);
    let shown = pair("localhost", Some(&ca), false);
    write(&house.stage.folder().join("tls"), "server", &shown);
    let connector = house.connector_with(None, |builder| {
        builder
            .cert_store_mut()
            .add_cert(ca.certificate.clone())
            .unwrap();
    });
    assert_eq!(
        sent(&house, &connector).as_deref(),
        Some("max-age=31536000")
    );
}
