//! Step 4, prepare: from a claimed request to bytes that may be signed. No transaction is open.
use ca_core::config::RenewalStart;
use ca_core::domain::profile::{ProfileName, ValidityError};
use ca_core::domain::request::RequestKind;
use ca_core::domain::serial::SerialNumber;
use ca_core::fault;
use ca_core::queue::request::{Claimed, Held};
use ca_core::store::certificate as certificates;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tracing::debug_span;

use super::{Fault, approval, guarded, held};
use crate::certificate::{self, Draft, Prepared};
use crate::pkcs12::check_password;
use crate::signer::KeyPair;
use crate::worker::Worker;

/// A request whose certificate is ready to be signed.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) claimed: Claimed,
    pub(super) prepared: Prepared,
    pub(super) password: SecretString,
}

/// Checks the approval, opens the seal, makes the key, draws the serial, builds and lints the certificate.
pub(super) fn prepare(worker: &Worker, claimed: Claimed) -> Result<Ready, (Held, Fault)> {
    if worker.is_stopping() {
        return Err((held(&claimed), Fault::Stopping));
    }
    guarded(held(&claimed), || {
        fault::before("prepare").map_err(Fault::around)?;
        let (prepared, password) = prepared(worker, &claimed)?;
        fault::after("prepare").map_err(Fault::around)?;
        Ok(Ready {
            claimed,
            prepared,
            password,
        })
    })
}

fn prepared(worker: &Worker, claimed: &Claimed) -> Result<(Prepared, SecretString), Fault> {
    let profile = worker.profiles.get(ProfileName::Client);
    let subject = approval::check(worker, claimed, profile)?;
    let password = debug_span!("open").in_scope(|| open_seal(worker, claimed))?;
    let issuer = &worker.authority.current().issuer;
    let draft = Draft {
        profile,
        subject,
        alternative_names: &[],
        serial: SerialNumber::draw(worker.clock.now(), worker.random.as_ref()),
        validity: profile
            .validity_following(
                previous_end(worker, claimed)?,
                worker.clock.now(),
                &issuer.validity(),
            )
            .map_err(life_fault)?,
    };
    let key = debug_span!("key").in_scope(|| KeyPair::generate(profile.key_algorithm()));
    let key = key.map_err(Fault::around)?;
    let prepared = certificate::prepare(&draft, key, issuer).map_err(Fault::own)?;
    Ok((prepared, password))
}

/// The end that a renewal is to follow, where renewals begin at the end of the old certificate.
fn previous_end(worker: &Worker, claimed: &Claimed) -> Result<Option<DateTime<Utc>>, Fault> {
    if worker.settings.renewal.start != RenewalStart::AtEndOfOld
        || claimed.request.kind != RequestKind::Renewal
    {
        return Ok(None);
    }
    let (id, now) = (claimed.account.id, worker.clock.now());
    let end = worker.store.read(|db| certificates::last_end(db, id, now));
    end.map_err(Fault::around)
}

fn open_seal(worker: &Worker, claimed: &Claimed) -> Result<SecretString, Fault> {
    let sealed = claimed
        .request
        .sealed()
        .ok_or_else(|| Fault::hopeless("its issuance password is gone"))?;
    let unsealer = &worker.authority.unsealer;
    let password = unsealer
        .open(&sealed, &claimed.request.id, &claimed.account.user_id)
        .map_err(Fault::hopeless)?;
    check_password(&password).map_err(Fault::hopeless)?;
    Ok(password)
}

/// A root near its end, or a wrong clock, is no request's fault.
fn life_fault(error: ValidityError) -> Fault {
    Fault::around(error)
}
