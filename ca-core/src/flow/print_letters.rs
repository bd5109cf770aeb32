//! Letters are printed (J10): both passwords of each account are replaced, their hashes stored.
//!
//! The PDF and the database move together: the caller's `publish` puts the finished file in its
//! place as the last act inside the transaction, so that a full disk leaves nothing behind.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::letter::{Letter, LetterRun};
use crate::store::{Store, StoreError, account, audit, letter, request, session};

/// One letter: to whom, its number, and the hashes of what is printed on it.
#[derive(Debug)]
pub struct PrintedLetter {
    /// The account.
    pub account_id: i64,
    /// The number on the paper.
    pub number: String,
    /// Hash of the issuance password that the account had when the run began; none before its
    /// first letter. A letter printed meanwhile wins, or two papers would contradict each other.
    pub replaces: Option<String>,
    /// Argon2id hash of the temporary login password.
    pub login_password_hash: String,
    /// Argon2id hash of the issuance password.
    pub issuance_password_hash: String,
}

/// Why nothing was printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintError<P> {
    /// An account waits for a certificate that will be packed under the present issuance password.
    #[error(
        "{0} has an open request, packed under its present password: wait until it is issued, or reject it, then print"
    )]
    OpenRequest(String),
    /// Another run printed a letter for the account meanwhile.
    #[error("another letter was printed for {0} at the same time: run the command again")]
    PrintedMeanwhile(String),
    /// The file could not be put in its place.
    #[error(transparent)]
    Publish(P),
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl<P> From<StoreError> for PrintError<P> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Records a run, replaces the passwords, ends the sessions, then lets `publish` place the PDF.
pub fn print_letters<P>(
    store: &Store,
    act: &Act,
    run: &LetterRun,
    letters: &[PrintedLetter],
    publish: impl FnOnce() -> Result<(), P>,
) -> Result<(), PrintError<P>> {
    store.transaction(|db| {
        letter::insert_run(db, run)?;
        let mut rows = Vec::with_capacity(letters.len());
        let mut records = Vec::with_capacity(letters.len());
        for one in letters {
            let held = account::lock(db, one.account_id)?;
            if request::open_of_account(db, held.id)?.is_some() {
                return Err(PrintError::OpenRequest(held.user_id.to_string()));
            }
            if held.issuance_password_hash != one.replaces {
                return Err(PrintError::PrintedMeanwhile(held.user_id.to_string()));
            }
            let (login, issuance) = (&one.login_password_hash, &one.issuance_password_hash);
            account::set_letter_passwords(db, held.id, login, issuance, act.at)?;
            session::delete_of_account(db, held.id, None)?;
            rows.push(Letter {
                number: one.number.clone(),
                run_id: run.id.clone(),
                account_id: held.id,
                printed_at: act.at,
            });
            let record = Record::new(AuditAct::LetterPrint, format!("account:{}", held.user_id));
            records.push(record.with(serde_json::json!({ "letter": one.number, "run": run.id })));
        }
        letter::insert(db, &rows)?;
        let record = Record::new(AuditAct::LetterRun, format!("letter-run:{}", run.id));
        let facts = serde_json::json!({ "letters": run.letters, "pdf_sha256": run.pdf_sha256 });
        records.push(record.with(facts));
        audit::append(db, act, &records)?;
        publish().map_err(PrintError::Publish)
    })
}
