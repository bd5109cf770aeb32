//! Why a run of letters did not end as ordered, and what to do: Japanese first, English below.

use std::path::PathBuf;

use ca_core::domain::password::PasswordHashError;
use ca_core::store::StoreError;
use thiserror::Error;

use super::{DraftError, LetterError, SelectionError};

/// Why nothing was printed; or, in the last two cases, what is left to do.
#[derive(Debug, Error)]
pub enum PressError {
    /// Whose letters could not be settled.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// The letters could not be drawn.
    #[error(transparent)]
    Letter(#[from] LetterError),
    /// There is no root certificate yet, whose thumbprint the letters carry.
    #[error(
        "認証局がまだないため、拇印を印刷できません。先に `ca-cli ca init` を実行してください。\n\
         There is no certificate authority yet, so no thumbprint to print: run `ca-cli ca init` first."
    )]
    NoAuthority,
    /// Argon2 could not run.
    #[error(
        "パスワードを処理できません。何も書き込んでいません。\nThe passwords could not be hashed, nothing was written: {0}"
    )]
    Hash(#[from] PasswordHashError),
    /// The PDF could not be written; the database is as it was.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// An account's request waits for the password that a letter would replace.
    #[error(
        "{0} は証明書の発行申請中のため、パスワードを替えられません。発行または却下のあとに印刷してください。何も書き込んでいません。\n\
         {0} has an open request, packed under its present password: wait until it is issued, or reject it. Nothing was written."
    )]
    OpenRequest(String),
    /// Somebody else printed a letter for the same account.
    #[error(
        "{0} のお知らせが同時に別の操作で印刷されたため、今回の分を取り消しました。\n\
         A letter for {0} was printed by somebody else at the same time; nothing was written here. Run the command again."
    )]
    PrintedMeanwhile(String),
    /// A mail address or a new certificate came, or somebody else printed the reminder.
    #[error(
        "{0} は、期限のお知らせが要らなくなったか、同時に別の操作で印刷されました。今回の分を取り消しました。\n\
         {0} no longer waits for a reminder; nothing was written here. Run the command again."
    )]
    DueNoLonger(String),
    /// The database failed; nothing was recorded.
    #[error("データベースに記録できないため、お知らせを取り消しました。\nNothing was printed: {0}")]
    Store(#[from] StoreError),
    /// An earlier run had been recorded but not finished; now it is.
    #[error(
        "中断していた前回の印刷を完了し、{paths} に置きました（{letters}通）。これを印刷してください。今回の分はまだ印刷していません。\n\
         An earlier run had been interrupted; its {letters} letters are now in {paths}: print that file. \
         Nothing else was done; run the command again for further letters."
    )]
    EarlierRun {
        /// Where its PDF is now; more than one when several had been interrupted.
        paths: String,
        /// How many letters there are.
        letters: i64,
    },
    /// The database may or may not have committed before it went away.
    #[error(
        "データベースとの接続が切れ、記録できたか分かりません。接続が戻ったら `ca-cli letter recover {folder}` を実行してください。\n\
         The database went away while it committed ({reason}). When it is back, run `ca-cli letter recover {folder}`: \
         it places the letters or removes the draft.",
        folder = .draft.parent().unwrap_or(&PathBuf::from(".")).display()
    )]
    Unknown {
        /// The draft.
        draft: PathBuf,
        /// What the driver said.
        reason: StoreError,
    },
}
