//! Step 4, first part: nothing in a request's row counts but what an operator approved at the console.
//!
//! The row may have been written by an attacker who owns the web tier, or the database. The approval's digest covers
//! request, account, subject, kind, profile and sealed password; its code covers digest, operator and time, and only
//! the console and the worker have the key of it.
use ca_core::domain::account::AccountStatus;
use ca_core::domain::profile::Profile;
use ca_core::flow::judge_approval::judge_approval;
use ca_core::queue::request::Claimed;

use super::Fault;
use crate::worker::Worker;

/// A state column is not an approval: unless the approval holds, nothing is signed (I3).
pub(super) fn check(worker: &Worker, claimed: &Claimed, profile: &Profile) -> Result<(), Fault> {
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
    .map_err(|doubt| alarm(claimed, &doubt.to_string()))?;
    if request.profile != profile.name().as_str() {
        return Err(alarm(
            claimed,
            "it names a profile that applicants do not get",
        ));
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
    Ok(())
}

/// Somebody may have changed the database by hand: parked, and said loudly.
fn alarm(claimed: &Claimed, reason: &str) -> Fault {
    tracing::error!(request = %claimed.request.id, reason, "alarm: a request asks to be signed and must not be");
    Fault::hopeless(format!(
        "not signed: {reason}. Ask the applicant and the operator; then reject it, or retry: it waits for an approval again"
    ))
}
