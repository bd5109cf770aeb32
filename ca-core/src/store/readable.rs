//! Reading many rows of which one may be damaged or hostile: that one is left out by name, the others are read.
use super::{Db, StoreResult};

/// What could be read, and for each key whose row could not: the key and why.
pub(super) type Readable<K, T> = (Vec<T>, Vec<(K, String)>);

/// Loads the rows of `keys` at once; if one of them cannot be understood, one by one.
///
/// # Errors
/// When the database itself fails.
pub(super) fn readable<K: Clone, T>(
    db: &mut Db,
    keys: &[K],
    load: impl Fn(&mut Db, &[K]) -> StoreResult<Vec<T>>,
) -> StoreResult<Readable<K, T>> {
    match load(db, keys) {
        Ok(rows) => return Ok((rows, Vec::new())),
        Err(error) if error.is_unreadable() => {}
        Err(error) => return Err(error),
    }
    let (mut rows, mut damaged) = (Vec::with_capacity(keys.len()), Vec::new());
    for key in keys {
        match load(db, std::slice::from_ref(key)) {
            Ok(found) => rows.extend(found),
            Err(error) if error.is_unreadable() => damaged.push((key.clone(), error.to_string())),
            Err(error) => return Err(error),
        }
    }
    Ok((rows, damaged))
}
