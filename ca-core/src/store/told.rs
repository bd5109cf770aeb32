//! What the audit tells of certificates, revocations and lists, held against the rows. Entries are read in pages.
use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::DateTime;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use serde_json::Value;

use super::invariant::Objects;
use super::schema::{audit, certificate, crl, revocation};
use super::{Db, StoreResult};
use crate::domain::audit_act::AuditAct;
use crate::domain::certificate::Purpose;
use crate::domain::revocation::RevocationEvent;

/// A rule that is broken ten thousand times is told a hundred times.
const MOST: usize = 100;
/// Entries looked at in one go.
const PAGE: i64 = 1_000;
/// Entries about a certificate that was recorded.
const RECORDED: [AuditAct; 4] = [
    AuditAct::CertificateIssue,
    AuditAct::CertificateRestore,
    AuditAct::OperatorAdd,
    AuditAct::OperatorRenew,
];
/// The entry about each event that a person ordered.
const ORDERED: [(RevocationEvent, AuditAct); 3] = [
    (RevocationEvent::Revoked, AuditAct::CertificateRevoke),
    (RevocationEvent::Held, AuditAct::CertificateHold),
    (RevocationEvent::Released, AuditAct::CertificateRelease),
];
const PUBLISH: AuditAct = AuditAct::CrlPublish;

/// One entry, as far as it is looked at here.
struct Told {
    sequence: i64,
    at: i64,
    act: String,
    object: String,
    detail: Value,
    is_readable: bool,
}

impl Told {
    fn fact(&self, name: &str) -> Option<&str> {
        self.detail.get(name)?.as_str()
    }

    /// The serial number that it is about.
    fn serial(&self) -> Option<&str> {
        let named = self.object.strip_prefix("certificate:");
        named.or_else(|| self.fact("serial"))
    }

    fn name(&self) -> String {
        format!("entry {}", self.sequence)
    }
}

/// Shows the entries with one of these verbs, a page at a time, until a hundred are bad; returns the names of the bad.
fn bad_entries(
    db: &mut Db,
    acts: &[AuditAct],
    mut judge: impl FnMut(&mut Db, &[Told]) -> StoreResult<Vec<String>>,
) -> Objects {
    let mut bad = Vec::new();
    for act in acts {
        let mut last = 0;
        while bad.len() < MOST {
            let page = page(db, *act, last)?;
            let Some(end) = page.last() else {
                break;
            };
            last = end.sequence;
            bad.extend(judge(db, &page)?);
        }
    }
    bad.truncate(MOST);
    Ok(bad)
}

/// Entries with one verb after the one numbered `after`. One verb, since the index has its entries in their order.
fn page(db: &mut Db, act: AuditAct, after: i64) -> StoreResult<Vec<Told>> {
    let rows: Vec<(i64, i64, String, String, String)> = audit::table
        .filter(audit::act.eq(act.as_str()))
        .filter(audit::sequence.gt(after))
        .order(audit::sequence)
        .limit(PAGE)
        .select((
            audit::sequence,
            audit::at,
            audit::act,
            audit::object,
            audit::detail,
        ))
        .load(db)?;
    let told = |(sequence, at, act, object, detail): (i64, i64, String, String, String)| {
        let detail = serde_json::from_str::<Value>(&detail);
        Told {
            sequence,
            at,
            act,
            object,
            is_readable: detail.as_ref().is_ok_and(Value::is_object),
            // What it said is told as missing by the rules that ask for it, besides.
            detail: detail.unwrap_or_default(),
        }
    };
    Ok(rows.into_iter().map(told).collect())
}

/// Entries about certificates, revocations and lists whose detail cannot be read.
pub fn unreadable(db: &mut Db) -> Objects {
    let mut acts: Vec<AuditAct> = RECORDED.to_vec();
    acts.extend(ORDERED.map(|(_, act)| act));
    acts.push(PUBLISH);
    bad_entries(db, &acts, |_, page| {
        let bad = page.iter().filter(|told| !told.is_readable);
        Ok(bad.map(Told::name).collect())
    })
}

/// Subject and thumbprint of the certificates that these entries are about.
fn certificates(db: &mut Db, page: &[Told]) -> StoreResult<HashMap<String, (String, String)>> {
    let serials: Vec<&str> = page.iter().filter_map(Told::serial).collect();
    let rows: Vec<(String, (String, String))> = certificate::table
        .filter(certificate::serial.eq_any(serials))
        .select((
            certificate::serial,
            (certificate::subject, certificate::sha1_thumbprint),
        ))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

/// Entries about certificates that are not there.
pub fn certificate_gone(db: &mut Db) -> Objects {
    bad_entries(db, &RECORDED, |db, page| {
        let there = certificates(db, page)?;
        let gone = |told: &&Told| {
            told.serial()
                .is_none_or(|serial| !there.contains_key(serial))
        };
        Ok(page.iter().filter(gone).map(Told::name).collect())
    })
}

/// Operators' certificates that no entry tells of: it is about the operator and names the serial.
pub fn operator_untold(db: &mut Db) -> Objects {
    let own = certificate::table.filter(certificate::purpose.eq(Purpose::Operator.as_str()));
    let mut untold: BTreeSet<String> = own
        .select(certificate::serial)
        .load::<String>(db)?
        .into_iter()
        .collect();
    bad_entries(db, &RECORDED, |_, page| {
        for serial in page.iter().filter_map(Told::serial) {
            untold.remove(serial);
        }
        Ok(Vec::new())
    })?;
    Ok(untold.into_iter().take(MOST).collect())
}

/// Entries that name another subject or thumbprint than the certificate's row.
pub fn certificate_differs(db: &mut Db) -> Objects {
    bad_entries(db, &RECORDED, |db, page| {
        let there = certificates(db, page)?;
        let differs = |told: &&Told| {
            let row = told.serial().and_then(|serial| there.get(serial));
            row.is_some_and(|(subject, sha1)| {
                told.fact("subject").is_some_and(|said| said != subject)
                    || told.fact("sha1").is_some_and(|said| said != sha1)
            })
        };
        Ok(page.iter().filter(differs).map(Told::name).collect())
    })
}

/// Entries about revocations, suspensions and releases that no list learns of.
pub fn revocation_gone(db: &mut Db) -> Objects {
    let acts = ORDERED.map(|(_, act)| act);
    bad_entries(db, &acts, |db, page| {
        let serials: Vec<&str> = page.iter().filter_map(Told::serial).collect();
        let rows: Vec<(String, String, i64)> = revocation::table
            .filter(revocation::serial.eq_any(serials))
            .select((revocation::serial, revocation::event, revocation::at))
            .load(db)?;
        let there: HashSet<_> = rows.into_iter().collect();
        let gone = |told: &&Told| {
            let key = event_of(told);
            key.is_none_or(|key| !there.contains(&key))
        };
        Ok(page.iter().filter(gone).map(Told::name).collect())
    })
}

/// The event that an entry tells of. One that came from a journal happened earlier than its entry.
fn event_of(told: &Told) -> Option<(String, String, i64)> {
    let (event, _) = ORDERED.iter().find(|(_, act)| act.as_str() == told.act)?;
    let happened = told.fact("happened_at").map(DateTime::parse_from_rfc3339);
    let at = match happened {
        Some(happened) => happened.ok()?.timestamp_millis(),
        None => told.at,
    };
    Some((told.serial()?.to_owned(), event.as_str().to_owned(), at))
}

/// Revocations, suspensions and releases that no entry tells of.
pub fn revocation_untold(db: &mut Db) -> Objects {
    let mut bad = Vec::new();
    for (event, act) in ORDERED {
        let serial = "certificate:".into_sql::<diesel::sql_types::Text>();
        let own = audit::table
            .filter(audit::object.eq(serial.concat(revocation::serial)))
            .filter(audit::act.eq(act.as_str()));
        let untold = revocation::table
            .filter(revocation::event.eq(event.as_str()))
            .filter(not(exists(own)));
        let limit = i64::try_from(MOST).unwrap_or(i64::MAX);
        let untold: Vec<String> = untold.select(revocation::serial).limit(limit).load(db)?;
        bad.extend(untold);
    }
    Ok(bad)
}

/// The number of a list as an entry names it, generation first.
fn list_of(told: &Told) -> Option<(i64, i64)> {
    let (generation, number) = told.object.strip_prefix("crl:")?.split_once('/')?;
    Some((generation.parse().ok()?, number.parse().ok()?))
}

/// SHA-256 of the lists that these entries are about.
fn lists(db: &mut Db, page: &[Told]) -> StoreResult<HashMap<(i64, i64), String>> {
    let numbers: Vec<i64> = page.iter().filter_map(list_of).map(|list| list.1).collect();
    let rows: Vec<((i64, i64), String)> = crl::table
        .filter(crl::number.eq_any(numbers))
        .select(((crl::generation, crl::number), crl::sha256))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

/// Entries about lists that are not there.
pub fn list_gone(db: &mut Db) -> Objects {
    bad_entries(db, &[PUBLISH], |db, page| {
        let there = lists(db, page)?;
        let gone = |told: &&Told| list_of(told).is_none_or(|list| !there.contains_key(&list));
        Ok(page.iter().filter(gone).map(Told::name).collect())
    })
}

/// Entries that name another hash of a list than its row.
pub fn list_differs(db: &mut Db) -> Objects {
    bad_entries(db, &[PUBLISH], |db, page| {
        let there = lists(db, page)?;
        let differs = |told: &&Told| {
            let row = list_of(told).and_then(|list| there.get(&list));
            row.is_some_and(|sha256| told.fact("sha256").is_some_and(|said| said != sha256))
        };
        Ok(page.iter().filter(differs).map(Told::name).collect())
    })
}

/// Lists that no entry tells of. A list that is published meanwhile is not among the rows.
pub fn list_untold(db: &mut Db) -> Objects {
    let rows: Vec<(i64, i64)> = crl::table
        .select((crl::generation, crl::number))
        .order((crl::generation, crl::number))
        .load(db)?;
    let told: HashSet<String> = audit::table
        .filter(audit::act.eq(PUBLISH.as_str()))
        .select(audit::object)
        .load::<String>(db)?
        .into_iter()
        .collect();
    let names = rows
        .into_iter()
        .map(|(generation, number)| format!("{generation}/{number}"));
    let untold = names.filter(|name| !told.contains(&format!("crl:{name}")));
    Ok(untold.take(MOST).collect())
}
