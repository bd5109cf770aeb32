//! `GET /healthz` (the process answers) and `GET /readyz` (and can do its work), for supervisors and proxies.

use actix_web::HttpResponse;
use actix_web::web::Data;
use ca_core::store::{SchemaState, StoreError, authority, crl};
use chrono::{DateTime, Utc};

use super::heartbeat::NoWrites;
use crate::faults::Faults;
use crate::problem::{ForMachines, Problem};
use crate::site::Site;
use crate::work;

/// What readiness hangs on.
enum Found {
    Schema(SchemaState),
    NoAuthority,
    /// Reads are answered, writes are not.
    NoWrites(NoWrites),
    /// Generations whose newest revocation list is past its nextUpdate.
    Ready(Vec<i64>),
}

pub(super) async fn alive() -> HttpResponse {
    text(HttpResponse::Ok(), "ok\n")
}

/// Ready means: the database answers and takes writes, its schema is this program's, and there is a CA to work for.
///
/// A revocation list that is out of date is said, and does not make the site unready: the portal asks the database and
/// not the list, every web tier serves the same list, and operators need the console to see what is wrong.
pub(super) async fn ready(site: Data<Site>) -> Result<HttpResponse, Problem> {
    let now = site.clock.now();
    let found = work::read(&site, move |site| look(site, now)).await;
    note(&site.faults, &found);
    Ok(match found {
        Ok(Found::Ready(stale)) if stale.is_empty() => text(HttpResponse::Ok(), "ready\n"),
        Ok(Found::Ready(stale)) => {
            let said = format!(
                "ready\nthe revocation list of generation {} is out of date; look at the worker\n",
                listed(&stale)
            );
            text(HttpResponse::Ok(), said)
        }
        Ok(Found::NoAuthority) => {
            not_ready("no certificate authority; run `ca-cli ca init`\n".to_owned())
        }
        Ok(Found::NoWrites(_)) => not_ready(
            "the database takes no writes: its disk is full, it is read-only, or something keeps it locked; the log says more\n"
                .to_owned(),
        ),
        Ok(Found::Schema(SchemaState::Empty)) => not_ready(
            "the database is new, nothing is in it yet; run `ca-cli ca init` or `ca-cli backup restore`\n"
                .to_owned(),
        ),
        Ok(Found::Schema(SchemaState::Older(steps))) => not_ready(format!(
            "the database is older than this program ({steps} steps missing); run `ca-cli database migrate`\n"
        )),
        Ok(Found::Schema(_)) => {
            not_ready("the database is newer than this program; install a newer one\n".to_owned())
        }
        Err(_) => not_ready("the database does not answer\n".to_owned()),
    })
}

/// Tells the log what was found, once for each fault however often somebody asks.
fn note(faults: &Faults, found: &Result<Found, Problem>) {
    match found {
        Err(problem) => faults.readiness.is_there(&problem.to_string()),
        Ok(Found::NoWrites(why)) => {
            let why = format!("the database takes no writes: {why}");
            faults.readiness.is_there(&why);
        }
        Ok(found) => {
            faults.readiness.is_over();
            if let Found::Ready(stale) = found {
                faults.lists.is(&listed(stale));
            }
        }
    }
}

fn listed(generations: &[i64]) -> String {
    let each: Vec<String> = generations.iter().map(i64::to_string).collect();
    each.join(", ")
}

fn look(site: &Site, now: DateTime<Utc>) -> Result<Found, StoreError> {
    let schema = site.store.schema_state()?;
    if schema != SchemaState::Current {
        return Ok(Found::Schema(schema));
    }
    let found = site.store.read(|db| {
        let generations = authority::active(db)?;
        if generations.is_empty() {
            return Ok(Found::NoAuthority);
        }
        let mut stale = Vec::new();
        for root in generations {
            let list = crl::newest(db, root.generation)?;
            if list.is_some_and(|list| list.next_update < now) {
                stale.push(root.generation);
            }
        }
        Ok::<_, StoreError>(Found::Ready(stale))
    })?;
    // Last, so that what is only missing is told by its own name.
    Ok(match (&found, site.heartbeat.beat(&site.store, now)) {
        (Found::Ready(_), Err(why)) => Found::NoWrites(why),
        _ => found,
    })
}

fn not_ready(why: String) -> HttpResponse {
    let mut answer = text(HttpResponse::ServiceUnavailable(), why);
    answer.extensions_mut().insert(ForMachines);
    answer
}

fn text(mut answer: actix_web::HttpResponseBuilder, said: impl Into<String>) -> HttpResponse {
    answer.content_type("text/plain").body(said.into())
}
