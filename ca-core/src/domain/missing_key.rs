//! The keys of roots that a worker should have and has not, as it tells people.
use serde::{Deserialize, Serialize};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingKey {
    /// The root's generation.
    pub generation: i64,
    /// Where the key was looked for: a file, or a label on a token.
    pub place: String,
    /// What is wrong there, with its name, and what to do.
    pub why: String,
}

impl std::fmt::Display for MissingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "generation {}: {}", self.generation, self.why)
    }
}

/// All of them; usually none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MissingKeys(pub Vec<MissingKey>);

impl MissingKeys {
    /// Whether none is missing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key of a generation, if it is missing.
    pub fn of(&self, generation: i64) -> Option<&MissingKey> {
        self.0.iter().find(|key| key.generation == generation)
    }

    /// As it stands in its column.
    pub fn to_column(&self) -> String {
        serde_json::json!(self.0).to_string()
    }
}

impl TryFrom<String> for MissingKeys {
    type Error = serde_json::Error;

    fn try_from(column: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&column).map(Self)
    }
}

impl std::fmt::Display for MissingKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each = self.0.iter().map(MissingKey::to_string);
        f.write_str(&each.collect::<Vec<_>>().join("; "))
    }
}
