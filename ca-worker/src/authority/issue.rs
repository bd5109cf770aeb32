//! Certificates that nobody applies for on a page: the site's own, the operators' and the worker's.
//!
//! They take the same way as everybody's: prepared and linted, intent committed, signed, recorded.
use ca_core::config::{Config, Profiles};
use ca_core::domain::actor::Act;
use ca_core::domain::certificate::{IntentState, Purpose};
use ca_core::domain::profile::ProfileName;
use ca_core::domain::random::Random;
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::record_certificate::record_certificate;
use ca_core::flow::record_intents::record_intents;
use ca_core::store::Store;
use ca_core::store::certificate::Certificate;
use ca_core::store::intent::Intent;
use secrecy::SecretString;

use super::server_files::ServerFiles;
use super::{AuthorityError, Generation, OpenAuthority, check_life};
use crate::certificate::{AlternativeName, Draft, Prepared, SignedCertificate, prepare, row, sign};
use crate::journal::{Journal, issued};
use crate::pkcs12::{Iterations, Packing, SelfTest, pack};
use crate::signer::KeyPair;

/// An operator's certificate, recorded by `flow::add_operator` together with the operator; [`note_operator`] follows.
#[derive(Debug)]
pub struct IssuedOperator {
    /// The row to be recorded.
    pub certificate: Certificate,
    /// The PKCS#12 to be handed over; it is not stored.
    pub pkcs12: Vec<u8>,
}

/// Issues the site's TLS certificate for `names` and puts it with its key where `[tls]` says.
///
/// The files are written beside their places first, put there after the certificate is recorded: a full
/// disk changes nothing, and a certificate in use is always a recorded one.
pub fn issue_server_certificate(
    store: &Store,
    act: &Act,
    authority: &OpenAuthority,
    config: &Config,
    names: &[AlternativeName],
    random: &dyn Random,
) -> Result<Certificate, AuthorityError> {
    let first = names.first().ok_or(AuthorityError::NoHostName)?.to_string();
    let profiles = Profiles::load(config)?;
    let holder = Holder {
        purpose: Purpose::Server,
        name: &first,
        alternative_names: names,
    };
    let hand = Hand::of(authority);
    let signed = issue(store, act, hand, &profiles, holder, random)?;
    let recorded = row(
        &signed,
        Purpose::Server,
        authority.current().issuer.generation(),
        act.at,
    );
    let files = ServerFiles::stage(config, &signed)?;
    record_certificate(store, act, &recorded)?;
    authority
        .journal()
        .note_issued(act.at, &[issued(&recorded)]);
    files.put()?;
    Ok(recorded)
}

/// Issues a client certificate for the operator `name` and packs it under `password`.
pub fn issue_operator_certificate(
    store: &Store,
    act: &Act,
    authority: &OpenAuthority,
    config: &Config,
    name: &str,
    password: &SecretString,
    random: &dyn Random,
) -> Result<IssuedOperator, AuthorityError> {
    let profiles = Profiles::load(config)?;
    let holder = Holder {
        purpose: Purpose::Operator,
        name,
        alternative_names: &[],
    };
    let hand = Hand::of(authority);
    let signed = issue(store, act, hand, &profiles, holder, random)?;
    let certificate = row(
        &signed,
        Purpose::Operator,
        authority.current().issuer.generation(),
        act.at,
    );
    let packing = Packing {
        iterations: Iterations::new(config.pkcs12.iterations)?,
        self_test: SelfTest::Thorough,
        random,
    };
    let pkcs12 = pack(
        signed,
        name,
        authority.current().issuer.certificate(),
        password,
        packing,
    )?;
    Ok(IssuedOperator {
        certificate,
        pkcs12,
    })
}

/// Writes to the journal that an operator's certificate is recorded.
pub fn note_operator(authority: &OpenAuthority, act: &Act, operator: &IssuedOperator) {
    let fact = issued(&operator.certificate);
    authority.journal().note_issued(act.at, &[fact]);
}

/// A root's key, and the journal that is written before it signs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hand<'a> {
    pub(crate) generation: &'a Generation,
    pub(crate) journal: &'a Journal,
}

impl<'a> Hand<'a> {
    fn of(authority: &'a OpenAuthority) -> Self {
        Self {
            generation: authority.current(),
            journal: authority.journal(),
        }
    }
}

/// For whom, and what for.
#[derive(Debug, Clone, Copy)]
struct Holder<'a> {
    purpose: Purpose,
    name: &'a str,
    alternative_names: &'a [AlternativeName],
}

/// Issues the certificate of the key that signs OCSP answers for `generation`, and records it.
pub(crate) fn issue_responder(
    store: &Store,
    act: &Act,
    hand: Hand<'_>,
    profiles: &Profiles,
    random: &dyn Random,
) -> Result<SignedCertificate, AuthorityError> {
    let name = format!("OCSP {}", hand.generation.issuer.generation());
    issue_delegate(store, act, hand, profiles, (Purpose::Ocsp, &name), random)
}

/// Issues the certificate of the key that signs this machine's checkpoints of the audit, and records it.
pub(crate) fn issue_auditor(
    store: &Store,
    act: &Act,
    hand: Hand<'_>,
    profiles: &Profiles,
    machine: &str,
    random: &dyn Random,
) -> Result<SignedCertificate, AuthorityError> {
    let name = format!("Audit {machine}");
    issue_delegate(store, act, hand, profiles, (Purpose::Audit, &name), random)
}

/// Issues and records the certificate of a key that stays in the worker's memory.
fn issue_delegate(
    store: &Store,
    act: &Act,
    hand: Hand<'_>,
    profiles: &Profiles,
    (purpose, name): (Purpose, &str),
    random: &dyn Random,
) -> Result<SignedCertificate, AuthorityError> {
    let holder = Holder {
        purpose,
        name,
        alternative_names: &[],
    };
    let signed = issue(store, act, hand, profiles, holder, random)?;
    let recorded = row(
        &signed,
        purpose,
        hand.generation.issuer.generation(),
        act.at,
    );
    record_certificate(store, act, &recorded)?;
    hand.journal.note_issued(act.at, &[issued(&recorded)]);
    Ok(signed)
}

fn issue(
    store: &Store,
    act: &Act,
    hand: Hand<'_>,
    profiles: &Profiles,
    holder: Holder<'_>,
    random: &dyn Random,
) -> Result<SignedCertificate, AuthorityError> {
    let generation = hand.generation;
    check_life(&generation.issuer, act.at)?;
    generation.signer.ready()?;
    hand.journal.make_room(1)?;
    let profile = profiles.get(ProfileName::from(holder.purpose));
    let draft = Draft {
        profile,
        subject: profile.subject_of(holder.name)?,
        alternative_names: holder.alternative_names,
        serial: SerialNumber::draw(act.at, random),
        validity: profile.validity(act.at, &generation.issuer.validity())?,
    };
    let key = KeyPair::generate(profile.key_algorithm())?;
    let prepared = prepare(&draft, key, &generation.issuer)?;
    let intent = intent(
        &prepared,
        holder.purpose,
        generation.issuer.generation(),
        act,
    );
    record_intents(store, &act.actor.to_string(), vec![intent.clone()])?;
    let noted = hand.journal.note_intents(act.at, &[intent])?;
    Ok(sign(
        prepared,
        &generation.issuer,
        generation.signer.as_ref(),
        &noted,
    )?)
}

fn intent(prepared: &Prepared, purpose: Purpose, generation: i64, act: &Act) -> Intent {
    Intent {
        serial: prepared.serial(),
        purpose,
        generation,
        request_id: None,
        fence: 0,
        tbs_sha256: prepared.tbs_sha256(),
        profile_sha256: prepared.profile_sha256().to_owned(),
        state: IntentState::Intended,
        recorded_at: act.at,
        settled_at: None,
    }
}
