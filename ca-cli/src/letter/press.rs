//! A run of letters (J10): new passwords on paper, their hashes in the database, both or neither.
//!
//! The PDF is a draft until the database has committed, and stands under its own name only
//! afterwards. What a crash leaves behind, by the step it came after:
//!
//! | after | folder | database | what happens next |
//! |---|---|---|---|
//! | 4 | nothing | nothing | print again |
//! | 5 draft written | draft | nothing | the next run or `letter recover` deletes the draft |
//! | 6 committed | draft | the run, with the draft's SHA-256 | the next run or `letter recover` gives it its name |
//! | 7 placed | PDF | the run | done |

use std::path::{Path, PathBuf};

use ca_core::config::{Config, LetterConfig};
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::random::{Random, bytes};
use ca_core::domain::thumbprint::Thumbprint;
use ca_core::domain::time::Clock;
use ca_core::flow::print_letters::{PrintError, PrintedLetter, print_letters};
use ca_core::private_file;
use ca_core::store::letter::LetterRun;
use ca_core::store::{Store, StoreError, account, authority, letter};
use chrono::{DateTime, Utc};

use super::draft::{self, Draft, DraftError, Recovered};
use super::hash::{self, Hashes};
use super::press_error::PressError;
use super::printable::{self, Unprintable};
use super::selection::{self, Chosen, Selection};
use super::{Contact, LetterError, LetterText, RunText, Sender, Template, render};
use crate::file::is_standard_output;

/// Everything that printing needs.
#[derive(Clone, Copy)]
pub struct Press<'a> {
    /// Sender, template, classes, cost of a hash.
    pub config: &'a Config,
    /// The register.
    pub store: &'a Store,
    /// The letters' date.
    pub clock: &'a dyn Clock,
    /// Where passwords and numbers come from.
    pub random: &'a dyn Random,
}

/// What to print, and where to.
#[derive(Debug, Clone)]
pub struct Order {
    /// Whose letters.
    pub selection: Selection,
    /// The PDF.
    pub target: PathBuf,
    /// Whether a file of that name may be replaced.
    pub replace: bool,
}

/// A run that was printed and recorded.
#[derive(Debug)]
pub struct Printed {
    /// Its name in the database and in the audit log.
    pub run_id: String,
    /// What the letters say, passwords included: for the caller to drop, or for a demo to show.
    pub letters: Vec<LetterText>,
    /// Letters that are still due because of the order's limit.
    pub left_over: usize,
    /// Accounts whose letters cannot be printed; they are due as before.
    pub left_out: Vec<Unprintable>,
}

impl Press<'_> {
    /// Prints the letters of `order` in the name of `staff`.
    ///
    /// # Errors
    /// [`PressError`]. But for its last two cases the database and the folder are as they were.
    pub fn print(&self, staff: &str, order: &Order) -> Result<Printed, PressError> {
        // 1. What an earlier, interrupted run left in this folder.
        self.finish_earlier(&order.target)?;
        draft::refuse_existing(&order.target, order.replace)?;
        // 2. Whose letters, and what they say; fresh passwords.
        let act = Act::new(Actor::Staff(staff.to_owned()), self.clock.now());
        let Chosen {
            mut accounts,
            left_over,
        } = selection::choose(self.store, self.config, &order.selection)?;
        let run_id = hex::encode(bytes::<16>(self.random));
        let mut letters = selection::letters(&accounts, self.config, self.random, act.at)?;
        // 3. The PDF, in memory: a broken template ends it here; who cannot be printed is left out.
        let (run_text, template) = (self.run_text(act.at)?, template(&self.config.letter)?);
        let (pdf, left_out) = printable::draw(&mut letters, |letters| {
            render(&run_text, letters, &template)
        })?;
        accounts.retain(|own| {
            !left_out
                .iter()
                .any(|bad| bad.user_id == own.user_id.as_str())
        });
        // 4. What the database keeps of the passwords.
        let hashes = hash::all(&letters, &self.config.password, self.random)?;
        let run = LetterRun {
            id: run_id.clone(),
            printed_by: act.actor.to_string(),
            printed_at: act.at,
            letters: i64::try_from(letters.len()).unwrap_or(i64::MAX),
            pdf_sha256: draft::sha256(&pdf),
        };
        // 5. and 6. The draft, then the commit; 7. the draft gets its name.
        let rows = rows(&accounts, &letters, &hashes);
        let mut draft = Draft::new(&order.target, &self.installation()?, &run_id);
        let recorded = print_letters(self.store, &act, &run, &rows, || draft.write(&pdf));
        self.settle(recorded, &run, &draft, &rows)?;
        draft.place(order.replace)?;
        Ok(Printed {
            run_id,
            letters,
            left_over,
            left_out,
        })
    }

    /// Looks through `folder` for drafts: places those that were recorded, removes the others.
    ///
    /// # Errors
    /// When the folder or the database cannot be read, or a recorded draft cannot be placed.
    pub fn recover(&self, folder: &Path) -> Result<Vec<Recovered>, PressError> {
        let root = self.installation()?;
        draft::recover(folder, &root, |run_id| {
            self.store.read(|db| letter::find_run(db, run_id))
        })
    }

    pub(super) fn finish_earlier(&self, target: &Path) -> Result<(), PressError> {
        if is_standard_output(target) {
            return Ok(());
        }
        let recovered = self.recover(private_file::folder_of(target))?;
        let (mut paths, mut letters) = (Vec::new(), 0);
        for one in recovered {
            if let Recovered::Placed {
                path,
                letters: placed,
            } = one
            {
                paths.push(path.display().to_string());
                letters += placed;
            }
        }
        if paths.is_empty() {
            return Ok(());
        }
        Err(PressError::EarlierRun {
            paths: paths.join(", "),
            letters,
        })
    }

    /// What drafts of this installation are known by: its first root, which no later one replaces.
    pub(super) fn installation(&self) -> Result<Thumbprint, PressError> {
        let all = self.store.read(authority::list)?;
        let first = all.first().ok_or(PressError::NoAuthority)?;
        Ok(Thumbprint::of_der(&first.certificate_der))
    }

    /// The thumbprint of the root in use, and of the one before it if that is still active.
    fn roots(&self) -> Result<(Thumbprint, Option<Thumbprint>), PressError> {
        let active = self.store.read(authority::active)?;
        let mut newest_first = active
            .iter()
            .rev()
            .map(|root| Thumbprint::of_der(&root.certificate_der));
        let current = newest_first.next().ok_or(PressError::NoAuthority)?;
        Ok((current, newest_first.next()))
    }

    /// After an error: was it recorded or not? The answer decides whether the draft stays.
    fn settle(
        &self,
        recorded: Result<(), PrintError<DraftError>>,
        run: &LetterRun,
        draft: &Draft,
        rows: &[PrintedLetter],
    ) -> Result<(), PressError> {
        let error = match recorded {
            Ok(()) => return Ok(()),
            Err(PrintError::Publish(error)) => return Err(error.into()),
            Err(PrintError::OpenRequest(user_id)) => return Err(PressError::OpenRequest(user_id)),
            Err(PrintError::PrintedMeanwhile(user_id)) => {
                return Err(PressError::PrintedMeanwhile(user_id));
            }
            Err(PrintError::Store(error)) => error,
        };
        let first = rows.first().map(|row| row.account_id);
        self.settle_commit(error, run, draft, first)
    }

    /// After an error of the database, `first` being an account that the transaction locked.
    pub(super) fn settle_commit(
        &self,
        error: StoreError,
        run: &LetterRun,
        draft: &Draft,
        first: Option<i64>,
    ) -> Result<(), PressError> {
        if !draft.is_written() {
            return Err(error.into());
        }
        // The commit itself failed. Its transaction held this account: once the lock is ours,
        // the answer is final.
        let found = self.store.transaction(|db| {
            if let Some(first) = first {
                account::lock(db, first)?;
            }
            letter::find_run(db, &run.id)
        });
        match found {
            Ok(Some(_)) => Ok(()),
            Ok(None) => {
                draft.remove();
                Err(error.into())
            }
            Err(_) => Err(PressError::Unknown {
                draft: draft.path().to_owned(),
                reason: error,
            }),
        }
    }

    pub(super) fn run_text(&self, printed_at: DateTime<Utc>) -> Result<RunText, PressError> {
        let Config {
            service, letter, ..
        } = self.config;
        let (thumbprint, older_thumbprint) = self.roots()?;
        let name = if letter.sender_name.is_empty() {
            &service.name
        } else {
            &letter.sender_name
        };
        Ok(RunText {
            printed_at,
            sender: Sender {
                name: name.clone(),
                name_en: service.name_en.clone(),
                postal_code: letter.sender_postal_code.clone(),
                address: letter.sender_address.clone(),
            },
            contact: Contact {
                japanese: service.contact.clone(),
                english: service.contact_en.clone(),
            },
            site_address: service.public_url.clone(),
            thumbprint,
            older_thumbprint,
            valid_until: None,
        })
    }
}

/// The configured template, or the built-in one, with the configured fonts.
///
/// # Errors
/// When the configured template cannot be read.
pub fn template(config: &LetterConfig) -> Result<Template, LetterError> {
    let template = match &config.template {
        Some(path) => Template::read(path)?,
        None => Template::built_in(),
    };
    Ok(template.with_fonts(config.fonts.clone()))
}

fn rows(
    accounts: &[account::Account],
    letters: &[LetterText],
    hashes: &[Hashes],
) -> Vec<PrintedLetter> {
    accounts
        .iter()
        .zip(letters)
        .zip(hashes)
        .map(|((account, letter), hashes)| PrintedLetter {
            account_id: account.id,
            number: letter.number.clone(),
            replaces: account.issuance_password_hash.clone(),
            login_password_hash: hashes.login.as_str().to_owned(),
            issuance_password_hash: hashes.issuance.as_str().to_owned(),
        })
        .collect()
}
