//! An operator at the console: a client certificate and a password of their own.

use crate::page::{Form, Page};
use crate::program;
use crate::service::Service;
use crate::site::{Arriving, Visitor, arriving};
use openssl::pkcs12::Pkcs12;
use std::path::PathBuf;

/// The password of our operators: it opens the PKCS#12 and logs in at the console.
pub const PASSWORD: &str = "Tsubaki-2026-ume";

/// An operator who was added by `ca-cli operator add`.
pub struct Operator {
    /// The login name.
    pub name: String,
    /// The PKCS#12 that staff hands over.
    pub file: PathBuf,
    console: String,
    root_pem: String,
}

impl Operator {
    /// Adds one.
    pub fn add(service: &Service, name: &str) -> Self {
        Self::add_with(service, name, &[])
    }

    /// Adds one with further options of the command.
    pub fn add_with(service: &Service, name: &str, options: &[&str]) -> Self {
        let file = service.folder().join(&format!("{name}.p12"));
        let word = service
            .folder()
            .write(&format!("{name}.password"), format!("{PASSWORD}\n"));
        let mut command =
            service.command(&["operator", "add", name, "--display-name", "鈴木 花子"]);
        command
            .arg("--password-file")
            .arg(&word)
            .arg("--out")
            .arg(&file)
            .args(options);
        program::run(&mut command).ok();
        Self::known(service, name)
    }

    /// One who was added before.
    pub fn known(service: &Service, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            file: service.folder().join(&format!("{name}.p12")),
            console: service.console(),
            root_pem: service.root_pem(),
        }
    }

    /// The operator's browser, with the certificate imported.
    pub fn visitor(&self) -> Visitor {
        self.arriving_at(&self.console).visitor()
    }

    /// The same browser at another address.
    pub fn arriving_at(&self, base: &str) -> Arriving {
        let bytes = std::fs::read(&self.file).expect("the operator's PKCS#12");
        let parsed = Pkcs12::from_der(&bytes)
            .expect("DER")
            .parse2(PASSWORD)
            .expect("its password");
        let pem = |certificate: &openssl::x509::X509| {
            String::from_utf8(certificate.to_pem().expect("PEM")).expect("PEM is ASCII")
        };
        let own = parsed.cert.expect("a certificate");
        let mut chain = vec![pem(&own)];
        chain.extend(parsed.ca.into_iter().flatten().map(|other| pem(&other)));
        let key = parsed
            .pkey
            .expect("a key")
            .private_key_to_pem_pkcs8()
            .expect("PEM");
        let key = String::from_utf8(key).expect("PEM is ASCII");
        arriving(base, &self.root_pem).with_certificate(chain, key)
    }

    /// Logs in at the console.
    pub fn log_in(&self, visitor: &Visitor) -> Page {
        self.log_in_with(visitor, PASSWORD)
    }

    /// The same with whatever is typed.
    pub fn log_in_with(&self, visitor: &Visitor, password: &str) -> Page {
        let form = visitor.open("/console/login").form("ログイン");
        form.fill("担当者名", &self.name)
            .fill("パスワード", password)
            .send(visitor)
    }

    /// A browser that is logged in.
    pub fn signed_in(&self) -> Visitor {
        let visitor = self.visitor();
        self.log_in(&visitor).shows(&["概況"]);
        visitor
    }

    /// Approves every request that waits.
    pub fn approve_all(&self) -> Page {
        let visitor = self.signed_in();
        let queue = visitor.open("/console/requests");
        picked(&queue, "承認する").send(&visitor)
    }

    /// Rejects every request that waits, for that reason.
    pub fn reject_all(&self, reason: &str) -> Page {
        let visitor = self.signed_in();
        let queue = visitor.open("/console/requests");
        let page = picked(&queue, "却下する").send(&visitor);
        page.form("却下する")
            .fill("却下の理由", reason)
            .send(&visitor)
    }
}

/// The form of the queue with every box ticked.
pub fn picked(queue: &Page, button: &str) -> Form {
    let boxes = queue.attributes("input[type=checkbox]", "value");
    assert!(!boxes.is_empty(), "nothing to decide:\n{}", queue.text());
    boxes.iter().fold(queue.form(button), |form, value| {
        form.add("chosen[]", value)
    })
}
