//! お知らせ: what operators published. Who may see one is asked in one place, [`of_reader`].
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, MaybeAt, maybe_millis, millis};
use super::connection::on_either;
use super::listed::{Listed, listed};
use super::schema::{notice, notice_receipt};
use super::{Db, StoreResult};
use crate::domain::notice::{NoticeDraft, ReaderKind, Readers};

/// One notice.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = notice)]
pub struct Notice {
    /// Row number.
    pub id: i64,
    /// The line in the list.
    pub title: String,
    /// The text, as it was checked.
    pub body: String,
    /// Which kind of readers.
    #[diesel(deserialize_as = String)]
    pub readers: ReaderKind,
    /// The letters, for a class.
    pub class: Option<String>,
    /// The account, for one alone.
    pub account_id: Option<i64>,
    /// Shown from here.
    #[diesel(deserialize_as = At)]
    pub shown_from: DateTime<Utc>,
    /// No longer shown from here on.
    #[diesel(deserialize_as = MaybeAt)]
    pub shown_until: Option<DateTime<Utc>>,
    /// Name of the operator or member of staff.
    pub published_by: String,
    /// When.
    #[diesel(deserialize_as = At)]
    pub published_at: DateTime<Utc>,
    /// Who took it back.
    pub withdrawn_by: Option<String>,
    /// When.
    #[diesel(deserialize_as = MaybeAt)]
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// Accounts up to this number have their mails in the outbox.
    pub mailed_through: i64,
    /// When every mail was in the outbox.
    #[diesel(deserialize_as = MaybeAt)]
    pub mailed_at: Option<DateTime<Utc>>,
}

/// What one account did with a notice.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = notice_receipt)]
pub struct Receipt {
    /// When it was opened first.
    #[diesel(deserialize_as = MaybeAt)]
    pub read_at: Option<DateTime<Utc>>,
    /// When it was deleted from the account's list.
    #[diesel(deserialize_as = MaybeAt)]
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Whose list of notices is looked at.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The account.
    pub account_id: i64,
    /// The letters of its user ID.
    pub class: String,
}

/// Publishes a notice; returns its number, or none when the form of this key has published one already.
pub fn insert(
    db: &mut Db,
    draft: &NoticeDraft,
    form_key: Option<&str>,
    by: &str,
    at: DateTime<Utc>,
) -> StoreResult<Option<i64>> {
    let (class, account_id) = match &draft.readers {
        Readers::Everybody => (None, None),
        Readers::Class(letters) => (Some(letters.as_str()), None),
        Readers::Account(id) => (None, Some(*id)),
    };
    let row = (
        notice::title.eq(draft.title.as_str()),
        notice::body.eq(draft.body.as_str()),
        notice::readers.eq(draft.readers.kind().as_str()),
        notice::class.eq(class),
        notice::account_id.eq(account_id),
        notice::shown_from.eq(millis(draft.days.from)),
        notice::shown_until.eq(maybe_millis(draft.days.until)),
        notice::published_by.eq(by),
        notice::published_at.eq(millis(at)),
        notice::form_key.eq(form_key),
    );
    let inserted = on_either!(db, db => diesel::insert_into(notice::table).values(row)
        .on_conflict_do_nothing().returning(notice::id).get_result(db).optional());
    Ok(inserted?)
}

/// The number of the notice that the form of this key published.
pub fn of_form(db: &mut Db, form_key: &str) -> StoreResult<Option<i64>> {
    let query = notice::table.filter(notice::form_key.eq(form_key));
    Ok(query.select(notice::id).first(db).optional()?)
}

/// The notice numbered `id`, for operators.
pub fn find(db: &mut Db, id: i64) -> StoreResult<Option<Notice>> {
    let query = notice::table.find(id).select(Notice::as_select());
    Ok(query.first(db).optional()?)
}

/// One page of all notices, the newest first, and how many there are.
pub fn list(db: &mut Db, offset: i64, limit: i64) -> StoreResult<Listed<Notice>> {
    let total = notice::table.count().get_result(db)?;
    let newest = notice::table.order(notice::id.desc());
    let ids = newest.offset(offset).limit(limit);
    let ids: Vec<i64> = ids.select(notice::id).load(db)?;
    listed(db, "notice", &ids, total, |db, ids| {
        let some = notice::table.filter(notice::id.eq_any(ids));
        let some = some.order(notice::id.desc()).select(Notice::as_select());
        Ok(some.load(db)?)
    })
}

/// Takes a notice back; false if it was taken back before, or is not there.
pub fn withdraw(db: &mut Db, id: i64, by: &str, at: DateTime<Utc>) -> StoreResult<bool> {
    let standing = notice::table
        .find(id)
        .filter(notice::withdrawn_at.is_null());
    let rows = diesel::update(standing)
        .set((
            notice::withdrawn_by.eq(by),
            notice::withdrawn_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(rows == 1)
}

type Shown<'a> = diesel::dsl::IntoBoxed<'a, notice::table, <Db as Connection>::Backend>;

/// What a reader's list holds at `at`: published for it, begun, not ended, not withdrawn, not deleted by it.
fn of_reader(reader: &Reader, at: DateTime<Utc>) -> Shown<'_> {
    let deleted = notice_receipt::table
        .filter(notice_receipt::account_id.eq(reader.account_id))
        .filter(notice_receipt::deleted_at.is_not_null())
        .select(notice_receipt::notice_id);
    let own = notice::account_id.eq(reader.account_id);
    let class = notice::class.eq(&reader.class);
    let everybody = notice::readers.eq(ReaderKind::Everybody.as_str());
    let going_on = notice::shown_until.gt(millis(at));
    notice::table
        .into_boxed()
        .filter(everybody.nullable().or(class).or(own))
        .filter(notice::shown_from.le(millis(at)))
        .filter(notice::shown_until.is_null().nullable().or(going_on))
        .filter(notice::withdrawn_at.is_null())
        .filter(notice::id.ne_all(deleted))
}

/// A notice, and what its reader did with it.
pub type NoticeRead = (Notice, Option<Receipt>);

/// One page of a reader's notices, the newest first, and how many there are.
pub fn page_of_reader(
    db: &mut Db,
    reader: &Reader,
    at: DateTime<Utc>,
    offset: i64,
    limit: i64,
) -> StoreResult<(Vec<NoticeRead>, i64)> {
    let total = of_reader(reader, at).count().get_result(db)?;
    let newest = of_reader(reader, at).order((notice::shown_from.desc(), notice::id.desc()));
    let page = newest.offset(offset).limit(limit);
    let notices: Vec<Notice> = page.select(Notice::as_select()).load(db)?;
    let mut rows = Vec::with_capacity(notices.len());
    for one in notices {
        let receipt = receipt(db, one.id, reader.account_id)?;
        rows.push((one, receipt));
    }
    Ok((rows, total))
}

/// How many of a reader's notices it has not opened.
pub fn count_unread(db: &mut Db, reader: &Reader, at: DateTime<Utc>) -> StoreResult<i64> {
    let read = notice_receipt::table
        .filter(notice_receipt::account_id.eq(reader.account_id))
        .filter(notice_receipt::read_at.is_not_null())
        .select(notice_receipt::notice_id);
    let unread = of_reader(reader, at).filter(notice::id.ne_all(read));
    Ok(unread.count().get_result(db)?)
}

/// The notice numbered `id`, if it is in the reader's list; somebody else's is not there.
pub fn find_of_reader(
    db: &mut Db,
    reader: &Reader,
    id: i64,
    at: DateTime<Utc>,
) -> StoreResult<Option<Notice>> {
    let query = of_reader(reader, at).filter(notice::id.eq(id));
    Ok(query.select(Notice::as_select()).first(db).optional()?)
}

/// What an account did with a notice.
pub fn receipt(db: &mut Db, id: i64, account_id: i64) -> StoreResult<Option<Receipt>> {
    let row = notice_receipt::table.find((id, account_id));
    Ok(row.select(Receipt::as_select()).first(db).optional()?)
}

/// Notes that the account opened the notice; the first time counts.
pub fn mark_read(db: &mut Db, id: i64, account_id: i64, at: DateTime<Utc>) -> StoreResult<()> {
    let row = (
        notice_receipt::notice_id.eq(id),
        notice_receipt::account_id.eq(account_id),
        notice_receipt::read_at.eq(millis(at)),
    );
    on_either!(db, db => diesel::insert_into(notice_receipt::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(db))?;
    let unread = notice_receipt::table
        .find((id, account_id))
        .filter(notice_receipt::read_at.is_null());
    diesel::update(unread)
        .set(notice_receipt::read_at.eq(millis(at)))
        .execute(db)?;
    Ok(())
}

/// Takes the notice out of the account's own list.
pub fn mark_deleted(db: &mut Db, id: i64, account_id: i64, at: DateTime<Utc>) -> StoreResult<()> {
    mark_read(db, id, account_id, at)?;
    diesel::update(notice_receipt::table.find((id, account_id)))
        .set(notice_receipt::deleted_at.eq(millis(at)))
        .execute(db)?;
    Ok(())
}
