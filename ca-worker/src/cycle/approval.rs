//! Step 4, first part: nothing in a request's row counts but what an operator approved at the console.
//!
//! The row may have been written by an attacker who owns the web tier, or the database. The approval's digest covers
//! request, account, subject, kind, profile and sealed password; its code covers digest, operator and time, and only
//! the console and the worker have the key of it.
use ca_core::domain::account::AccountStatus;
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_core::domain::profile::Profile;
use ca_core::flow::judge_approval::judge_approval;
use ca_core::queue::request::Claimed;

use super::Fault;
use crate::worker::Worker;

/// What an operator can do where the approval is in doubt.
const ASK: &str =
    "Ask the applicant and the operator; then reject it, or retry: it waits for an approval again";
/// What an operator can do where it was answered before.
const REJECT: &str = "Somebody changed the database, or an old one was put back: run `ca-cli audit verify` and see docs/backup.md. \
     Reject it; the applicant can ask anew";

/// A state column is not an approval: unless the approval holds, nothing is signed (I3). Says which subject was approved.
pub(super) fn check(
    worker: &Worker,
    claimed: &Claimed,
    profile: &Profile,
) -> Result<DistinguishedName, Fault> {
    let Claimed {
        request,
        account,
        evidence,
    } = claimed;
    judge_approval(
        &worker.approval_key,
        request,
        account,
        evidence,
        worker.clock.now(),
    )
    .map_err(|doubt| alarm(claimed, &doubt.to_string(), ASK))?;
    // The approval of a request that was answered still holds. Who owns the database can put the rest back.
    if worker.authority.journal().says_answered(&request.id) {
        let reason = "the journal has a certificate that was issued for it, and the database does not say so";
        return Err(alarm(claimed, reason, REJECT));
    }
    if request.profile != profile.name().as_str() {
        let reason = "it names a profile that applicants do not get";
        return Err(alarm(claimed, reason, ASK));
    }
    let subject = profile
        .subject_of(account.user_id.as_str())
        .map_err(Fault::hopeless)?;
    if request.subject != subject.to_string() {
        return Err(Fault::hopeless(
            "the profile gives another subject than was approved; reject it and have it sent again",
        ));
    }
    if account.status != AccountStatus::Active {
        return Err(Fault::hopeless(
            "the account was switched off after the approval",
        ));
    }
    Ok(subject)
}

/// Somebody may have changed the database by hand: parked, and said loudly.
fn alarm(claimed: &Claimed, reason: &str, advice: &str) -> Fault {
    tracing::error!(request = %claimed.request.id, reason, "alarm: a request asks to be signed and must not be");
    Fault::hopeless(format!("not signed: {reason}. {advice}"))
}
