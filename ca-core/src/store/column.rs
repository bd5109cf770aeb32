//! How domain values stand in columns: instants as milliseconds, address lines as text.
use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::domain::request::RequestId;
use crate::domain::serial::SerialNumber;
use crate::domain::user_id::UserId;

/// An instant as it is written: epoch milliseconds.
pub(super) fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// An instant that may be absent.
pub(super) fn maybe_millis(at: Option<DateTime<Utc>>) -> Option<i64> {
    at.map(millis)
}

/// A number that is no instant.
#[derive(Debug, thiserror::Error)]
#[error("{0} milliseconds is no instant")]
pub struct NoInstant(i64);

/// Reads a column of milliseconds.
#[derive(Debug, Clone, Copy, FromSqlRow)]
pub struct At(i64);

impl<DB: Backend> FromSql<BigInt, DB> for At
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(At)
    }
}

impl TryFrom<At> for DateTime<Utc> {
    type Error = NoInstant;

    fn try_from(At(millis): At) -> Result<Self, NoInstant> {
        DateTime::from_timestamp_millis(millis).ok_or(NoInstant(millis))
    }
}

/// Reads a column of milliseconds that may be empty.
#[derive(Debug, Clone, Copy, FromSqlRow)]
pub struct MaybeAt(Option<i64>);

impl<DB: Backend> FromSql<Nullable<BigInt>, DB> for MaybeAt
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(|millis| MaybeAt(Some(millis)))
    }

    fn from_nullable_sql(bytes: Option<DB::RawValue<'_>>) -> deserialize::Result<Self> {
        bytes.map_or(Ok(MaybeAt(None)), Self::from_sql)
    }
}

impl TryFrom<MaybeAt> for Option<DateTime<Utc>> {
    type Error = NoInstant;

    fn try_from(MaybeAt(millis): MaybeAt) -> Result<Self, NoInstant> {
        millis.map(|millis| At(millis).try_into()).transpose()
    }
}

/// Reads a word that may be absent.
#[derive(Debug, Clone, FromSqlRow)]
pub struct MaybeText(Option<String>);

impl<DB: Backend> FromSql<Nullable<Text>, DB> for MaybeText
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        String::from_sql(bytes).map(|text| MaybeText(Some(text)))
    }

    fn from_nullable_sql(bytes: Option<DB::RawValue<'_>>) -> deserialize::Result<Self> {
        bytes.map_or(Ok(MaybeText(None)), Self::from_sql)
    }
}

macro_rules! maybe_word {
    ($($word:ty),+) => {$(
        impl TryFrom<MaybeText> for Option<$word> {
            type Error = <$word as TryFrom<String>>::Error;

            fn try_from(MaybeText(text): MaybeText) -> Result<Self, Self::Error> {
                text.map(<$word>::try_from).transpose()
            }
        }
    )+};
}
maybe_word!(SerialNumber, RequestId, UserId);
