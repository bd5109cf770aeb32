//! An office that has its certificate: at the portal, by the labels that the manual tells people to click.

use crate::applicant::Applicant;
use crate::page::Page;
use crate::service::Service;
use crate::site::{Arriving, Visitor, arriving};
use openssl::pkcs12::Pkcs12;
use openssl::x509::X509;
use std::path::PathBuf;

/// An office with an own login password and a downloaded certificate.
pub struct Member {
    /// The clerk, with the letter; the login password is the chosen one.
    pub applicant: Applicant,
    /// The downloaded PKCS#12, which the issuance password opens.
    pub file: PathBuf,
    portal: String,
    root_pem: String,
}

impl Service {
    /// So many offices with certificates, by the applicants' pages, an operator and a worker. The site must run.
    pub fn members(&mut self, count: usize) -> Vec<Member> {
        let mut offices = self.offices(count);
        for office in &mut offices {
            office.apply_first();
            // The browser was closed meanwhile.
            office.visitor = self.visitor();
        }
        self.operator("issuer").approve_all();
        self.work_once().ok();
        offices
            .into_iter()
            .map(|applicant| Member::download(self, applicant))
            .collect()
    }

    /// One of them.
    ///
    /// # Panics
    /// When the service gives none.
    pub fn member(&mut self) -> Member {
        self.members(1).pop().expect("one office")
    }
}

impl Member {
    /// Somebody whose certificate has been issued downloads it, as often as wanted.
    pub fn download(service: &Service, mut applicant: Applicant) -> Self {
        let name = format!("Cert{}.p12", applicant.letter.user_id);
        let bytes = applicant.download().body;
        applicant.visitor = service.visitor();
        let file = service.folder().write(&name, bytes);
        Self {
            applicant,
            file,
            portal: service.portal(),
            root_pem: service.root_pem(),
        }
    }

    /// The same office where the portal is reached by another address.
    #[must_use]
    pub fn moved_to(mut self, portal: &str) -> Self {
        self.portal = portal.to_owned();
        self
    }

    /// The user ID.
    pub fn user_id(&self) -> &str {
        &self.applicant.letter.user_id
    }

    /// The certificate.
    pub fn certificate(&self) -> X509 {
        self.opened().0
    }

    /// Its serial number, as the product writes it.
    pub fn serial(&self) -> String {
        let number = self.certificate().serial_number().to_bn();
        let digits = number.and_then(|number| number.to_hex_str());
        digits.expect("a number").to_lowercase()
    }

    /// Certificate and key as one PEM file, for tools.
    pub fn pem_file(&self, service: &Service) -> PathBuf {
        let (certificate, key) = self.opened();
        let pem = String::from_utf8(certificate.to_pem().expect("PEM")).expect("ASCII");
        service.folder().write("member.pem", pem + &key)
    }

    /// A browser at the portal with the certificate imported, for a test to finish.
    pub fn arriving(&self) -> Arriving {
        let (certificate, key) = self.opened();
        let pem = String::from_utf8(certificate.to_pem().expect("PEM")).expect("ASCII");
        arriving(&self.portal, &self.root_pem).with_certificate(vec![pem], key)
    }

    /// A browser at the portal with the certificate imported.
    pub fn visitor(&self) -> Visitor {
        self.arriving().visitor()
    }

    /// Logs in at the portal.
    pub fn log_in(&self, visitor: &Visitor) -> Page {
        self.log_in_with(
            visitor,
            self.user_id(),
            &self.applicant.letter.login_password,
        )
    }

    /// The same with whatever is typed.
    pub fn log_in_with(&self, visitor: &Visitor, user_id: &str, password: &str) -> Page {
        let form = visitor.open("/portal/login").form("ログイン");
        form.fill("ユーザＩＤ", user_id)
            .fill("パスワード", password)
            .send(visitor)
    }

    /// A browser that is logged in.
    pub fn signed_in(&self) -> Visitor {
        let visitor = self.visitor();
        self.log_in(&visitor).shows(&["ポータル", "ログアウト"]);
        visitor
    }

    fn opened(&self) -> (X509, String) {
        let bytes = std::fs::read(&self.file).expect("the PKCS#12");
        let parsed = Pkcs12::from_der(&bytes)
            .expect("DER")
            .parse2(&self.applicant.letter.issuance_password)
            .expect("the issuance password opens it");
        let key = parsed.pkey.expect("a key").private_key_to_pem_pkcs8();
        let key = String::from_utf8(key.expect("PEM")).expect("ASCII");
        (parsed.cert.expect("a certificate"), key)
    }
}
