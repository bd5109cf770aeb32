//! Words about sessions: for whom, how far they got, and what wrong tries count against.
use super::request::words;

/// Which pages a session opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// The applicant's pages.
    Applicant,
    /// The protected site; bound to a client certificate.
    Portal,
    /// The operator console.
    Operator,
}
words!(
    Audience,
    "audience of a session",
    Applicant = "applicant",
    Portal = "portal",
    Operator = "operator"
);

/// How far a session got. Each stage opens what the ones before it do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Logged in with a temporary or expired password: nothing but the change page.
    ChangePassword,
    /// Logged in: the gate, the own password.
    LoggedIn,
    /// Passed the gate with the issuance password: certificates, application, download.
    GatePassed,
}
words!(
    Stage,
    "stage of a session",
    ChangePassword = "change-password",
    LoggedIn = "logged-in",
    GatePassed = "gate-passed"
);

/// What a wrong try counts against. The counters are separate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TryScope {
    /// An applicant's login password (issuance service and portal share it).
    Login,
    /// The issuance password at the gate.
    Issuance,
    /// An operator's password.
    Operator,
}
words!(
    TryScope,
    "scope of tries",
    Login = "login",
    Issuance = "issuance",
    Operator = "operator"
);
