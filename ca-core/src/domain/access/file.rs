//! The matrix's file: TOML as written by hand, checked into a matrix.

use std::collections::BTreeSet;

use figment::Figment;
use figment::providers::{Format, Toml};
use serde::Deserialize;
use thiserror::Error;

use super::{AccessMatrix, Bilingual, Function, Rule, RuleOutcome, Standing, VIEW, is_key};
use crate::domain::user_id::Classes;

/// The longest text of a function, in characters.
const LONGEST_TEXT: usize = 200;

/// The file as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessMatrixFile {
    /// The functions, in the order in which the portal lists them.
    pub function: Vec<FunctionEntry>,
}

/// One function as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionEntry {
    /// Its key: small letters, digits, hyphens.
    pub key: String,
    /// Its name in Japanese.
    pub name: String,
    /// Its name in English.
    pub name_en: String,
    /// What it is for, in Japanese.
    pub about: String,
    /// What it is for, in English.
    pub about_en: String,
    /// Where it lives: `/path` or `https://…`; left out while it is not connected.
    #[serde(default)]
    pub url: Option<String>,
    /// What can be done in it; `view` must be among them.
    pub actions: Vec<String>,
    /// Who may do what; the first rule that fits decides, and what none fits is denied.
    #[serde(default)]
    pub rule: Vec<RuleEntry>,
}

/// One rule as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleEntry {
    /// `agent`, `agent-for-office`, `office-with-agent`, `office`.
    pub who: Vec<String>,
    /// Letters of the reference user's class; every class when left out.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Only reference users with (or without) community-support services; both when left out.
    #[serde(default)]
    pub community_support: Option<bool>,
    /// Which actions; every one of the function when left out.
    #[serde(default)]
    pub actions: Option<Vec<String>>,
    /// What is said.
    pub outcome: Outcome,
    /// Where to go instead, in Japanese; with `refer` alone.
    #[serde(default)]
    pub refer_to: Option<String>,
    /// Where to go instead, in English; with `refer` alone.
    #[serde(default)]
    pub refer_to_en: Option<String>,
}

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It may be done.
    Allow,
    /// It may not be done, whatever a later rule says.
    Deny,
    /// It is done elsewhere.
    Refer,
}

/// Why a matrix is refused.
#[derive(Debug, Error)]
pub enum AccessFileError {
    /// Not TOML, or a key is unknown or missing.
    #[error("access matrix: {0}")]
    Shape(#[from] Box<figment::Error>),
    /// A value is not what its key needs.
    #[error("access matrix: function {function:?}: {key} is {value:?}; {rule}")]
    Value {
        /// The function.
        function: String,
        /// The key.
        key: &'static str,
        /// What was written.
        value: String,
        /// What is allowed.
        rule: &'static str,
    },
}

impl AccessMatrix {
    /// Reads a matrix file.
    ///
    /// # Errors
    /// When it is not TOML, has unknown keys, names a class that is not configured, or a value is wrong.
    pub fn from_toml(text: &str, classes: &Classes) -> Result<Self, AccessFileError> {
        let figment = Figment::from(Toml::string(text));
        let file: AccessMatrixFile = figment.extract().map_err(Box::new)?;
        let mut keys = BTreeSet::new();
        for entry in &file.function {
            if !keys.insert(entry.key.as_str()) {
                return Err(entry.refused("key", &entry.key, "every key once; rename one"));
            }
        }
        let functions = file.function.iter().map(|entry| entry.check(classes));
        Ok(Self {
            functions: functions.collect::<Result<_, _>>()?,
        })
    }
}

impl FunctionEntry {
    fn refused(&self, key: &'static str, value: &str, rule: &'static str) -> AccessFileError {
        AccessFileError::Value {
            function: self.key.clone(),
            key,
            value: value.to_owned(),
            rule,
        }
    }

    fn check(&self, classes: &Classes) -> Result<Function, AccessFileError> {
        if !is_key(&self.key) {
            let rule = "write 1 to 40 small letters, digits and hyphens";
            return Err(self.refused("key", &self.key, rule));
        }
        for action in &self.actions {
            if !is_key(action) {
                let rule = "write 1 to 40 small letters, digits and hyphens";
                return Err(self.refused("actions", action, rule));
            }
        }
        if !self.actions.iter().any(|action| action == VIEW) {
            let rule = "`view` must be among them: it is what the portal lists by";
            return Err(self.refused("actions", &self.actions.join(", "), rule));
        }
        let rules = self.rule.iter().map(|rule| rule.check(self, classes));
        Ok(Function {
            key: self.key.clone(),
            name: self.texts("name", &self.name, &self.name_en)?,
            about: self.texts("about", &self.about, &self.about_en)?,
            url: self.url.clone().map(|url| self.address(url)).transpose()?,
            actions: self.actions.clone(),
            rules: rules.collect::<Result<_, _>>()?,
        })
    }

    fn texts(
        &self,
        key: &'static str,
        japanese: &str,
        english: &str,
    ) -> Result<Bilingual, AccessFileError> {
        for text in [japanese, english] {
            let length = text.chars().count();
            if text.trim().is_empty() || length > LONGEST_TEXT || text.contains(char::is_control) {
                return Err(self.refused(key, text, "write one line of 1 to 200 characters"));
            }
        }
        Ok(Bilingual {
            japanese: japanese.to_owned(),
            english: english.to_owned(),
        })
    }

    /// A path of this host, or an https address: nothing that a browser would run.
    fn address(&self, url: String) -> Result<String, AccessFileError> {
        let is_path = url.starts_with('/') && !url.starts_with("//");
        let is_plain = url.chars().all(|c| c.is_ascii_graphic()) && url.len() <= LONGEST_TEXT;
        if is_plain && (is_path || url.starts_with("https://")) {
            return Ok(url);
        }
        Err(self.refused("url", &url, "write /path or https://HOST/path"))
    }
}

impl RuleEntry {
    fn check(&self, of: &FunctionEntry, classes: &Classes) -> Result<Rule, AccessFileError> {
        let who: Vec<Standing> = self
            .who
            .iter()
            .map(|word| {
                Standing::try_from(word.clone()).map_err(|_| {
                    let rule = "known are agent, agent-for-office, office-with-agent, office";
                    of.refused("who", word, rule)
                })
            })
            .collect::<Result<_, _>>()?;
        if who.is_empty() {
            return Err(of.refused("who", "", "name at least one"));
        }
        for letters in &self.classes {
            if !classes.iter().any(|class| class.letters == *letters) {
                return Err(of.refused("classes", letters, "it is no configured [[class]]"));
            }
        }
        let actions = self.actions.clone().unwrap_or_else(|| of.actions.clone());
        for action in &actions {
            if !of.actions.contains(action) {
                return Err(of.refused("actions", action, "the function has no such action"));
            }
        }
        Ok(Rule {
            who,
            classes: self.classes.clone(),
            community_support: self.community_support,
            actions,
            outcome: self.outcome(of)?,
        })
    }

    fn outcome(&self, of: &FunctionEntry) -> Result<RuleOutcome, AccessFileError> {
        let rule = "refer_to and refer_to_en belong to outcome = \"refer\", and it needs both";
        match (self.outcome, &self.refer_to, &self.refer_to_en) {
            (Outcome::Allow, None, None) => Ok(RuleOutcome::Allow),
            (Outcome::Deny, None, None) => Ok(RuleOutcome::Deny),
            (Outcome::Refer, Some(japanese), Some(english)) => {
                Ok(RuleOutcome::Refer(of.texts("refer_to", japanese, english)?))
            }
            _ => Err(of.refused("refer_to", self.refer_to.as_deref().unwrap_or(""), rule)),
        }
    }
}
