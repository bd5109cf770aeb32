//! Reading many rows of which some may be damaged or hostile: those are left out by name, the others are read.
//!
//! Every list that people look at is a [`Listed`], so that one bad row never hides its neighbours, and is never hidden.
use std::fmt::Display;

use super::{Db, StoreResult};

/// Rows in one statement: SQLite takes 32,766 parameters.
const AT_ONCE: usize = 10_000;

/// One page of a list.
#[derive(Debug, Clone, Default)]
pub struct Listed<T> {
    /// Those that can be read.
    pub rows: Vec<T>,
    /// The names of those that cannot, as the audit names objects (`request:<id>`): damaged, or written by somebody
    /// else.
    pub unreadable: Vec<String>,
    /// How many there are in all, on every page.
    pub total: i64,
}

impl<T> Listed<T> {
    /// Adds to every row what belongs to it; a row whose belongings cannot be read is named in its place.
    ///
    /// # Errors
    /// When the database itself fails.
    pub fn with<U>(
        self,
        db: &mut Db,
        name: impl Fn(&T) -> String,
        mut more: impl FnMut(&mut Db, T) -> StoreResult<U>,
    ) -> StoreResult<Listed<U>> {
        let (mut rows, mut unreadable) = (Vec::with_capacity(self.rows.len()), self.unreadable);
        for row in self.rows {
            let name = name(&row);
            match more(db, row) {
                Ok(whole) => rows.push(whole),
                Err(error) if error.is_unreadable() => unreadable.push(name),
                Err(error) => return Err(error),
            }
        }
        Ok(Listed {
            rows,
            unreadable,
            total: self.total,
        })
    }

    /// Says in the log which rows cannot be read, for lists that no page shows.
    pub fn tell(&self) {
        for row in &self.unreadable {
            tracing::error!(
                ?row,
                "this row cannot be read: it is damaged or was changed; run `ca-cli audit verify`"
            );
        }
    }
}

/// What could be read, and for each key whose row could not: the key and why.
pub(super) type Readable<K, T> = (Vec<T>, Vec<(K, String)>);

/// The rows of `keys`, which are those of one page of a table; unreadable ones are named by table and key.
///
/// # Errors
/// When the database itself fails.
pub(super) fn listed<K: Clone + Display, T>(
    db: &mut Db,
    table: &str,
    keys: &[K],
    total: i64,
    load: impl Fn(&mut Db, &[K]) -> StoreResult<Vec<T>>,
) -> StoreResult<Listed<T>> {
    let (rows, damaged) = readable(db, keys, load)?;
    let name = |(key, _): (K, String)| format!("{table}:{key}");
    Ok(Listed {
        rows,
        unreadable: damaged.into_iter().map(name).collect(),
        total,
    })
}

/// Loads the rows of `keys` at once; if one of them cannot be understood, by halves until it is alone.
///
/// # Errors
/// When the database itself fails.
pub(super) fn readable<K: Clone, T>(
    db: &mut Db,
    keys: &[K],
    load: impl Fn(&mut Db, &[K]) -> StoreResult<Vec<T>>,
) -> StoreResult<Readable<K, T>> {
    let mut found = (Vec::with_capacity(keys.len()), Vec::new());
    for some in keys.chunks(AT_ONCE) {
        by_halves(db, some, &load, &mut found)?;
    }
    Ok(found)
}

fn by_halves<K: Clone, T>(
    db: &mut Db,
    keys: &[K],
    load: &impl Fn(&mut Db, &[K]) -> StoreResult<Vec<T>>,
    found: &mut Readable<K, T>,
) -> StoreResult<()> {
    match (load(db, keys), keys) {
        (Ok(rows), _) => found.0.extend(rows),
        (Err(error), _) if !error.is_unreadable() => return Err(error),
        (Err(_), []) => {}
        (Err(error), [key]) => found.1.push((key.clone(), error.to_string())),
        (Err(_), _) => {
            let (one, other) = keys.split_at(keys.len() / 2);
            by_halves(db, one, load, found)?;
            by_halves(db, other, load, found)?;
        }
    }
    Ok(())
}
