//! Applicants and an operator who use the flows themselves, without pages: many, quick, by a clock of the test's.

use ca_core::config::{Config, Profiles};
use ca_core::domain::account::{AccountField, AccountForm};
use ca_core::domain::approval::ApprovalKey;
use ca_core::domain::certificate::{CertificateStatus, IntentState, Purpose};
use ca_core::domain::profile::{Profile, ProfileName};
use ca_core::domain::random::{self, OsRandom};
use ca_core::domain::reissue::{Lost, ReissueApplication, ReissueId};
use ca_core::domain::request::{RequestId, RequestState};
use ca_core::domain::seal::{SealingKey, seal};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::session::{Audience, Stage};
use ca_core::domain::time::Clock;
use ca_core::domain::user_id::Classes;
use ca_core::flow::accept_reissue::{Acceptance, ReissueDecision, accept_reissue};
use ca_core::flow::approve_requests::{Decision, Seen, approve_requests, digest_of};
use ca_core::flow::reject_requests::{Rejection, reject_requests};
use ca_core::flow::submit_request::{SubmitError, Submitted, submit_request};
use ca_core::store::account::{self, Account};
use ca_core::store::certificate::{self, Certificate};
use ca_core::store::intent::{self, Intent};
use ca_core::store::operator::{self, NewOperator, Operator};
use ca_core::store::request::{self, Request};
use ca_core::store::session::{self, Session};
use ca_core::store::{Store, StoreResult, authority, reissue};
use ca_worker::worker::Worker;
use chrono::DateTime;
use std::sync::Arc;

/// The site's name in Message-IDs.
pub const HOST: &str = "ca.example.jp";
/// The issuance password of every office here.
pub const PASSWORD: &str = "Ab3dEf-7gHjK-mN9pQ";

/// Both sides of the desk.
pub struct Desk {
    /// The database.
    pub store: Store,
    /// Who decides.
    pub operator: Operator,
    approval_key: ApprovalKey,
    clock: Arc<dyn Clock>,
    sealing_key: SealingKey,
    client: Profile,
}

impl Desk {
    /// A desk before a database that has a root.
    pub fn open(store: Store, clock: Arc<dyn Clock>, approval_key: ApprovalKey) -> Self {
        let key = store.read(authority::current_sealing_key);
        let profiles = Profiles::load(&Config::default()).expect("the built-in profiles");
        Self {
            operator: an_operator(&store, clock.as_ref()),
            approval_key,
            sealing_key: key.expect("a database").expect("a sealing key"),
            client: profiles.get(ProfileName::Client).clone(),
            store,
            clock,
        }
    }

    /// A desk before the database that this worker works in.
    pub fn beside(worker: &Worker) -> Self {
        let (store, clock) = (worker.store.clone(), worker.clock.clone());
        Self::open(store, clock, worker.approval_key.clone())
    }

    /// Registers an office.
    pub fn office(&self, number: u32) -> Account {
        let mut form = AccountForm::default();
        form.set(AccountField::UserId, format!("KJ{number:010}"));
        form.set(AccountField::Name, "ひまわり介護センター");
        form.set(AccountField::PostalCode, "530-0001");
        form.set(AccountField::Address1, "大阪府大阪市北区梅田1-2-3");
        form.set(AccountField::MailAddress, "office@example.jp");
        let details = form.check(&Classes::default()).expect("an office's form");
        let id = &details.user_id;
        let found: StoreResult<_> = self.store.transaction(|db| {
            account::insert(db, &details, "sato", self.clock.now())?;
            account::find(db, id)
        });
        found.expect("a database").expect("the office")
    }

    /// A session of the office behind both gates, with the password sealed for one request.
    pub fn session(&self, office: &Account) -> Session {
        let now = self.clock.now();
        let id = RequestId::draw(now, &OsRandom);
        let sealed = seal(&PASSWORD.into(), &self.sealing_key, &id, &office.user_id);
        let sealed = sealed.expect("a sealed password");
        let session = Session {
            id_hash: hex(&random::bytes::<32>(&OsRandom)),
            audience: Audience::Applicant,
            account_id: Some(office.id),
            operator_id: None,
            certificate_serial: None,
            reference_account_id: None,
            stage: Stage::GatePassed,
            draft_request_id: Some(id),
            draft_key_id: Some(sealed.key_id),
            draft_sealed_password: Some(sealed.bytes),
            created_at: now,
            last_seen_at: now,
            ends_at: now + chrono::Duration::hours(8),
        };
        let stored = self.store.transaction(|db| session::insert(db, &session));
        stored.expect("a session");
        session
    }

    /// Sends the form, perhaps again.
    pub fn submit(&self, session: &Session) -> Result<Request, SubmitError> {
        let now = self.clock.now();
        match submit_request(&self.store, now, session, &self.client, None)? {
            Submitted::New(request) | Submitted::AlreadyOpen(request) => Ok(*request),
        }
    }

    /// Says yes to what is asked for.
    pub fn approve(&self, request: &Request) -> StoreResult<Decision> {
        let account = self
            .store
            .read(|db| account::load(db, request.account_id))?;
        let digest = digest_of(request, &account).expect("a request with its password");
        let seen = Seen {
            request_id: request.id.clone(),
            digest,
        };
        let now = self.clock.now();
        let mut decided = approve_requests(
            &self.store,
            &self.approval_key,
            now,
            &self.operator,
            &[seen],
        )?;
        Ok(decided.remove(0).1)
    }

    /// Says no.
    pub fn reject(&self, request: &Request) -> StoreResult<Decision> {
        let now = self.clock.now();
        let ids = [request.id.clone()];
        let rejection = Rejection {
            reason: "住所が違います",
            host: HOST,
        };
        let decided =
            reject_requests(&self.store, &OsRandom, now, &self.operator, &ids, rejection)?;
        Ok(decided.into_iter().next().expect("one decision").1)
    }

    /// A request of a new office, approved, with nothing in its way.
    pub fn approved(&self, number: u32) -> Request {
        let session = self.session(&self.office(number));
        let request = self.submit(&session).expect("a request");
        assert_eq!(self.approve(&request).expect("a database"), Decision::Done);
        request
    }

    /// A reissue application of the office, waiting for an operator.
    pub fn lost_letter(&self, office: &Account) -> ReissueId {
        let id = ReissueId::draw(self.clock.now(), &OsRandom);
        let application = ReissueApplication {
            user_id: office.user_id.clone(),
            folded: false,
            office_name: office.name.clone(),
            person: "山田 太郎".into(),
            telephone: "06-1234-5678".into(),
            mail_address: None,
            lost: Lost::Letter,
            detail: None,
        };
        let now = self.clock.now();
        let insert = |db: &mut _| reissue::insert(db, &id, &application, "127.0.0.1", now);
        assert!(self.store.transaction(insert).expect("an application"));
        id
    }

    /// Accepts a reissue application.
    pub fn reissue(&self, id: &ReissueId) -> StoreResult<ReissueDecision> {
        let acceptance = Acceptance {
            note: None,
            host: HOST,
        };
        let now = self.clock.now();
        accept_reissue(&self.store, &OsRandom, now, &self.operator, id, acceptance)
    }

    /// Where a request stands.
    pub fn state(&self, request: &Request) -> RequestState {
        let found = self.store.read(|db| request::find(db, &request.id));
        found.expect("a database").expect("the request").state
    }

    /// The certificates of an office, newest first.
    pub fn certificates(&self, account_id: i64) -> Vec<Certificate> {
        let found = self
            .store
            .read(|db| certificate::of_account(db, account_id));
        found.expect("a database")
    }
}

fn an_operator(store: &Store, clock: &dyn Clock) -> Operator {
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom);
    let (intent, certificate) = of_an_operator(serial, clock);
    let new = NewOperator {
        name: "desk",
        display_name: "窓口",
        password_hash: "none",
        own_user_id: None,
        certificate_serial: serial,
        certificate_spki_sha256: "ab",
    };
    let inserted: StoreResult<()> = store.transaction(|db| {
        intent::insert(db, &[intent])?;
        intent::settle(db, &[serial], clock.now())?;
        certificate::insert(db, &[certificate])?;
        operator::insert(db, &new, clock.now())
    });
    inserted.expect("an operator");
    let found = store.read(|db| operator::find(db, "desk"));
    found.expect("a database").expect("the operator")
}

/// The rows of a certificate whose bytes nobody looks at.
fn of_an_operator(serial: SerialNumber, clock: &dyn Clock) -> (Intent, Certificate) {
    let now = clock.now();
    let intent = Intent {
        serial,
        purpose: Purpose::Operator,
        generation: 1,
        request_id: None,
        fence: 0,
        tbs_sha256: serial.to_hex(),
        profile_sha256: "none".into(),
        state: IntentState::Intended,
        recorded_at: now,
        settled_at: None,
    };
    let certificate = Certificate {
        serial,
        purpose: Purpose::Operator,
        generation: 1,
        request_id: None,
        account_id: None,
        subject: "CN=desk".into(),
        not_before: now - chrono::Duration::days(1),
        not_after: now + chrono::Duration::days(2_000),
        certificate_der: serial.as_bytes().to_vec(),
        spki_sha256: "ab".into(),
        sha1_thumbprint: serial.to_hex(),
        pkcs12: None,
        issued_at: now,
        status: CertificateStatus::Valid,
        revoked_at: None,
        revocation_reason: None,
        download_count: 0,
        first_downloaded_at: None,
        last_downloaded_at: None,
        installed_at: None,
        first_portal_login_at: None,
    };
    (intent, certificate)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
