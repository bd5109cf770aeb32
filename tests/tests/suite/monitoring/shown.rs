//! The end of the site's certificate that is measured is the end of the one that browsers see.

use chrono::Utc;
use inkan_tests::database::Engine;
use inkan_tests::port;
use inkan_tests::program::tool;
use inkan_tests::service::Service;
use openssl::asn1::Asn1Time;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::X509;
use std::fs::copy;
use std::net::TcpStream;
use std::path::{Path, PathBuf};

/// Days until a certificate ends.
fn days_of(certificate: &X509) -> f64 {
    let now = Asn1Time::from_unix(Utc::now().timestamp()).expect("an instant");
    let left = now.diff(certificate.not_after()).expect("a length of time");
    f64::from(left.days) + f64::from(left.secs) / 86_400.0
}

fn days_in(file: &Path) -> f64 {
    let pem = std::fs::read(file).expect("a certificate");
    days_of(&X509::from_pem(&pem).expect("a certificate"))
}

/// Days until the certificate ends that a browser is shown at an address.
fn days_shown(address: &str) -> f64 {
    let host = address.trim_start_matches("https://");
    let mut connector = SslConnector::builder(SslMethod::tls()).expect("TLS");
    connector.set_verify(SslVerifyMode::NONE);
    let stream = TcpStream::connect(host).expect("a connection");
    let settings = connector.build().configure().expect("settings");
    let settings = settings.verify_hostname(false);
    let connection = settings.connect("localhost", stream).expect("a handshake");
    days_of(&connection.ssl().peer_certificate().expect("a certificate"))
}

/// A service whose site is measured at a port.
struct Measured {
    service: Service,
    port: u16,
}

impl Measured {
    /// The files of a certificate and its key: `data/tls/server` are the site's.
    fn files(&self, name: &str) -> [PathBuf; 2] {
        ["crt", "key"].map(|end| self.service.folder().join(&format!("{name}.{end}")))
    }

    /// Has a certificate issued under a clock of so many days, into files that the site does not know.
    fn issue(&mut self, days: i64, name: &str) {
        self.service.set_clock(days);
        let [certificate, key] = self.files(name);
        let mut command = self.service.command(&["certificate", "issue-server"]);
        command.env("INKAN__TLS__CERTIFICATE", certificate);
        command.env("INKAN__TLS__KEY", key);
        inkan_tests::program::run(&mut command).ok();
        self.service.set_clock(0);
    }

    /// Puts one of these files (0 the certificate, 1 the key) into the site's place.
    fn put(&self, name: &str, which: usize) {
        copy(
            &self.files(name)[which],
            &self.files("data/tls/server")[which],
        )
        .expect("a copy");
    }

    /// Whether both listeners show the certificate of that name. Whatever they show is what they say.
    fn all_show(&self, name: &str) -> bool {
        let samples = self.service.measured(self.port);
        let wanted = days_in(&self.files(name)[0]);
        let near = |days: f64| (days - wanted).abs() < 0.5;
        let listeners = [
            ("https", self.service.site()),
            ("portal", self.service.portal()),
        ];
        listeners.into_iter().all(|(listener, address)| {
            let sample = format!(
                "inkan_certificate_time_to_expiry_seconds{{purpose=\"server\",listener=\"{listener}\"}}"
            );
            let measured = samples[&sample] / 86_400.0;
            // Shown after it was measured: what is measured as new is never shown as old.
            near(measured) && near(days_shown(&address))
        })
    }
}

#[test]
fn a_new_certificate_counts_when_it_is_shown_and_not_when_it_is_issued() {
    let [port] = port::free::<1>();
    let service = Service::set_up_at(-9, Engine::Sqlite);
    service.configure(&format!("listen.metrics = \"127.0.0.1:{port}\""));
    let mut measured = Measured { service, port };
    measured.issue(-9, "old");
    (0..2).for_each(|which| measured.put("old", which));
    let mut site = measured.service.start_site();
    site.until_it_listens(port);
    assert!(measured.all_show("old"));

    // Recorded, and shown nowhere.
    measured.issue(0, "new");
    let days = ["new", "old"].map(|name| days_in(&measured.files(name)[0]));
    assert!(days[0] > days[1] + 8.0, "{days:?}");
    assert!(measured.all_show("old"));

    // In its place without its key: somebody is in the middle of replacing both, or forgot one.
    measured.put("new", 0);
    site.until_it_says("TLS goes on with the certificates it has");
    assert!(measured.all_show("old"));
    measured.put("new", 1);
    site.until("the new certificate", || {
        measured.all_show("new").then_some(())
    });

    // Of another authority: nothing about it is recorded anywhere.
    let [certificate, key] = measured
        .files("foreign")
        .map(|file| file.display().to_string());
    let request = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ];
    let names = ["-nodes", "-subj", "/CN=localhost", "-days", "5"];
    let out = ["-keyout", &key, "-out", &certificate];
    tool("openssl", [&request[..], &names, &out].concat()).ok();
    (0..2).for_each(|which| measured.put("foreign", which));
    site.until("the foreign certificate", || {
        measured.all_show("foreign").then_some(())
    });
    assert!(site.stop().success(), "{}", site.said());
}
