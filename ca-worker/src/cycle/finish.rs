//! Steps 6 and 7, sign and pack: the CA key signs what was linted, and the result goes into a PKCS#12.
//! No transaction is open. Key and password are wiped when this returns.
use ca_core::domain::certificate::Purpose;
use ca_core::domain::mail::{MailFacts, MailKind, draw_message_id};
use ca_core::fault;
use ca_core::flow::record_issued::Issued;
use ca_core::queue::request::Held;
use ca_core::store::certificate::Certificate;
use ca_core::store::outbox::NewMail;

use super::batch::held_of_ready;
use super::prepare::Ready;
use super::{Fault, Window, guarded};
use crate::authority::Generation;
use crate::certificate::{row, sign};
use crate::journal::Noted;
use crate::pkcs12::{Packing, SelfTest, pack};
use crate::worker::Worker;

/// Signs and packs one certificate while `window` is open.
pub(super) fn finish(
    worker: &Worker,
    window: Window,
    self_test: SelfTest,
    noted: &Noted,
    ready: Ready,
) -> Result<Issued, (Held, Fault)> {
    let failed = held_of_ready(&ready);
    if !window.allows(worker.clock.now()) {
        return Err((failed, Fault::Closed));
    }
    if worker.is_stopping() {
        return Err((failed, Fault::Stopping));
    }
    guarded(failed, || issued(worker, self_test, noted, ready))
}

fn issued(
    worker: &Worker,
    self_test: SelfTest,
    noted: &Noted,
    ready: Ready,
) -> Result<Issued, Fault> {
    let Ready {
        claimed,
        prepared,
        password,
    } = ready;
    let Generation { issuer, signer } = worker.authority.current();
    // Step 6, sign.
    fault::before("sign").map_err(Fault::around)?;
    let signed = sign(prepared, issuer, signer.as_ref(), noted).map_err(|error| {
        if error.is_infrastructure() {
            Fault::around(error)
        } else {
            Fault::own(error)
        }
    })?;
    fault::after("sign").map_err(Fault::around)?;
    let mut certificate = row(
        &signed,
        Purpose::Client,
        issuer.generation(),
        worker.clock.now(),
    );
    certificate.request_id = Some(claimed.request.id.clone());
    certificate.account_id = Some(claimed.account.id);
    // Step 7, pack.
    fault::before("pack").map_err(Fault::around)?;
    let holder = claimed.account.user_id.as_str();
    let packing = Packing {
        iterations: worker.settings.iterations,
        self_test,
        random: worker.random.as_ref(),
    };
    let file = pack(signed, holder, issuer.certificate(), &password, packing);
    certificate.pkcs12 = Some(file.map_err(Fault::own)?);
    fault::after("pack").map_err(Fault::around)?;
    Ok(Issued {
        mail: notice(worker, &claimed.account, &certificate),
        request_id: claimed.request.id,
        fence: claimed.request.fence,
        certificate,
    })
}

/// The mail that will be owed once step 8 is committed; none without an address.
fn notice(
    worker: &Worker,
    account: &ca_core::store::account::Account,
    certificate: &Certificate,
) -> Option<NewMail> {
    let to_address = account.mail_address.clone()?;
    Some(NewMail {
        kind: MailKind::CertificateReady,
        to_address,
        facts: MailFacts {
            user_id: account.user_id.as_str().to_owned(),
            name: account.name.clone(),
            until: Some(certificate.not_after),
            ..MailFacts::default()
        },
        message_id: draw_message_id(
            certificate.issued_at,
            worker.random.as_ref(),
            &worker.settings.host,
        ),
    })
}
