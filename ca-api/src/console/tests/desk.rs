//! A small office for one test: a root, operators with certificates, accounts, requests in any state.

use ca_core::domain::account::{AccountField, AccountForm};
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::audit_act::AuditAct;
use ca_core::domain::certificate::{CertificateStatus, IntentState, Purpose};
use ca_core::domain::password::{PasswordCost, PasswordHash};
use ca_core::domain::random::OsRandom;
use ca_core::domain::request::{RequestEvent, RequestId, RequestKind};
use ca_core::domain::seal::{SealedPassword, SealingKey};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::user_id::UserId;
use ca_core::flow::approve_requests::digest_of;
use ca_core::flow::record_authority::record_authority;
use ca_core::store::account::{self, Account};
use ca_core::store::audit::{self, Record};
use ca_core::store::authority::Authority;
use ca_core::store::certificate::{self, Certificate};
use ca_core::store::intent::{self, Intent};
use ca_core::store::operator::{self, NewOperator, Operator};
use ca_core::store::request::{self, Change, NewRequest, Request};
use ca_core::store::{Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use openssl::x509::X509;

use super::paper;
use crate::server::PeerCertificate;
use crate::stage::{Stage, morning};

pub(super) const PASSWORD: &str = "Correct-Horse-7";

pub(super) struct Desk {
    pub stage: Stage,
}

/// An operator with the certificate that the browser holds.
pub(super) struct Person {
    pub name: String,
    pub certificate: X509,
}

impl Person {
    pub fn peer(&self) -> PeerCertificate {
        PeerCertificate(self.certificate.clone())
    }
}

impl Desk {
    /// A root, and nobody yet.
    pub fn new() -> Self {
        let desk = Self {
            stage: Stage::new(),
        };
        let root = paper::certificate(
            "Inkan 認証局 G1",
            SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom),
        );
        let root = Authority {
            generation: 1,
            certificate_der: root.to_der().unwrap(),
            subject: "CN=Inkan 認証局 G1, O=国民健康保険団体連合会".to_owned(),
            not_before: morning() - TimeDelta::days(100),
            not_after: morning() + TimeDelta::days(7_000),
            crl_number: 1,
            status: "active".to_owned(),
            created_at: morning(),
        };
        let key = SealingKey {
            id: "k1".to_owned(),
            public_key: vec![7; 32],
        };
        record_authority(desk.store(), &staff("sato"), &root, &key).unwrap();
        desk
    }

    pub fn store(&self) -> &Store {
        &self.stage.site.store
    }

    /// An active operator with a valid certificate.
    pub fn operator(&self, name: &str) -> Person {
        self.operator_with(name, None, CertificateStatus::Valid)
    }

    pub fn operator_with(
        &self,
        name: &str,
        own_user_id: Option<&UserId>,
        status: CertificateStatus,
    ) -> Person {
        let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom);
        let certificate = paper::certificate(name, serial);
        let spki = paper::spki_sha256(&certificate);
        let mut row = self.certificate_row(serial, Purpose::Operator, &certificate);
        row.status = status;
        row.spki_sha256.clone_from(&spki);
        let cost = PasswordCost {
            memory_kib: 8,
            iterations: 1,
        };
        let hash = PasswordHash::of(&PASSWORD.into(), cost, &OsRandom).unwrap();
        let new = NewOperator {
            name,
            display_name: "鈴木 花子",
            password_hash: hash.as_str(),
            own_user_id,
            certificate_serial: serial,
            certificate_spki_sha256: &spki,
        };
        self.record(&row);
        let store = self.store();
        store
            .transaction(|db| operator::insert(db, &new, morning()))
            .unwrap();
        Person {
            name: name.to_owned(),
            certificate,
        }
    }

    pub fn operator_row(&self, person: &Person) -> Operator {
        let found = self.store().read(|db| operator::find(db, &person.name));
        found.unwrap().unwrap()
    }

    /// An account that `by` registered; without a mail address or with community support where the name says so.
    pub fn account(&self, user_id: &str, name: &str, by: &str) -> UserId {
        let mut form = AccountForm::default();
        form.set(AccountField::UserId, user_id);
        form.set(AccountField::Name, name);
        form.set(AccountField::PostalCode, "530-0001");
        form.set(AccountField::Address1, "大阪府大阪市北区梅田1-2-3");
        if !name.contains("メールなし") {
            form.set(AccountField::MailAddress, "office@example.jp");
        }
        if name.contains("地域生活支援") {
            form.set(AccountField::CommunitySupport, "yes");
        }
        let details = form.check(&self.stage.site.classes).unwrap();
        let store = self.store();
        store
            .transaction(|db| account::insert(db, &details, by, morning()))
            .unwrap();
        details.user_id
    }

    pub fn account_row(&self, user_id: &UserId) -> Account {
        let found = self.store().read(|db| account::find(db, user_id));
        found.unwrap().unwrap()
    }

    /// A pending request, sent so many hours before the morning.
    pub fn request(&self, user_id: &UserId, kind: RequestKind, hours: i64) -> Request {
        let subject = self.stage.site.profile.subject_of(user_id.as_str());
        self.request_for(user_id, kind, hours, &subject.unwrap().to_string())
    }

    /// The same with a subject of one's own.
    pub fn request_for(
        &self,
        user_id: &UserId,
        kind: RequestKind,
        hours: i64,
        subject: &str,
    ) -> Request {
        let at = morning() - TimeDelta::hours(hours);
        let id = RequestId::draw(at, &OsRandom);
        let account = self.account_row(user_id);
        let sealed = SealedPassword {
            key_id: "k1".to_owned(),
            bytes: vec![1, 2, 3],
        };
        let new = NewRequest {
            id: &id,
            account_id: account.id,
            kind,
            profile: "client",
            subject,
            sealed: &sealed,
            submitted_at: at,
            promised_at: Some(at + TimeDelta::hours(31)),
        };
        let act = Act::new(Actor::Applicant(user_id.clone()), at);
        self.commit(&act, Some(AuditAct::RequestSubmit), &id, |db| {
            request::insert(db, &new)
        });
        self.request_row(&id)
    }

    /// Moves a request and writes it down, as flows do.
    pub fn advance(
        &self,
        request: &Request,
        event: RequestEvent,
        verb: Option<AuditAct>,
    ) -> Request {
        let held = self.request_row(&request.id);
        let failed = event == RequestEvent::Park;
        let change = Change {
            failure: failed.then(|| "the linter refused the subject".to_owned()),
            ..Change::default()
        };
        let actor = match event {
            RequestEvent::Approve => Actor::Operator("tanaka".to_owned()),
            RequestEvent::Withdraw => Actor::Applicant(self.user_id_of(request)),
            _ => Actor::Worker("worker-1".to_owned()),
        };
        self.commit(&Act::new(actor, morning()), verb, &request.id, |db| {
            request::advance(db, &held, event, &change, morning())
        });
        self.request_row(&request.id)
    }

    fn user_id_of(&self, request: &Request) -> UserId {
        let load = |db: &mut _| account::load(db, request.account_id);
        self.store().read(load).unwrap().user_id
    }

    pub fn request_row(&self, id: &RequestId) -> Request {
        let found = self.store().read(|db| request::find(db, id));
        found.unwrap().unwrap()
    }

    /// What the queue's box of this request sends.
    pub fn pick(&self, request: &Request) -> String {
        let load = |db: &mut _| account::load(db, request.account_id);
        let account = self.store().read(load).unwrap();
        format!("{}.{}", request.id, digest_of(request, &account).unwrap())
    }

    /// A client certificate that the account got `days` ago; `key_bits` of RSA, or P-256.
    pub fn issued(&self, user_id: &UserId, request: Option<&Request>, days: i64, rsa: bool) {
        let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom);
        let certificate = match rsa {
            true => paper::rsa_certificate(user_id.as_str(), serial),
            false => paper::certificate(user_id.as_str(), serial),
        };
        let mut row = self.certificate_row(serial, Purpose::Client, &certificate);
        row.account_id = Some(self.account_row(user_id).id);
        row.request_id = request.map(|request| request.id.clone());
        row.subject = format!("CN={user_id}, O=電子請求受付センター");
        row.issued_at = morning() - TimeDelta::days(days);
        row.not_before = row.issued_at;
        row.not_after = row.issued_at + TimeDelta::days(1_096) - TimeDelta::seconds(1);
        self.record(&row);
    }

    fn certificate_row(&self, serial: SerialNumber, purpose: Purpose, x509: &X509) -> Certificate {
        Certificate {
            serial,
            purpose,
            generation: 1,
            request_id: None,
            account_id: None,
            subject: String::new(),
            not_before: morning() - TimeDelta::days(1),
            not_after: morning() + TimeDelta::days(1_000),
            certificate_der: x509.to_der().unwrap(),
            spki_sha256: paper::spki_sha256(x509),
            sha1_thumbprint: "ef".repeat(20),
            pkcs12: None,
            issued_at: morning(),
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

    fn record(&self, row: &Certificate) {
        let intended = Intent {
            serial: row.serial,
            purpose: row.purpose,
            generation: 1,
            request_id: None,
            fence: 0,
            tbs_sha256: "aa".repeat(32),
            profile_sha256: "bb".repeat(32),
            state: IntentState::Intended,
            recorded_at: morning(),
            settled_at: None,
        };
        let record = self.store().transaction(|db| {
            intent::insert(db, &[intended])?;
            intent::settle(db, &[row.serial], morning())?;
            certificate::insert(db, std::slice::from_ref(row))
        });
        record.unwrap();
    }

    fn commit(
        &self,
        act: &Act,
        verb: Option<AuditAct>,
        id: &RequestId,
        work: impl FnOnce(&mut ca_core::store::Db) -> Result<(), StoreError>,
    ) {
        let done = self.store().transaction(|db| {
            work(db)?;
            // A claim is not audited: the intent and what comes of it are.
            let records = verb.map(|verb| Record::new(verb, format!("request:{id}")));
            audit::append(db, act, records.as_slice())
        });
        done.unwrap();
    }

    /// Verbs of the audit entries about a request, oldest first.
    pub fn acts(&self, id: &RequestId) -> Vec<(String, String)> {
        let about = |db: &mut _| audit::about(db, &format!("request:{id}"));
        let entries = self.store().read(about).unwrap().rows.into_iter();
        entries.map(|entry| (entry.actor, entry.act)).collect()
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.stage.site.clock.now()
    }
}

pub(super) fn staff(name: &str) -> Act {
    Act::new(Actor::Staff(name.to_owned()), morning())
}
