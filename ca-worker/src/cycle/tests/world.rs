//! A small world for one test: a database, a root in memory, an operator, offices with requests.
use std::sync::Arc;

use ca_core::config::Config;
use ca_core::domain::account::{AccountField, AccountForm};
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::approval::ApprovalKey;
use ca_core::domain::certificate::{CertificateStatus, IntentState, Purpose};
use ca_core::domain::profile::ProfileName;
use ca_core::domain::random::OsRandom;
use ca_core::domain::request::{RequestEvent, RequestId, RequestKind};
use ca_core::domain::seal::{SealedPassword, SealingKey, seal};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::time::{Clock, FixedClock};
use ca_core::domain::user_id::Classes;
use ca_core::flow::add_operator::add_operator;
use ca_core::flow::approve_requests::{Decision, Seen, approve_requests, digest_of};
use ca_core::flow::record_authority::record_authority;
use ca_core::flow::record_intents::record_intents;
use ca_core::store::account::{self, Account};
use ca_core::store::authority::Authority;
use ca_core::store::certificate::{self, Certificate};
use ca_core::store::intent::{self, Intent};
use ca_core::store::operator::{self, NewOperator, Operator};
use ca_core::store::request::{self, Change, NewRequest, Request};
use ca_core::store::{Db, Store, StoreError};
use chrono::DateTime;

use crate::authority::{Generation, OpenAuthority};
use crate::certificate::Issuer;
use crate::fixture::{self, morning, root};
use crate::journal::{Journal, JournalKey};
use crate::pkcs12::Iterations;
use crate::signer::{CountingSigner, FileSigner, PublicKey, Signer, SignerError};
use crate::unseal::{SealingKeyPair, Unsealer};
use crate::worker::Worker;

pub(super) const PASSWORD: &str = "Ab3dEf-7gHjK-mN9pQ";

pub(super) struct World {
    _folder: tempfile::TempDir,
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) clock: FixedClock,
    pub(super) signer: Arc<CountingSigner<FileSigner>>,
    root: Vec<u8>,
    sealing_key: SealingKey,
    sealing_file: std::path::PathBuf,
    pub(super) operator: Operator,
    pub(super) approval_key: ApprovalKey,
}

/// The counting signer, and what happens before each signature.
struct Happening<F> {
    signer: Arc<CountingSigner<FileSigner>>,
    happens: F,
}

impl<F: Fn(&[u8]) + Send + Sync> Signer for Happening<F> {
    fn public_key(&self) -> &PublicKey {
        self.signer.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        (self.happens)(message);
        self.signer.sign(message)
    }
}

/// An office, and what it asks for.
pub(super) struct Asked {
    pub(super) account: Account,
    pub(super) request: Request,
}

impl World {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.worker.jobs = 2;
        config.data.folder = folder.path().to_owned();
        let approval_key = fixture::approval_key(&config);
        let store = Store::migrate(&config.database, folder.path()).unwrap();
        let (issuer, signer) = root();
        let sealing = SealingKeyPair::generate(&OsRandom).unwrap();
        let sealing_file = folder.path().join("sealing.key");
        sealing
            .write(&sealing_file, &"correct horse battery".into(), &OsRandom)
            .unwrap();
        let act = Act::new(Actor::Staff("tanaka".into()), morning());
        record_authority(&store, &act, &row(&issuer), &sealing.public().unwrap()).unwrap();
        let operator = added_operator(&store, "suzuki");
        Self {
            _folder: folder,
            config,
            store,
            clock: FixedClock::new(morning()),
            signer: Arc::new(CountingSigner::new(signer)),
            root: issuer.certificate().to_vec(),
            sealing_key: sealing.public().unwrap(),
            sealing_file,
            operator,
            approval_key,
        }
    }

    /// A worker on the counting signer.
    pub(super) fn worker(&self) -> Worker {
        self.worker_with(Box::new(self.signer.clone()))
    }

    /// The same, and something happens before each signature.
    pub(super) fn worker_when_signing(
        &self,
        happens: impl Fn(&[u8]) + Send + Sync + 'static,
    ) -> Worker {
        let signer = self.signer.clone();
        self.worker_with(Box::new(Happening { signer, happens }))
    }

    fn sealing(&self) -> SealingKeyPair {
        SealingKeyPair::read(&self.sealing_file, &"correct horse battery".into()).unwrap()
    }

    /// The journal as another program of the machine opens it.
    pub(super) fn journal(&self) -> Journal {
        let key = JournalKey::of(&self.sealing()).unwrap();
        Journal::open(&self.config.journal_folder(), key).unwrap()
    }

    fn worker_with(&self, signer: Box<dyn Signer>) -> Worker {
        let sealing = self.sealing();
        let journal = self.journal();
        let issuer = Issuer::from_der(1, &self.root).unwrap();
        let authority = OpenAuthority::new(
            Generation { issuer, signer },
            Vec::new(),
            Unsealer::new(&[sealing]).unwrap(),
        );
        let authority = authority.with_journal(journal);
        let (clock, random) = (Arc::new(self.clock.clone()), Arc::new(OsRandom));
        let mut worker =
            Worker::new(&self.config, self.store.clone(), authority, clock, random).unwrap();
        worker.settings.iterations = Iterations::for_bench(16);
        worker
    }

    /// What the CA key signed for applicants: hashes of messages, in order. The OCSP responders' certificates, which
    /// have their intents too, are left out.
    pub(super) fn signed(&self) -> Vec<String> {
        let issued = |db: &mut Db| intent::list(db, IntentState::Issued);
        let intents: Vec<Intent> = self.store.read(issued).unwrap();
        let of_responder = |hash: &String| {
            let own = intents.iter().find(|intent| intent.tbs_sha256 == *hash);
            own.is_some_and(|intent| intent.purpose == Purpose::Ocsp)
        };
        let all = self.signer.signed().into_iter();
        all.filter(|hash| !of_responder(hash)).collect()
    }

    /// The mails that left, as files.
    pub(super) fn letters(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.config.data.folder.join("mail"));
        let text = |file: std::fs::DirEntry| std::fs::read_to_string(file.path()).unwrap();
        files
            .map(|files| files.map(|file| text(file.unwrap())).collect())
            .unwrap_or_default()
    }

    pub(super) fn root(&self) -> &[u8] {
        &self.root
    }

    pub(super) fn account(&self, number: u32, mail: Option<&str>) -> Account {
        let mut form = AccountForm::default();
        form.set(AccountField::UserId, format!("KJ{number:010}"));
        form.set(AccountField::Name, "ひまわり介護センター");
        form.set(AccountField::PostalCode, "530-0001");
        form.set(AccountField::Address1, "大阪府大阪市北区梅田1-2-3");
        form.set(AccountField::MailAddress, mail.unwrap_or(""));
        let details = form.check(&Classes::default()).unwrap();
        self.store
            .transaction(|db| account::insert(db, &details, "sato", morning()))
            .unwrap();
        self.store
            .read(|db| account::find(db, &details.user_id))
            .unwrap()
            .unwrap()
    }

    /// An office whose request an operator approved.
    pub(super) fn approved(&self, number: u32) -> Asked {
        let asked = self.pending(number, PASSWORD);
        self.approve(&asked);
        asked
    }

    pub(super) fn pending(&self, number: u32, password: &str) -> Asked {
        let account = self.account(number, Some("office@example.jp"));
        let id = RequestId::draw(self.clock.now(), &OsRandom);
        let sealed = seal(&password.into(), &self.sealing_key, &id, &account.user_id).unwrap();
        let subject = self.subject(&account);
        self.ask(account, &id, &subject, &sealed)
    }

    pub(super) fn subject(&self, account: &Account) -> String {
        let profiles = crate::fixture::profiles();
        profiles
            .get(ProfileName::Client)
            .subject_of(account.user_id.as_str())
            .unwrap()
            .to_string()
    }

    pub(super) fn ask(
        &self,
        account: Account,
        id: &RequestId,
        subject: &str,
        sealed: &SealedPassword,
    ) -> Asked {
        self.ask_as(RequestKind::First, account, id, subject, sealed)
    }

    /// An approved renewal of an account that has a certificate.
    pub(super) fn renewal(&self, account: Account) -> Asked {
        let id = RequestId::draw(self.clock.now(), &OsRandom);
        let user_id = &account.user_id;
        let sealed = seal(&PASSWORD.into(), &self.sealing_key, &id, user_id).unwrap();
        let subject = self.subject(&account);
        let asked = self.ask_as(RequestKind::Renewal, account, &id, &subject, &sealed);
        self.approve(&asked);
        asked
    }

    fn ask_as(
        &self,
        kind: RequestKind,
        account: Account,
        id: &RequestId,
        subject: &str,
        sealed: &SealedPassword,
    ) -> Asked {
        let new = NewRequest {
            id,
            account_id: account.id,
            kind,
            profile: "client",
            subject,
            sealed,
            submitted_at: self.clock.now(),
            promised_at: None,
        };
        self.store
            .transaction(|db| request::insert(db, &new))
            .unwrap();
        Asked {
            account,
            request: self.request(id),
        }
    }

    /// What the operator console does.
    pub(super) fn approve(&self, asked: &Asked) {
        let seen = Seen {
            request_id: asked.request.id.clone(),
            digest: digest_of(&asked.request, &asked.account).unwrap(),
        };
        let outcome = approve_requests(
            &self.store,
            &self.approval_key,
            self.clock.now(),
            &self.operator,
            &[seen],
        )
        .unwrap();
        assert_eq!(outcome[0].1, Decision::Done);
    }

    /// What somebody with the database's password does: the state alone.
    pub(super) fn force_approved(&self, asked: &Asked) {
        let change = Change {
            decided_at: Some(self.clock.now()),
            ..Change::default()
        };
        let at = self.clock.now();
        self.store
            .transaction(|db| {
                request::advance(db, &asked.request, RequestEvent::Approve, &change, at)
            })
            .unwrap();
    }

    /// The same, with an approval that fits nothing.
    pub(super) fn forge_approval(&self, asked: &Asked, digest: &str) {
        self.force_approved(asked);
        let forged = ca_core::store::approval::Approval {
            request_id: asked.request.id.clone(),
            operator_id: self.operator.id,
            approved_at: self.clock.now(),
            digest: digest.to_owned(),
            mac: "00".repeat(32),
        };
        self.store
            .transaction(|db| ca_core::store::approval::insert(db, &forged))
            .unwrap();
    }

    pub(super) fn request(&self, id: &RequestId) -> Request {
        self.store
            .read(|db| request::find(db, id))
            .unwrap()
            .unwrap()
    }

    pub(super) fn certificates(&self, asked: &Asked) -> Vec<Certificate> {
        self.store
            .read(|db| certificate::of_account(db, asked.account.id))
            .unwrap()
    }

    pub(super) fn acts(&self) -> Vec<String> {
        let mut acts = Vec::new();
        ca_core::flow::export_audit::export_audit(&self.store, 0, |entry| {
            acts.push(entry.act.clone());
            Ok::<_, StoreError>(())
        })
        .unwrap();
        acts
    }
}

fn row(issuer: &Issuer) -> Authority {
    Authority {
        generation: 1,
        certificate_der: issuer.certificate().to_vec(),
        subject: crate::fixture::root_subject().to_string(),
        not_before: issuer.validity().not_before,
        not_after: issuer.validity().not_after,
        crl_number: 0,
        status: "active".into(),
        created_at: morning(),
    }
}

/// An operator with a certificate, as `ca-cli operator add` leaves them.
pub(super) fn added_operator(store: &Store, name: &str) -> Operator {
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom);
    let certificate = operator_certificate(serial);
    let new = NewOperator {
        name,
        display_name: "鈴木 花子",
        password_hash: "none",
        own_user_id: None,
        certificate_serial: serial,
        certificate_spki_sha256: &certificate.spki_sha256,
    };
    let intent = Intent {
        serial,
        purpose: Purpose::Operator,
        generation: 1,
        request_id: None,
        fence: 0,
        tbs_sha256: "none".into(),
        profile_sha256: "none".into(),
        state: IntentState::Intended,
        recorded_at: morning(),
        settled_at: None,
    };
    let act = Act::new(Actor::Staff("tanaka".into()), morning());
    record_intents(store, "staff", vec![intent]).unwrap();
    add_operator(store, &act, &new, &certificate).unwrap();
    store.read(|db| operator::find(db, name)).unwrap().unwrap()
}

fn operator_certificate(serial: SerialNumber) -> Certificate {
    Certificate {
        serial,
        purpose: Purpose::Operator,
        generation: 1,
        request_id: None,
        account_id: None,
        subject: "CN=operator".into(),
        not_before: morning() - chrono::Duration::days(1),
        not_after: morning() + chrono::Duration::days(2_000),
        certificate_der: serial.as_bytes().to_vec(),
        spki_sha256: "ab".into(),
        sha1_thumbprint: "cd".into(),
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
