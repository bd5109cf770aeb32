//! Who may open what behind the portal (J9): a matrix that is data, and the one function that reads it.
//!
//! What no rule allows is denied. The matrix says what may be done in whose name; whether somebody may act in
//! that name at all is a delegation's to say, and is part of the question: see [`Standing`].

mod file;
mod table;

use super::text::half_width;
use super::user_id::{ClassKind, UserId};

pub use file::{AccessFileError, AccessMatrixFile, FunctionEntry, Outcome, RuleEntry};
pub use table::table;

/// The matrix that comes with the program: `config/access-matrix.toml`.
pub const BUILT_IN: &str = include_str!("../../../config/access-matrix.toml");

/// The action that is meant when nobody names one.
pub const VIEW: &str = "view";

/// Who logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The user ID.
    pub user_id: UserId,
    /// Office or agent.
    pub kind: ClassKind,
}

/// The reference user (参照ユーザ): in whose name it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForWhom {
    /// The user ID.
    pub user_id: UserId,
    /// Whether it runs community-support services.
    pub community_support: bool,
    /// Its agent at this moment, if it has one.
    pub agent: Option<UserId>,
}

/// How the one who logged in stands to the reference user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// An agent, as itself.
    Agent,
    /// An agent, for an office that has delegated to it.
    AgentForOffice,
    /// An office, as itself, while it has an agent.
    OfficeWithAgent,
    /// An office, as itself, without an agent.
    Office,
}
super::request::words!(
    Standing,
    "standing",
    Agent = "agent",
    AgentForOffice = "agent-for-office",
    OfficeWithAgent = "office-with-agent",
    Office = "office"
);

impl Standing {
    /// The standing of `who` to `for_whom`; none when it has no business with it.
    #[must_use]
    pub fn of(who: &Who, for_whom: &ForWhom) -> Option<Self> {
        let itself = who.user_id == for_whom.user_id;
        match (who.kind, itself, &for_whom.agent) {
            (ClassKind::Agent, true, _) => Some(Self::Agent),
            (ClassKind::Agent, false, Some(agent)) if *agent == who.user_id => {
                Some(Self::AgentForOffice)
            }
            (ClassKind::Applicant, true, Some(_)) => Some(Self::OfficeWithAgent),
            (ClassKind::Applicant, true, None) => Some(Self::Office),
            _ => None,
        }
    }
}

/// What the matrix says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    /// It may be done.
    Allow,
    /// It may not.
    Deny,
    /// Not here: elsewhere, and the text says where.
    Refer(&'a Bilingual),
}

impl Decision<'_> {
    /// The word in the golden file, in headers and in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Refer(_) => "refer",
        }
    }
}

/// A text in the two languages of every page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bilingual {
    /// Japanese.
    pub japanese: String,
    /// English.
    pub english: String,
}

/// Every function with its rules, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessMatrix {
    functions: Vec<Function>,
}

/// One function that stands behind the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The key in addresses: small letters, digits, hyphens.
    pub key: String,
    /// What people call it.
    pub name: Bilingual,
    /// What it is for, in one sentence.
    pub about: Bilingual,
    /// Where it lives: a path of the portal's host, or an address of its own; none while it is not connected.
    pub url: Option<String>,
    /// What can be done in it; `view` is the first.
    pub actions: Vec<String>,
    rules: Vec<Rule>,
}

/// One rule; the first one that fits decides.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    who: Vec<Standing>,
    classes: Vec<String>,
    community_support: Option<bool>,
    actions: Vec<String>,
    outcome: RuleOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum RuleOutcome {
    Allow,
    Deny,
    Refer(Bilingual),
}

impl AccessMatrix {
    /// The functions, in the order of the file.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.functions.iter()
    }

    /// The function of this key.
    #[must_use]
    pub fn function(&self, key: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.key == key)
    }
}

impl Function {
    /// Whether this can be done in it at all.
    #[must_use]
    pub fn has(&self, action: &str) -> bool {
        self.actions.iter().any(|own| own == action)
    }
}

/// What the matrix says about `who` doing `action` in `function` for `for_whom`.
///
/// Default deny: no standing, a function or action that the matrix does not name, no rule that fits.
#[must_use]
pub fn decide<'a>(
    matrix: &'a AccessMatrix,
    who: &Who,
    for_whom: &ForWhom,
    function: &str,
    action: &str,
) -> Decision<'a> {
    let standing = Standing::of(who, for_whom);
    let function = matrix.function(function).filter(|found| found.has(action));
    let (Some(standing), Some(function)) = (standing, function) else {
        return Decision::Deny;
    };
    let rule = function
        .rules
        .iter()
        .find(|rule| rule.fits(standing, for_whom, action));
    match rule.map(|rule| &rule.outcome) {
        Some(RuleOutcome::Allow) => Decision::Allow,
        Some(RuleOutcome::Refer(text)) => Decision::Refer(text),
        Some(RuleOutcome::Deny) | None => Decision::Deny,
    }
}

impl Rule {
    fn fits(&self, standing: Standing, for_whom: &ForWhom, action: &str) -> bool {
        let class = for_whom.user_id.letters();
        self.who.contains(&standing)
            && self.actions.iter().any(|own| own == action)
            && (self.classes.is_empty() || self.classes.iter().any(|own| own == class))
            && self
                .community_support
                .is_none_or(|wanted| wanted == for_whom.community_support)
    }
}

/// A key as it is compared: half-width, small.
fn is_key(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.chars().all(|c| {
            half_width(c) == c && (c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        })
}

#[cfg(test)]
mod tests;
