//! The journals line by line, each fact held against the database.
use std::collections::HashSet;
use std::path::PathBuf;

use ca_core::domain::revocation::RevocationEvent;
use ca_core::domain::serial::SerialNumber;
use ca_core::store::authority;
use ca_core::store::inspection::{bytes_of, events_of, intents_of, journal_given_up};
use ca_core::store::journal_mark::Mark;
use ca_core::store::{Store, StoreResult};
use chrono::{DateTime, Utc};

use super::absent::{Event, event};
use super::{Inspection, Report};
use crate::journal::{Certified, Fact, JournalKey, Line, beginning, files, some_lines_after};

/// Lines read, and looked up, in one go. Whatever signs waits for no longer than they are read.
const PAGE: i64 = 1_000;
pub(super) const KIND: &str = "journal";

impl File {
    /// How many lines to read: up to the line that the database knows, and no further in the same go.
    fn page(&self) -> i64 {
        let known = self.known.as_ref().map_or(0, |known| known.sequence);
        match known - self.end.sequence {
            ..=0 => PAGE,
            left => left.min(PAGE),
        }
    }

    /// Counts lines that carry a MAC. After the place that the database knows to be keyed every line has to.
    fn note_keyed(&mut self, lines: &[Line]) {
        self.keyed_lines += lines.iter().filter(|line| line.is_keyed).count() as u64;
        let end = &mut self.end;
        let reached = |known: &Mark| known.is_keyed && end.sequence >= known.sequence;
        end.is_keyed |= self.known.as_ref().is_some_and(reached);
    }
}

/// What the journals of a folder have.
#[derive(Debug)]
pub(super) struct Journals<'a> {
    key: Option<&'a JournalKey>,
    files: Vec<File>,
    certificates: Vec<SerialNumber>,
    events: Vec<Event>,
    lists: HashSet<(i64, i64)>,
    first: Option<DateTime<Utc>>,
    /// Whether nothing is missing or damaged, so that what they lack was never written.
    pub(super) are_whole: bool,
}

#[derive(Debug)]
struct File {
    name: String,
    path: PathBuf,
    end: Mark,
    /// Lines that carry a MAC.
    keyed_lines: u64,
    /// What the database knows of it.
    known: Option<Mark>,
    can_be_read: bool,
}

impl<'a> Journals<'a> {
    /// Those in the folder. One that the database knows and the folder lacks is a finding.
    pub(super) fn of(inspection: Inspection<'a>, marks: &[Mark], report: &mut Report) -> Self {
        let folder = inspection.journals;
        let mut journals = Self {
            key: inspection.key,
            files: Vec::new(),
            certificates: Vec::new(),
            events: Vec::new(),
            lists: HashSet::new(),
            first: None,
            are_whole: true,
        };
        let found = files(folder).unwrap_or_else(|error| {
            report.find(KIND, "it cannot be read", "folder", error);
            journals.are_whole = false;
            Vec::new()
        });
        let is_keyed = marks.iter().any(|mark| mark.is_keyed);
        for (name, path) in found {
            let known = marks.iter().find(|mark| mark.journal == name);
            // One that the database does not know was begun by a program whose lines carry MACs, if any do.
            let is_keyed = is_keyed && known.is_none();
            journals.files.push(File {
                end: Mark {
                    is_keyed,
                    ..beginning(&name)
                },
                keyed_lines: 0,
                known: known.cloned(),
                can_be_read: true,
                name,
                path,
            });
        }
        for mark in marks {
            if !journals.files.iter().any(|file| file.name == mark.journal) {
                let finding = "the database knows it and it is not in the folder: put every journal into one folder, --journals";
                report.find(KIND, finding, mark.journal.clone(), folder.display());
                journals.are_whole = false;
            }
        }
        journals
    }

    /// Reads on where the last reading ended, and holds what is there against the database.
    pub(super) fn read_on(&mut self, store: &Store, report: &mut Report) -> StoreResult<()> {
        let mut files = std::mem::take(&mut self.files);
        for file in &mut files {
            while file.can_be_read {
                let mut lines = Vec::new();
                let show = |line, _: &Mark| lines.push(line);
                match some_lines_after(&file.path, &file.end, self.key, file.page(), show) {
                    Ok(end) => file.end = end,
                    Err(error) => {
                        report.find(
                            KIND,
                            "it is damaged or cannot be read",
                            file.name.clone(),
                            error,
                        );
                        file.can_be_read = false;
                        self.are_whole = false;
                    }
                }
                file.note_keyed(&lines);
                self.hold_against_mark(file, &lines, report);
                self.take(store, file, &lines, report)?;
                if lines.is_empty() {
                    break;
                }
            }
            self.look_at_end(file, report);
        }
        self.files = files;
        self.certificates.sort_unstable();
        self.events.sort_unstable();
        Ok(())
    }

    fn hold_against_mark(&mut self, file: &File, lines: &[Line], report: &mut Report) {
        let Some(known) = &file.known else {
            return;
        };
        let own = lines
            .iter()
            .find(|line| i64::try_from(line.sequence) == Ok(known.sequence));
        if own.is_some_and(|line| line.hash != known.hash) {
            let finding = "it is not the file that the database knows";
            let object = format!("{} line {}", file.name, known.sequence);
            report.find(KIND, finding, object, "");
            self.are_whole = false;
        }
    }

    /// A file that was cut off is found once.
    fn look_at_end(&mut self, file: &mut File, report: &mut Report) {
        let end = file.end.sequence;
        let known = file.known.take().map_or(0, |known| known.sequence);
        if file.can_be_read && end < known {
            let words = format!("it has {end} lines");
            let object = format!("{} line {known}", file.name);
            report.find(
                KIND,
                "it ends before a line that the database knows",
                object,
                words,
            );
            self.are_whole = false;
        }
    }

    fn take(
        &mut self,
        store: &Store,
        file: &File,
        lines: &[Line],
        report: &mut Report,
    ) -> StoreResult<()> {
        let first = lines.iter().map(|line| line.at).min();
        self.first = [self.first, first].into_iter().flatten().min();
        self.hold_intents(store, file, lines, report)?;
        self.hold_certificates(store, file, lines, report)?;
        self.hold_events(store, file, lines, report)?;
        self.hold_roots_and_lists(store, file, lines, report)
    }

    fn hold_intents(
        &self,
        store: &Store,
        file: &File,
        lines: &[Line],
        report: &mut Report,
    ) -> StoreResult<()> {
        let told = |line: &Line| match &line.fact {
            Fact::Intended {
                serial,
                tbs_sha256,
                profile_sha256,
                ..
            } => Some((
                line.sequence,
                serial.to_hex(),
                tbs_sha256.clone(),
                profile_sha256.clone(),
            )),
            _ => None,
        };
        let told: Vec<_> = lines.iter().filter_map(told).collect();
        let serials: Vec<String> = told.iter().map(|(_, serial, ..)| serial.clone()).collect();
        let there = store.read(|db| intents_of(db, &serials))?;
        for (line, serial, tbs, profile) in told {
            let place = format!("{} line {line}", file.name);
            match there.get(&serial) {
                None => {
                    let finding = "the database has no intent for the serial that it tells of";
                    report.find(KIND, finding, place, serial);
                }
                // An intent that came back from a journal whose own line was lost knows no profile.
                Some((own, kept)) if *own != tbs || !(kept.is_empty() || *kept == profile) => {
                    let finding = "the database's intent is another than it tells of";
                    report.find(KIND, finding, place, serial);
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn hold_certificates(
        &mut self,
        store: &Store,
        file: &File,
        lines: &[Line],
        report: &mut Report,
    ) -> StoreResult<()> {
        for line in lines {
            if let Some(Err(words)) = Certified::of(&line.fact) {
                let finding = "it does not say what the certificate in it says";
                let place = format!("{} line {}", file.name, line.sequence);
                report.find(KIND, finding, place, words);
            }
        }
        let told = lines.iter().filter_map(|line| match &line.fact {
            Fact::Issued { serial, der, .. } => Some((line.sequence, *serial, der)),
            _ => None,
        });
        let told: Vec<_> = told.collect();
        self.certificates
            .extend(told.iter().map(|(_, serial, _)| *serial));
        let serials: Vec<String> = told.iter().map(|(_, serial, _)| serial.to_hex()).collect();
        let there = store.read(|db| bytes_of(db, &serials))?;
        for ((line, _, der), serial) in told.into_iter().zip(serials) {
            let place = format!("{} line {line}", file.name);
            match there.get(&serial) {
                None => {
                    let finding = "the database has not the certificate that it tells of";
                    report.find(KIND, finding, place, serial);
                }
                Some(own) if own != der => {
                    let finding =
                        "the database has other bytes of the certificate that it tells of";
                    report.find(KIND, finding, place, serial);
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn hold_events(
        &mut self,
        store: &Store,
        file: &File,
        lines: &[Line],
        report: &mut Report,
    ) -> StoreResult<()> {
        let told = |line: &Line| match &line.fact {
            Fact::Revocation {
                serial,
                event: word,
                happened_at,
                ..
            } => {
                let serial = serial.to_hex();
                let own = event(&serial, word.as_str(), happened_at.timestamp_millis());
                Some((line.sequence, serial, *word, own))
            }
            _ => None,
        };
        let told: Vec<_> = lines.iter().filter_map(told).collect();
        let serials: Vec<String> = told.iter().map(|(_, serial, ..)| serial.clone()).collect();
        let rows = store.read(|db| events_of(db, &serials))?;
        let rows = rows
            .iter()
            .map(|(_, _, serial, word, _, at)| event(serial, word, *at));
        let there: HashSet<Event> = rows.collect();
        let ever = |own: &Event, word: RevocationEvent| {
            let (_, place, _) = event("0", word.as_str(), 0);
            there.iter().any(|one| one.0 == own.0 && one.1 == place)
        };
        for (line, serial, word, own) in told {
            self.events.push(own);
            // What a restoration brought back for good needs no suspension before it; and a serial is given up once.
            let excused = match word {
                RevocationEvent::Held | RevocationEvent::Released => {
                    ever(&own, RevocationEvent::Revoked)
                }
                RevocationEvent::Abandoned => ever(&own, word),
                RevocationEvent::Revoked => false,
            };
            if !there.contains(&own) && !excused {
                let finding =
                    "the database has not the revocation, suspension or release that it tells of";
                let place = format!("{} line {line}", file.name);
                report.find(KIND, finding, place, format!("{word} {serial}"));
            }
        }
        Ok(())
    }

    fn hold_roots_and_lists(
        &mut self,
        store: &Store,
        file: &File,
        lines: &[Line],
        report: &mut Report,
    ) -> StoreResult<()> {
        let told = |line: &&Line| matches!(line.fact, Fact::Root { .. } | Fact::List { .. });
        let told: Vec<&Line> = lines.iter().filter(told).collect();
        if told.is_empty() {
            return Ok(());
        }
        let roots = store.read(authority::list)?;
        let root_of = |generation| roots.iter().find(|root| root.generation == generation);
        for line in told {
            let place = || format!("{} line {}", file.name, line.sequence);
            match &line.fact {
                Fact::Root {
                    generation, der, ..
                } if root_of(*generation).is_none_or(|own| own.certificate_der != *der) => {
                    let finding = "the database has not the root that it tells of";
                    report.find(KIND, finding, place(), format!("generation {generation}"));
                }
                Fact::List {
                    generation, number, ..
                } => {
                    self.lists.insert((*generation, *number));
                    if root_of(*generation).is_none_or(|own| own.crl_number < *number) {
                        let finding = "the database never drew the list's number that it tells of";
                        report.find(KIND, finding, place(), format!("{generation}/{number}"));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// From when on everything must be in a journal, epoch milliseconds: since the first line, or since a journal was
    /// given up. None when a journal is missing or damaged, or there is none.
    pub(super) fn begin(&self, store: &Store) -> StoreResult<Option<i64>> {
        let first = self.first.filter(|_| self.are_whole);
        let given_up = store.read(journal_given_up)?;
        Ok(first.map(|first| first.timestamp_millis().max(given_up.unwrap_or(i64::MIN))))
    }

    /// Whether a journal has the certificate.
    pub(super) fn has_certificate(&self, serial: &str) -> bool {
        let serial = SerialNumber::from_hex(serial);
        serial.is_ok_and(|serial| self.certificates.binary_search(&serial).is_ok())
    }

    /// Whether a journal has the event.
    pub(super) fn has_event(&self, event: &Event) -> bool {
        self.events.binary_search(event).is_ok()
    }

    /// Whether a journal has the list's number.
    pub(super) fn has_list(&self, generation: i64, number: i64) -> bool {
        self.lists.contains(&(generation, number))
    }

    /// Says how much was read.
    pub(super) fn count(&self, report: &mut Report) {
        for file in &self.files {
            report.looked_at.journals += 1;
            report.looked_at.journal_lines += file.end.sequence;
            if self.key.is_some() {
                *report.looked_at.journal_macs.get_or_insert(0) += file.keyed_lines;
            }
        }
    }
}
