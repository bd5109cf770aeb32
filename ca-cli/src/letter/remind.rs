//! A run of reminders: certificates that end soon, of offices that cannot be reached by mail.
//!
//! The steps are those of [`Press::print`], but no password is made: nothing on these sheets is secret.

use std::path::Path;

use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::random::bytes;
use ca_core::domain::user_id::UserIdError;
use ca_core::flow::remind_by_letter::{
    Due, Reminder, ReminderError, remind_by_letter, reminders_due,
};
use ca_core::store::letter::LetterRun;

use super::draft::{self, Draft, DraftError};
use super::printable::{self, Unprintable};
use super::{
    MOST_LETTERS, Press, PressError, ReminderText, SelectionError, Template, render_reminders,
    selection,
};

/// A run of reminders that was printed and recorded.
#[derive(Debug)]
pub struct Reminded {
    /// Its name in the database and in the audit log.
    pub run_id: String,
    /// What the letters say.
    pub letters: Vec<ReminderText>,
    /// Reminders that are still due because a PDF holds no more than [`MOST_LETTERS`].
    pub left_over: usize,
    /// Accounts whose reminders cannot be printed; they are due as before.
    pub left_out: Vec<Unprintable>,
}

impl Press<'_> {
    /// Prints every reminder that is due into `target` in the name of `staff`; none when nothing is due, and then
    /// no file either.
    ///
    /// # Errors
    /// [`PressError`], with the database and the folder as they were, as [`Press::print`] says.
    pub fn remind(
        &self,
        staff: &str,
        target: &Path,
        replace: bool,
    ) -> Result<Option<Reminded>, PressError> {
        self.finish_earlier(target)?;
        let act = Act::new(Actor::Staff(staff.to_owned()), self.clock.now());
        let mut due = reminders_due(self.store, act.at)?;
        if due.is_empty() {
            return Ok(None);
        }
        draft::refuse_existing(target, replace)?;
        let left_over = due.len().saturating_sub(MOST_LETTERS);
        due.truncate(MOST_LETTERS);
        let run_id = hex::encode(bytes::<16>(self.random));
        let mut letters = self.reminders(&due, &act)?;
        let (run_text, template) = (self.run_text(act.at)?, self.reminder_template());
        let (pdf, left_out) = printable::draw(&mut letters, |letters| {
            render_reminders(&run_text, letters, &template)
        })?;
        due.retain(|own| {
            let user_id = own.account.user_id.as_str();
            !left_out.iter().any(|bad| bad.user_id == user_id)
        });
        let run = LetterRun {
            id: run_id.clone(),
            printed_by: act.actor.to_string(),
            printed_at: act.at,
            letters: i64::try_from(letters.len()).unwrap_or(i64::MAX),
            pdf_sha256: draft::sha256(&pdf),
        };
        let rows: Vec<Reminder> = due
            .iter()
            .zip(&letters)
            .map(|(due, letter)| Reminder {
                account_id: due.account.id,
                user_id: letter.user_id.clone(),
                serial: due.ending.serial,
                number: letter.number.clone(),
            })
            .collect();
        let mut draft = Draft::new(target, &self.installation()?, &run_id);
        let recorded = remind_by_letter(self.store, &act, &run, &rows, || draft.write(&pdf));
        self.settle_reminders(recorded, &run, &draft, &rows)?;
        draft.place(replace)?;
        Ok(Some(Reminded {
            run_id,
            letters,
            left_over,
            left_out,
        }))
    }

    fn settle_reminders(
        &self,
        recorded: Result<(), ReminderError<DraftError>>,
        run: &LetterRun,
        draft: &Draft,
        rows: &[Reminder],
    ) -> Result<(), PressError> {
        let error = match recorded {
            Ok(()) => return Ok(()),
            Err(ReminderError::Publish(error)) => return Err(error.into()),
            Err(ReminderError::DueNoLonger(user_id)) => {
                return Err(PressError::DueNoLonger(user_id.to_string()));
            }
            Err(ReminderError::Store(error)) => error,
        };
        let first = rows.first().map(|row| row.account_id);
        self.settle_commit(error, run, draft, first)
    }

    fn reminders(&self, due: &[Due], act: &Act) -> Result<Vec<ReminderText>, PressError> {
        let classes = self.config.classes();
        let run = selection::number(self.random, act.at);
        let letters = due.iter().zip(1..).map(|(due, index)| {
            let user_id = due.account.user_id.clone();
            Ok(ReminderText {
                number: format!("{run}-{index:04}"),
                class: classes.class_of(&user_id)?.clone(),
                user_id,
                addressee: selection::addressee(&due.account),
                until: due.ending.not_after,
            })
        });
        let letters: Result<_, UserIdError> = letters.collect();
        Ok(letters.map_err(SelectionError::from)?)
    }

    fn reminder_template(&self) -> Template {
        Template::reminder().with_fonts(self.config.letter.fonts.clone())
    }
}
