//! When a list is made, and how it comes to be the newest one.
use ca_core::domain::actor::Act;
use ca_core::domain::update_time::this_update;
use ca_core::flow::publish_crl::{draw_crl_number, publish_crl};
use ca_core::store::crl::{self, Crl};
use ca_core::store::{Store, StoreError, StoreResult, authority, revocation};
use chrono::{DateTime, Duration, Months, SubsecRound, Utc};
use sha2::{Digest, Sha256};

use super::entry::{EntryError, merge};
use super::events::{Leaving, changes, pages, write_all};
use super::layout::{Begun, Head, begin};
use super::lint::{CrlLintError, Expected, lint};
use super::reading::read;
use crate::authority::{AuthorityError, check_life};
use crate::certificate::Issuer;
use crate::journal::{GuardError, Journal, JournalError, Noted};
use crate::signer::{Signer, SignerError};

/// Makes lists for one generation.
#[derive(Clone, Copy)]
pub struct Publisher<'a> {
    /// The database.
    pub store: &'a Store,
    /// The root that the lists are of.
    pub issuer: &'a Issuer,
    /// Its key.
    pub signer: &'a dyn Signer,
    /// What the list says is written here before it is signed.
    pub journal: &'a Journal,
    /// How long a list may be relied on; it is made anew after half of that.
    pub validity: Duration,
    /// The longest life of any profile.
    pub longest_life: Months,
}

/// A list that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The list.
    pub list: Crl,
    /// Whether it was made from the list before, not from every event.
    pub from_the_last: bool,
}

/// Why there is no new list. The last one stays.
#[derive(Debug, thiserror::Error)]
pub enum CrlError {
    /// The root cannot sign now.
    #[error("the revocation list: {0}")]
    Authority(#[from] Box<AuthorityError>),
    /// The signer gave no signature.
    #[error("the revocation list: {0}")]
    Signer(#[from] SignerError),
    /// The signer holds another key than the root's.
    #[error("the revocation list: the CA key does not belong to the root of generation {0}")]
    WrongKey(i64),
    /// The signature does not verify.
    #[error(
        "the revocation list: the CA key gave a signature that does not verify; check the signer's hardware"
    )]
    BadSignature,
    /// The lint found something; nothing was signed.
    #[error("the revocation list was not signed: {0}")]
    Lint(#[from] CrlLintError),
    /// The journal cannot be written.
    #[error("the revocation list was not signed: {0}")]
    Journal(#[from] JournalError),
    /// The journal knows more than the database.
    #[error("the revocation list was not signed: {0}")]
    Guard(#[from] GuardError),
    /// The program's own fault.
    #[error("the revocation list: the program panicked; the log has the place")]
    Panicked,
    /// The database says no.
    #[error("the revocation list: {0}")]
    Store(#[from] StoreError),
}

/// Why a list is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    /// By its age, or there is none yet: from every event, and what may leave leaves.
    Regular,
    /// Something was revoked: from the list before.
    AtOnce,
}

impl Publisher<'_> {
    /// Makes a list if one is due: there is none, the last regular one has passed half its life, it lies in the
    /// future, or something was revoked.
    ///
    /// None when nothing is due, or when another worker published a newer one meanwhile.
    pub fn publish_if_due(&self, act: &Act) -> Result<Option<Made>, CrlError> {
        let (newest, last, number) = self.state()?;
        match self.due(newest.as_ref(), last, number, act.at) {
            Some(due) => self.publish(act, newest.as_ref(), due),
            None => Ok(None),
        }
    }

    /// Makes a list from every event, due or not.
    pub fn publish_now(&self, act: &Act) -> Result<Option<Made>, CrlError> {
        let (newest, ..) = self.state()?;
        self.publish(act, newest.as_ref(), Due::Regular)
    }

    /// The newest list, the number of the last event, the last number that was drawn.
    fn state(&self) -> StoreResult<(Option<Crl>, i64, i64)> {
        let generation = self.issuer.generation();
        self.store.read(|db| {
            let newest = crl::newest(db, generation)?;
            let drawn = authority::find(db, generation)?.map_or(0, |root| root.crl_number);
            Ok((newest, revocation::last_sequence(db, generation)?, drawn))
        })
    }

    fn due(&self, newest: Option<&Crl>, last: i64, drawn: i64, now: DateTime<Utc>) -> Option<Due> {
        let Some(newest) = newest else {
            return Some(Due::Regular);
        };
        let old = now >= newest.regular_at + self.validity / 2;
        // A clock that was set back leaves a list that nobody may use yet.
        let unborn = newest.this_update > now + Duration::minutes(1);
        if old || unborn {
            Some(Due::Regular)
        } else {
            // A number above the newest list's: the list that bore it failed, or was lost with the database.
            (last > newest.covered || drawn > newest.number).then_some(Due::AtOnce)
        }
    }

    fn publish(&self, act: &Act, newest: Option<&Crl>, due: Due) -> Result<Option<Made>, CrlError> {
        check_life(self.issuer, act.at).map_err(Box::new)?;
        let generation = self.issuer.generation();
        if self.signer.public_key().spki() != self.issuer.public_key().spki() {
            return Err(CrlError::WrongKey(generation));
        }
        self.signer.ready()?;
        self.journal.make_room(1)?;
        let made_at = act.at.trunc_subsecs(0);
        // The first list begins with the root at the earliest.
        let begin = self.issuer.validity().not_before - Duration::seconds(1);
        let last = newest.map_or(begin, |newest| newest.this_update);
        let this_update = this_update(act.at, Some(last));
        let head = Head {
            issuer: self.issuer,
            number: draw_crl_number(self.store, generation)?,
            this_update,
            next_update: made_at + self.validity,
        };
        let written = self.write(&head, newest, due)?;
        let expected = Expected {
            head,
            number_before: newest.map_or(0, |newest| newest.number),
            entries: written.entries,
        };
        let laid_out = written.begun.lay_out(&head);
        lint(laid_out.tbs(), &expected)?;
        let noted = self.note(act, head.number, newest, written.covered)?;
        let der = laid_out.sign(self.signer, &noted)?;
        let signed = read(&der).map_err(|_| CrlError::BadSignature)?;
        if !self
            .issuer
            .public_key()
            .verifies(signed.tbs, signed.signature)
        {
            return Err(CrlError::BadSignature);
        }
        let regular = newest.filter(|_| due == Due::AtOnce);
        let list = Crl {
            generation,
            number: head.number,
            this_update,
            next_update: head.next_update,
            covered: written.covered,
            regular_at: regular.map_or(made_at, |last| last.regular_at),
            regular_covered: regular.map_or(written.covered, |last| last.regular_covered),
            entries: written.entries,
            sha256: hex::encode(Sha256::digest(&der)),
        };
        let published = publish_crl(self.store, act, &list, &der)?;
        Ok(published.then_some(Made {
            list,
            from_the_last: written.from_the_last,
        }))
    }

    /// Writes to the journal what the list is going to say that no list said before, and the list's number.
    fn note(
        &self,
        act: &Act,
        number: i64,
        newest: Option<&Crl>,
        covered: i64,
    ) -> Result<Noted, CrlError> {
        let generation = self.issuer.generation();
        if self.journal.is_kept() {
            let said_before = newest.map_or(0, |newest| newest.covered);
            pages(self.store, generation, said_before, |events| {
                Ok::<_, CrlError>(self.journal.note_revocations(act.at, events)?)
            })?;
        }
        Ok(self
            .journal
            .note_list(act.at, generation, number, covered)?)
    }

    fn write(&self, head: &Head<'_>, newest: Option<&Crl>, due: Due) -> StoreResult<Written> {
        if due == Due::AtOnce
            && let Some(written) = self.write_from_the_last(head)?
        {
            return Ok(written);
        }
        let leaving = newest.map(|newest| Leaving {
            regular_at: newest.regular_at,
            regular_covered: newest.regular_covered,
            longest_life: self.longest_life,
        });
        let leaving = leaving.filter(|_| due == Due::Regular);
        let mut begun = begin(head, 0);
        let generation = self.issuer.generation();
        let bound = head.this_update;
        let (entries, covered) =
            write_all(self.store, (generation, bound), leaving, &mut begun.buffer)?;
        Ok(Written {
            begun,
            entries,
            covered,
            from_the_last: false,
        })
    }

    /// The last list's entries with the events since then worked in. None when that list is not there, or is not
    /// what this key signed under this number: whoever can write the database does not take entries out this way.
    fn write_from_the_last(&self, head: &Head<'_>) -> StoreResult<Option<Written>> {
        let generation = self.issuer.generation();
        let last = self
            .store
            .read(|db| crl::newest_with_bytes(db, generation))?;
        let Some((last, der)) = last else {
            return Ok(None);
        };
        let genuine = read(&der).ok().filter(|signed| {
            signed.said.number == last.number
                && self
                    .issuer
                    .public_key()
                    .verifies(signed.tbs, signed.signature)
        });
        let Some(genuine) = genuine else {
            let number = last.number;
            tracing::error!(
                generation,
                number,
                "the stored list is not what was signed; every event is read again"
            );
            return Ok(None);
        };
        let (changes, covered) = changes(self.store, (generation, head.this_update), last.covered)?;
        let old = genuine.said.entries;
        let mut begun = begin(head, old.len() + changes.len() * 64);
        match merge(old, &changes, &mut begun.buffer) {
            Ok(entries) => Ok(Some(Written {
                begun,
                entries,
                covered,
                from_the_last: true,
            })),
            Err(EntryError) => Ok(None),
        }
    }
}

/// Entries, written where they will be signed.
struct Written {
    begun: Begun,
    entries: i64,
    covered: i64,
    from_the_last: bool,
}

impl std::fmt::Debug for Publisher<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Publisher(generation {})", self.issuer.generation())
    }
}
