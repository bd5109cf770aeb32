//! Real sockets, real handshakes: who gets in where, and what is told to whom cannot.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use ca_core::store::StoreError;
use ca_core::store::authority::{self, Authority};
use chrono::TimeDelta;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslConnector, SslMethod, SslStream, SslVersion};
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name};

use super::*;
use crate::stage::{Stage, morning};

mod hsts;
mod portal;
mod wire;

/// A certificate and its key.
struct Pair {
    certificate: X509,
    key: PKey<Private>,
}

fn pair(name: &str, issuer: Option<&Pair>, client: bool) -> Pair {
    let now = chrono::Utc::now().timestamp();
    pair_between(name, issuer, client, (now, now + 30 * 86_400))
}

/// Dates in seconds since the epoch.
fn pair_between(
    name: &str,
    issuer: Option<&Pair>,
    client: bool,
    (from, until): (i64, i64),
) -> Pair {
    let key = PKey::from_ec_key(
        EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap(),
    )
    .unwrap();
    let mut subject = X509Name::builder().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder
        .set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder
        .set_issuer_name(issuer.map_or(&*subject, |issuer| issuer.certificate.subject_name()))
        .unwrap();
    builder.set_pubkey(&key).unwrap();
    builder
        .set_not_before(&Asn1Time::from_unix(from).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::from_unix(until).unwrap())
        .unwrap();
    extend(&mut builder, issuer.is_none(), client);
    builder
        .sign(
            issuer.map_or(&key, |issuer| &issuer.key),
            MessageDigest::sha256(),
        )
        .unwrap();
    Pair {
        certificate: builder.build(),
        key,
    }
}

fn extend(builder: &mut X509Builder, is_root: bool, client: bool) {
    if is_root {
        builder
            .append_extension(BasicConstraints::new().critical().ca().build().unwrap())
            .unwrap();
        return;
    }
    let mut usage = ExtendedKeyUsage::new();
    let usage = if client {
        usage.client_auth()
    } else {
        usage.server_auth()
    };
    builder.append_extension(usage.build().unwrap()).unwrap();
    let context = builder.x509v3_context(None, None);
    let host = SubjectAlternativeName::new()
        .dns("localhost")
        .build(&context)
        .unwrap();
    builder.append_extension(host).unwrap();
}

fn write(folder: &Path, name: &str, pair: &Pair) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(
        folder.join(format!("{name}.crt")),
        pair.certificate.to_pem().unwrap(),
    )
    .unwrap();
    std::fs::write(
        folder.join(format!("{name}.key")),
        pair.key.private_key_to_pem_pkcs8().unwrap(),
    )
    .unwrap();
}

/// A site with a root, a certificate of its own and free ports.
struct House {
    stage: Stage,
    root: Pair,
}

impl House {
    fn new() -> Self {
        Self::with(|_| ())
    }

    /// With a configuration of its own.
    fn with(change: impl FnOnce(&mut ca_core::config::Config)) -> Self {
        let stage = Stage::with(|config| {
            let any = SocketAddr::from(([127, 0, 0, 1], 0)).into();
            let listen = &mut config.listen;
            (listen.http, listen.https, listen.portal, listen.console) = (any, any, any, any);
            change(config);
        });
        let root = pair("root", None, false);
        write(
            &stage.folder().join("tls"),
            "server",
            &pair("localhost", Some(&root), false),
        );
        let recorded: Result<(), StoreError> = stage
            .site
            .store
            .transaction(|db| authority::insert(db, &generation(&root)));
        recorded.unwrap();
        Self { stage, root }
    }

    fn open(&self) -> Server {
        open(&self.stage).unwrap()
    }

    /// A connector that trusts the root; with a client certificate when one is given.
    fn connector(&self, client: Option<&Pair>) -> SslConnector {
        self.connector_with(client, |_| ())
    }

    /// The same with further settings.
    fn connector_with(
        &self,
        client: Option<&Pair>,
        change: impl FnOnce(&mut openssl::ssl::SslConnectorBuilder),
    ) -> SslConnector {
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        builder
            .cert_store_mut()
            .add_cert(self.root.certificate.clone())
            .unwrap();
        if let Some(client) = client {
            builder.set_certificate(&client.certificate).unwrap();
            builder.set_private_key(&client.key).unwrap();
        }
        change(&mut builder);
        builder.build()
    }
}

fn open(stage: &Stage) -> Result<Server, ServeError> {
    let listeners = Listeners::bind(&stage.site.config.listen)?;
    serve(Arc::clone(&stage.site), listeners)
}

fn generation(root: &Pair) -> Authority {
    Authority {
        generation: 1,
        certificate_der: root.certificate.to_der().unwrap(),
        subject: "CN=root".to_owned(),
        not_before: morning(),
        not_after: morning() + TimeDelta::days(30),
        crl_number: 0,
        status: "active".to_owned(),
        created_at: morning(),
    }
}

fn ask(mut stream: impl Read + Write, path: &str) -> std::io::Result<String> {
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    )?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    Ok(String::from_utf8_lossy(&reply).into_owned())
}

fn connect(connector: &SslConnector, address: SocketAddr) -> Result<SslStream<TcpStream>, String> {
    let stream = TcpStream::connect(address).unwrap();
    connector
        .connect("localhost", stream)
        .map_err(|error| error.to_string())
}

/// With TLS 1.3 a client learns only while reading that it was refused.
fn get(connector: &SslConnector, address: SocketAddr, path: &str) -> Result<String, String> {
    let reply = ask(connect(connector, address)?, path).map_err(|error| error.to_string())?;
    if reply.is_empty() {
        Err("closed".to_owned())
    } else {
        Ok(reply)
    }
}

#[test]
fn applicants_come_in_without_a_certificate_and_plain_http_sends_them_there() {
    let house = House::new();
    let server = house.open();
    let top = get(&house.connector(None), server.addresses.https.unwrap(), "/").unwrap();
    assert!(
        top.starts_with("HTTP/1.1 200") && top.contains("認証局証明書のダウンロード"),
        "{top}"
    );
    let plain = |path| {
        ask(
            TcpStream::connect(server.addresses.http.unwrap()).unwrap(),
            path,
        )
        .unwrap()
        .to_lowercase()
    };
    let sent_on = plain("/service/login?x=1");
    assert!(sent_on.starts_with("http/1.1 308"), "{sent_on}");
    assert!(
        sent_on.contains("location: https://localhost:8443/service/login?x=1"),
        "{sent_on}"
    );
    let root = plain("/ca.crt");
    assert!(
        root.contains("content-type: application/x-x509-ca-cert"),
        "{root}"
    );
    assert!(plain("/ca.pem").contains("-----begin certificate-----"));
    assert!(plain("/readyz").ends_with("ready\n"));
    assert!(!plain("/help").contains("strict-transport-security"));
    let console = get(
        &house.connector(None),
        server.addresses.https.unwrap(),
        "/console",
    )
    .unwrap();
    assert!(
        console.starts_with("HTTP/1.1 404"),
        "the console is not on the applicants' port: {console}"
    );
    server.stop();
}

#[test]
fn the_console_opens_to_our_own_certificates_alone() {
    let house = House::new();
    let server = house.open();
    let console = server.addresses.console.unwrap();
    assert!(
        get(&house.connector(None), console, "/").is_err(),
        "no certificate"
    );
    let ours = pair("operator", Some(&house.root), true);
    assert!(
        get(&house.connector(Some(&ours)), console, "/")
            .unwrap()
            .starts_with("HTTP/1.1")
    );
    let others = pair("operator", Some(&pair("root", None, false)), true);
    assert!(
        get(&house.connector(Some(&others)), console, "/").is_err(),
        "a CA of the same name"
    );
    let for_servers = pair("operator", Some(&house.root), false);
    assert!(
        get(&house.connector(Some(&for_servers)), console, "/").is_err(),
        "not for clients"
    );
}

#[test]
fn tls_is_1_2_or_newer_and_takes_the_hybrid_key_exchange() {
    let house = House::new();
    let server = house.open();
    let with = |change: &dyn Fn(&mut openssl::ssl::SslConnectorBuilder)| {
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        builder
            .cert_store_mut()
            .add_cert(house.root.certificate.clone())
            .unwrap();
        change(&mut builder);
        get(
            &builder.build(),
            server.addresses.https.unwrap(),
            "/healthz",
        )
    };
    assert!(with(&|b| b.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap()).is_ok());
    let old = with(&|b| {
        b.set_min_proto_version(Some(SslVersion::TLS1)).unwrap();
        b.set_max_proto_version(Some(SslVersion::TLS1_1)).unwrap();
        b.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
    });
    assert!(old.is_err());
    assert!(
        with(&|b| b.set_groups_list("X25519MLKEM768").unwrap()).is_ok(),
        "the hybrid alone"
    );
}

#[test]
fn what_is_missing_is_named_before_anything_is_served() {
    let house = House::new();
    let key = house.stage.folder().join("tls/server.key");
    std::fs::rename(&key, key.with_extension("away")).unwrap();
    let error = open(&house.stage).unwrap_err().to_string();
    assert!(
        error.contains("server.key") && error.contains("ca-cli certificate issue-server"),
        "{error}"
    );
    let other = pair("other", None, false);
    std::fs::write(&key, other.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let error = open(&house.stage).unwrap_err().to_string();
    assert!(error.contains("server.key"), "{error}");
}

#[test]
fn a_second_server_on_the_same_port_is_told_what_to_do_and_the_first_goes_on() {
    let house = House::new();
    let server = house.open();
    let second = Stage::with(|config| config.listen.http = server.addresses.http.into());
    let error = open(&second).unwrap_err().to_string();
    assert!(
        error.contains("in use") && error.contains("[listen] http"),
        "{error}"
    );
    assert!(
        get(
            &house.connector(None),
            server.addresses.https.unwrap(),
            "/healthz"
        )
        .unwrap()
        .ends_with("ok\n")
    );
    let address = server.addresses.https.unwrap();
    server.stop();
    assert!(TcpStream::connect(address).is_err(), "stopped is stopped");
}
