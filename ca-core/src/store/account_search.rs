//! Accounts by part of their user ID or name, folded as people expect (`domain::search`), which no database does alike.
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::listed::readable;
use super::schema::account;
use super::{Db, StoreResult};
use crate::domain::search::SearchText;

/// Numbers of the accounts that are found; those whose rows cannot be read are not.
pub fn matching(db: &mut Db, search: &SearchText) -> StoreResult<Vec<i64>> {
    let ids: Vec<i64> = account::table.select(account::id).load(db)?;
    let (names, _) = readable(db, &ids, |db, ids| {
        let some = account::table.filter(account::id.eq_any(ids));
        let some = some.select((account::id, account::user_id, account::name));
        Ok(some.load::<(i64, String, String)>(db)?)
    })?;
    let found = names.into_iter();
    let found = found.filter(|(_, user_id, name)| search.finds(user_id, name));
    Ok(found.map(|(id, ..)| id).collect())
}

/// Whether `column` (a name of ours) is one of `ids`: written out, since a list may be longer than the parameters that
/// a statement takes.
pub(super) fn one_of(column: &str, ids: &[i64]) -> SqlLiteral<Bool> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    match ids.is_empty() {
        true => diesel::dsl::sql("1 = 0"),
        false => diesel::dsl::sql(&format!("{column} IN ({})", ids.join(","))),
    }
}
