//! Wake-up calls between programs on PostgreSQL (LISTEN and NOTIFY): work is begun when it is there, not at the next
//! look. A call that is lost costs no more than the wait until that look. SQLite has none.
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{Db, Store, StoreResult};

/// What there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// A request was approved.
    Queue,
    /// Something was revoked, or its OCSP answer is owed.
    Revocation,
    /// A mail is owed.
    Outbox,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 3] = [Self::Queue, Self::Revocation, Self::Outbox];

    fn channel(self) -> &'static str {
        match self {
            Self::Queue => "inkan_queue",
            Self::Revocation => "inkan_revocation",
            Self::Outbox => "inkan_outbox",
        }
    }
}

/// Calls those who listen, once the transaction is committed; several calls of one transaction are one.
pub(super) fn call(db: &mut Db, topic: Topic) -> StoreResult<()> {
    if let Db::Postgres(db) = db {
        let call = diesel::sql_query("SELECT pg_notify($1, '')");
        call.bind::<Text, _>(topic.channel()).execute(db)?;
    }
    Ok(())
}

/// A connection of its own that hears the calls.
pub struct Listener {
    db: PgConnection,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

impl Store {
    /// Begins to listen. On SQLite there is nothing to hear, hence nobody who listens.
    pub fn listener(&self) -> StoreResult<Option<Listener>> {
        let Db::Postgres(mut db) = self.another_connection()? else {
            return Ok(None);
        };
        for topic in Topic::ALL {
            db.batch_execute(&format!("LISTEN {}", topic.channel()))?;
        }
        Ok(Some(Listener { db }))
    }
}

impl Listener {
    /// The topics called since the last look. Does not wait, and asks the server nothing.
    ///
    /// # Errors
    /// When the connection is gone: calls may have been lost.
    pub fn heard(&mut self) -> StoreResult<Vec<Topic>> {
        let mut topics = Vec::new();
        for call in self.db.notifications_iter() {
            let call = call?;
            topics.extend(
                Topic::ALL
                    .into_iter()
                    .find(|topic| topic.channel() == call.channel),
            );
        }
        Ok(topics)
    }
}
