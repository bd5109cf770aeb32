//! `GET /crl/<generation>.crl`: the revocation list as the worker published it, for everybody, over plain http too.
//!
//! A list may have a million entries, so its bytes are kept in memory. At most once a second the database is asked for
//! the newest number alone; a new list is there within a second of its commit, without a restart.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

use actix_web::http::header::{
    CACHE_CONTROL, ETAG, EntityTag, Header, HttpDate, IfModifiedSince, IfNoneMatch, LAST_MODIFIED,
};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use ca_core::store::crl::{self, Crl};
use ca_core::store::{Store, StoreResult};
use chrono::{DateTime, TimeDelta, Utc};

use crate::problem::Problem;
use crate::site::Site;
use crate::work;

/// RFC 2585 §4.2.
const DER: &str = "application/pkix-crl";
/// A cache on the way may be a minute behind. It is a part of the time in which a revocation is seen that
/// docs/revocation.md promises.
const CACHED: &str = "public, max-age=60";

/// How long a list counts as the newest without a look at the database.
const FRESH: TimeDelta = TimeDelta::seconds(1);

/// The newest list of each generation that anybody asked for.
#[derive(Debug, Default)]
pub struct CrlCache {
    kept: RwLock<HashMap<i64, Kept>>,
    /// Held while a list is fetched: of many who ask at once, one fetches it and the others wait for that.
    fetching: Mutex<()>,
}

/// One list with its bytes; clones share them.
#[derive(Debug, Clone)]
struct Kept {
    list: Crl,
    der: Bytes,
    seen_at: DateTime<Utc>,
}

impl CrlCache {
    /// The generation's list, if it was seen to be the newest a moment ago.
    fn recall(&self, generation: i64, now: DateTime<Utc>) -> Option<Kept> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(&generation)?;
        // A clock that was set back makes what was seen stale too.
        let is_fresh = (TimeDelta::zero()..FRESH).contains(&(now - found.seen_at));
        is_fresh.then(|| found.clone())
    }

    /// The newest list of the generation, out of memory unless there is a newer one than there.
    fn newest(
        &self,
        store: &Store,
        generation: i64,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<Kept>> {
        let _one = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(newest) = store.read(|db| crl::newest(db, generation))? else {
            return Ok(None);
        };
        if let Some(kept) = self.change().get_mut(&generation)
            && kept.list.number >= newest.number
        {
            kept.seen_at = now;
            return Ok(Some(kept.clone()));
        }
        let fetched = store.read(|db| crl::newest_with_bytes(db, generation))?;
        let fetched = fetched.map(|(list, der)| Kept {
            list,
            der: Bytes::from(der),
            seen_at: now,
        });
        if let Some(fetched) = &fetched {
            self.change().insert(generation, fetched.clone());
        }
        Ok(fetched)
    }

    fn change(&self) -> RwLockWriteGuard<'_, HashMap<i64, Kept>> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn show(
    site: Data<Site>,
    request: HttpRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let generation = generation(&name).ok_or(Problem::NotFound)?;
    let now = site.clock.now();
    let kept = match site.crl.recall(generation, now) {
        Some(kept) => kept,
        None => {
            let look = move |site: &Site| site.crl.newest(&site.store, generation, now);
            work::read(&site, look).await?.ok_or(Problem::NotFound)?
        }
    };
    let tag = EntityTag::new_strong(kept.list.sha256.clone());
    let seconds = u64::try_from(kept.list.this_update.timestamp()).unwrap_or(0);
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let known = is_known(&request, &tag, modified);
    let mut reply = match known {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    reply
        .insert_header((ETAG, tag))
        .insert_header((LAST_MODIFIED, HttpDate::from(modified)))
        .insert_header((CACHE_CONTROL, CACHED));
    if known {
        return Ok(reply.finish());
    }
    Ok(reply.content_type(DER).body(kept.der))
}

/// `1.crl`, in the one way that certificates write it.
fn generation(name: &str) -> Option<i64> {
    let digits = name.strip_suffix(".crl")?;
    let generation: i64 = digits.parse().ok()?;
    (generation.to_string() == digits).then_some(generation)
}

/// Whether the client has this very list (RFC 9110 §13.2.2): the date counts only where no tag is named, and only
/// if it is this list's own. A client that sends the time of its last visit may have fetched the list before.
fn is_known(request: &HttpRequest, tag: &EntityTag, modified: SystemTime) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => return true,
        Ok(IfNoneMatch::Items(known)) if !known.is_empty() => {
            return known.iter().any(|known| known.weak_eq(tag));
        }
        _ => {}
    }
    IfModifiedSince::parse(request).is_ok_and(|since| SystemTime::from(since.0) == modified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_is_written_in_one_way() {
        assert_eq!(generation("1.crl"), Some(1));
        for bad in [
            "1",
            "01.crl",
            "+1.crl",
            "a.crl",
            ".crl",
            "99999999999999999999.crl",
            "1.crl.crl",
        ] {
            assert_eq!(generation(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_list_counts_as_the_newest_for_a_second_and_not_before_it_was_seen() {
        let (cache, seen_at) = (CrlCache::default(), DateTime::UNIX_EPOCH);
        let list = Crl {
            generation: 1,
            number: 7,
            this_update: seen_at,
            next_update: seen_at,
            covered: 0,
            regular_at: seen_at,
            regular_covered: 0,
            entries: 0,
            sha256: String::new(),
        };
        let der = Bytes::from_static(b"a list");
        let kept = Kept { list, der, seen_at };
        cache.change().insert(1, kept);
        let at = |milliseconds| cache.recall(1, seen_at + TimeDelta::milliseconds(milliseconds));
        assert!(at(0).is_some() && at(999).is_some());
        assert!(at(1_000).is_none() && at(-1).is_none());
        assert!(cache.recall(2, seen_at).is_none());
    }
}
