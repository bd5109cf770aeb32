//! Classes of user IDs: what the two letters stand for, as configured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{LETTERS, UserId, UserIdError};

/// Whether users of a class act for themselves or for offices that delegate to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClassKind {
    /// An office: applies and claims for itself.
    Applicant,
    /// An agent: may act for offices.
    Agent,
}

/// One class of user IDs, as configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// The two capitals that its user IDs begin with.
    pub letters: String,
    /// Name in Japanese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Whether its users act for themselves (`applicant`) or for others (`agent`).
    pub kind: ClassKind,
}

/// Every class of user IDs that this organisation knows; at least one, no letters twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes(Vec<Class>);

impl Classes {
    /// The classes in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Class> {
        self.0.iter()
    }

    /// The class of a user ID.
    ///
    /// # Errors
    /// [`UserIdError::UnknownClass`].
    pub fn class_of(&self, user_id: &UserId) -> Result<&Class, UserIdError> {
        self.iter()
            .find(|class| class.letters == user_id.letters())
            .ok_or_else(|| UserIdError::UnknownClass {
                letters: user_id.letters().to_owned(),
                known: self.iter().map(|class| class.letters.clone()).collect(),
            })
    }
}

impl Default for Classes {
    /// Care offices, disability offices and agents.
    fn default() -> Self {
        let class = |letters: &str, name: &str, name_en: &str, kind| Class {
            letters: letters.to_owned(),
            name: name.to_owned(),
            name_en: name_en.to_owned(),
            kind,
        };
        Self(vec![
            class("KJ", "介護事業所", "Care office", ClassKind::Applicant),
            class(
                "HJ",
                "障がい事業所",
                "Disability office",
                ClassKind::Applicant,
            ),
            class("HD", "代理人", "Agent", ClassKind::Agent),
        ])
    }
}

impl TryFrom<Vec<Class>> for Classes {
    type Error = ClassesError;

    fn try_from(classes: Vec<Class>) -> Result<Self, ClassesError> {
        if classes.is_empty() {
            return Err(ClassesError::None);
        }
        for (index, class) in classes.iter().enumerate() {
            let letters = class.letters.clone();
            if letters.len() != LETTERS || !letters.bytes().all(|byte| byte.is_ascii_uppercase()) {
                return Err(ClassesError::Letters { letters });
            }
            if class.name.trim().is_empty() || class.name_en.trim().is_empty() {
                return Err(ClassesError::NoName { letters });
            }
            if classes
                .iter()
                .take(index)
                .any(|earlier| earlier.letters == letters)
            {
                return Err(ClassesError::Twice { letters });
            }
        }
        Ok(Self(classes))
    }
}

/// Why a configured list of classes is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ClassesError {
    /// The list is empty.
    #[error("no class of user IDs is configured; add a [[class]] or leave the section out")]
    None,
    /// Not two capitals.
    #[error("class letters {letters:?}: write exactly two capitals A-Z")]
    Letters {
        /// The letters found.
        letters: String,
    },
    /// A name is missing.
    #[error("class {letters} needs a name and a name_en")]
    NoName {
        /// The class.
        letters: String,
    },
    /// Two classes have the same letters.
    #[error("class {letters} is configured twice; keep one")]
    Twice {
        /// The class.
        letters: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configured_classes_are_checked() {
        let good = Classes::default().0;
        assert_eq!(Classes::try_from(good.clone()), Ok(Classes::default()));
        let changed = |change: fn(&mut Vec<Class>)| {
            let mut classes = good.clone();
            change(&mut classes);
            Classes::try_from(classes).unwrap_err()
        };
        assert_eq!(changed(Vec::clear), ClassesError::None);
        assert!(matches!(
            changed(|c| c[0].letters = "kj".into()),
            ClassesError::Letters { .. }
        ));
        assert!(matches!(
            changed(|c| c[0].letters = "介".into()),
            ClassesError::Letters { .. }
        ));
        assert!(matches!(
            changed(|c| c[1].letters = "KJ".into()),
            ClassesError::Twice { .. }
        ));
        assert!(matches!(
            changed(|c| c[2].name_en = " ".into()),
            ClassesError::NoName { .. }
        ));
    }
}
