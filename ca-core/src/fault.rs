//! Points at which tests make the machinery fail: before and after every step whose outcome is stored.
//!
//! With the feature `fault-points` a point does what it was told through crate `fail`, by a test or by the
//! environment (`FAILPOINTS=record.after=1*return(abort)`): `panic`, `sleep(milliseconds)`, `return(error)`, and
//! `return(abort)`, which ends the process at once, since a panic is caught. Without the feature, as installed, a
//! point is nothing at all.

/// The steps, each with a point `before` it and one `after` it: after its commit where it has one.
///
/// `commit` is every transaction: before its COMMIT, and after it, when the answer to the COMMIT is lost.
pub const STEPS: &[&str] = &[
    // The issuance cycle, in the order of docs/issuance-cycle.md.
    "submit",
    "approve",
    "reject",
    "claim",
    "prepare",
    "intend",
    "sign",
    "pack",
    "record",
    "notify",
    "settle",
    "recover",
    "give-back",
    "park",
    // Around it.
    "crl-number",
    "crl-publish",
    "ocsp",
    "checkpoint",
    "revoke",
    "reissue",
    "rollover",
    "commit",
];

/// A fault that a test asked for; a program without fault points can make none.
#[derive(Debug, thiserror::Error)]
#[error("a test made it fail {1} the step {0}")]
pub struct Injected(&'static str, &'static str);

/// The point before a step.
pub fn before(step: &'static str) -> Result<(), Injected> {
    reach(step, "before")
}

/// The point after a step.
pub fn after(step: &'static str) -> Result<(), Injected> {
    reach(step, "after")
}

#[cfg(not(feature = "fault-points"))]
#[inline(always)]
fn reach(_step: &'static str, _side: &'static str) -> Result<(), Injected> {
    Ok(())
}

#[cfg(feature = "fault-points")]
fn reach(step: &'static str, side: &'static str) -> Result<(), Injected> {
    let told = fail::eval(&format!("{step}.{side}"), |word| word.unwrap_or_default());
    match told.as_deref() {
        None => Ok(()),
        Some("abort") => std::process::abort(),
        Some(_) => Err(Injected(step, side)),
    }
}

/// What the environment told the points; it holds as long as this lives.
#[cfg(feature = "fault-points")]
pub type Scenario = fail::FailScenario<'static>;

/// What the environment told the points: without fault points, nothing.
#[cfg(not(feature = "fault-points"))]
#[derive(Debug)]
pub struct Scenario;

/// Reads `FAILPOINTS`, in a program whose tests want it.
pub fn from_environment() -> Scenario {
    #[cfg(feature = "fault-points")]
    return Scenario::setup();
    #[cfg(not(feature = "fault-points"))]
    Scenario
}

/// For tests: what the points are told.
#[cfg(feature = "fault-points")]
pub mod tell {
    pub use fail::{cfg, cfg_callback, remove};
}
