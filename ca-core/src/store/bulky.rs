//! Rows too large to be what they claim: found before they are loaded or counted on.
//!
//! Whoever can write a row could otherwise fill the worker's memory with it, or stop a whole batch by a number that
//! cannot be raised.
use diesel::prelude::*;
use diesel::sql_types::{Binary, Nullable, Text};

use super::schema::{account, outbox, request};
use super::{Db, StoreResult};

/// More bytes than any column of a request or an account holds.
const MOST: i64 = 16_384;

diesel::define_sql_function! {
    /// Bytes of a text.
    #[sql_name = "octet_length"]
    fn text_bytes(text: Text) -> diesel::sql_types::BigInt;
}
diesel::define_sql_function! {
    /// Bytes of a text that may be absent.
    #[sql_name = "octet_length"]
    fn maybe_text_bytes(text: Nullable<Text>) -> Nullable<diesel::sql_types::BigInt>;
}
diesel::define_sql_function! {
    /// Bytes of what may be absent.
    #[sql_name = "octet_length"]
    fn maybe_bytes(bytes: Nullable<Binary>) -> Nullable<diesel::sql_types::BigInt>;
}

/// More than any counter of ours comes to.
const HIGHEST: i64 = 1_000_000_000;

/// Those of the requests named `ids` that are too large.
pub(super) fn requests(db: &mut Db, ids: &[String]) -> StoreResult<Vec<String>> {
    let large = maybe_bytes(request::sealed_password)
        .gt(MOST)
        .or(maybe_text_bytes(request::failure).gt(MOST))
        .or(maybe_text_bytes(request::rejection_reason).gt(MOST))
        .or(text_bytes(request::id).gt(MOST))
        .or(text_bytes(request::kind).gt(MOST))
        .or(text_bytes(request::profile).gt(MOST))
        .or(text_bytes(request::subject).gt(MOST))
        .or(text_bytes(request::seal_key_id).gt(MOST))
        .or(request::fence.not_between(0, HIGHEST))
        .or(request::attempts.not_between(0, HIGHEST));
    let found = request::table.filter(request::id.eq_any(ids)).filter(large);
    Ok(found.select(request::id).load(db)?)
}

/// Those of the accounts numbered `ids` that are too large.
pub(super) fn accounts(db: &mut Db, ids: &[i64]) -> StoreResult<Vec<i64>> {
    let large = maybe_text_bytes(account::mail_address)
        .gt(MOST)
        .or(maybe_text_bytes(account::recipient).gt(MOST))
        .or(text_bytes(account::user_id).gt(MOST))
        .or(text_bytes(account::name).gt(MOST))
        .or(text_bytes(account::postal_code).gt(MOST))
        .or(text_bytes(account::address).gt(MOST))
        .or(text_bytes(account::registered_by).gt(MOST))
        .or(text_bytes(account::contact_changes).gt(MOST));
    let found = account::table.filter(account::id.eq_any(ids)).filter(large);
    Ok(found.select(account::id).load(db)?)
}

/// Those of the mails numbered `ids` that are too large.
pub(super) fn mails(db: &mut Db, ids: &[i64]) -> StoreResult<Vec<i64>> {
    let large = text_bytes(outbox::facts)
        .gt(MOST)
        .or(text_bytes(outbox::to_address).gt(MOST))
        .or(text_bytes(outbox::message_id).gt(MOST))
        .or(outbox::attempts.not_between(0, HIGHEST));
    let found = outbox::table.filter(outbox::id.eq_any(ids)).filter(large);
    Ok(found.select(outbox::id).load(db)?)
}
