//! `[letter]`: the posted letter.
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The posted letter 「ユーザＩＤとパスワードのお知らせ」.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LetterConfig {
    /// Own typst template; the built-in one when absent (`ca-cli letter template` prints it).
    pub template: Option<PathBuf>,
    /// Fonts for characters or designs that the built-in ones lack: TrueType or OpenType files.
    pub fonts: Vec<PathBuf>,
    /// Sender's postal code.
    pub sender_postal_code: String,
    /// Sender's address, one line each.
    pub sender_address: Vec<String>,
    /// Sender's name below the address; the service's name when empty.
    pub sender_name: String,
}

impl Default for LetterConfig {
    fn default() -> Self {
        Self {
            template: None,
            fonts: Vec::new(),
            sender_postal_code: "100-0000".into(),
            sender_address: vec!["東京都千代田区〇〇一丁目2番3号".into()],
            sender_name: String::new(),
        }
    }
}
