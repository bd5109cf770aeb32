//! The other way round: what the database has and no journal.
use ca_core::domain::revocation::RevocationEvent;
use ca_core::domain::serial::SerialNumber;
use chrono::{DateTime, Utc};

use super::Report;
use super::journal::{Journals, KIND};

/// What happened to a serial, and when: small, since there may be a million.
pub(super) type Event = (Option<SerialNumber>, u8, i64);

/// An event by its words. One whose words are not ours is like no other.
pub(super) fn event(serial: &str, word: &str, at: i64) -> Event {
    let place = RevocationEvent::ALL.iter();
    let place = place
        .map(|event| event.as_str())
        .position(|one| one == word);
    let place = place.and_then(|place| u8::try_from(place).ok());
    (
        SerialNumber::from_hex(serial).ok(),
        place.unwrap_or(u8::MAX),
        at,
    )
}

/// What no journal had when it was looked at.
#[derive(Debug, Default)]
pub(super) struct Absent {
    begin: Option<i64>,
    /// Serial, and when it was recorded.
    pub(super) certificates: Vec<(String, i64)>,
    /// Generation, number, and when it was made.
    pub(super) lists: Vec<(i64, i64, i64)>,
    /// The event and its serial.
    pub(super) events: Vec<(Event, String)>,
}

impl Absent {
    /// Looks for what is of `begin` or later.
    pub(super) fn since(begin: Option<i64>) -> Self {
        Self {
            begin,
            ..Self::default()
        }
    }

    /// Whether what happened at this instant must be in a journal.
    pub(super) fn counts(&self, at: i64) -> bool {
        self.begin.is_some_and(|begin| begin <= at)
    }

    /// What is still in no journal after they were read once more, and was there before all this began.
    pub(super) fn tell(self, began: DateTime<Utc>, journals: &Journals, report: &mut Report) {
        if !journals.are_whole {
            return;
        }
        let began = began.timestamp_millis();
        for (serial, at) in self.certificates {
            if at < began && !journals.has_certificate(&serial) {
                report.find(KIND, "no journal has the certificate", serial, "");
            }
        }
        for (generation, number, at) in self.lists {
            if at < began && !journals.has_list(generation, number) {
                let object = format!("{generation}/{number}");
                report.find(KIND, "no journal has the number of the list", object, "");
            }
        }
        for (event, serial) in self.events {
            if event.2 < began && !journals.has_event(&event) {
                let finding = "no journal has the revocation, suspension or release";
                report.find(KIND, finding, serial, "");
            }
        }
    }
}
