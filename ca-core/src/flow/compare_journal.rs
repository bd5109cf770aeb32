//! What the journals say is held against the database; nothing is changed.
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::certificate::IntentState;
use crate::domain::serial::SerialNumber;
use crate::domain::user_id::UserId;
use crate::store::authority::Authority;
use crate::store::certificate::Certificate;
use crate::store::intent::Intent;
use crate::store::revocation::Revocation;
use crate::store::{Db, Store, StoreResult, authority, certificate, intent, revocation};

/// Serials in one statement: SQLite takes 32,766 parameters.
const CHUNK: usize = 1_000;

/// What journals say, in the order in which they said it.
#[derive(Debug, Clone, Default)]
pub struct Journaled {
    /// Roots.
    pub roots: Vec<Authority>,
    /// Serials that were about to be signed.
    pub intents: Vec<Intent>,
    /// Certificates that were recorded, without PKCS#12.
    pub certificates: Vec<JournaledCertificate>,
    /// Events of revocation.
    pub revocations: Vec<Revocation>,
    /// The highest number of a list, by generation.
    pub lists: BTreeMap<i64, i64>,
    /// Lines that carry no MAC, by journal: nothing shows that they are as they were written.
    pub without_mac: BTreeMap<String, u64>,
}

/// A certificate that was recorded once.
#[derive(Debug, Clone)]
pub struct JournaledCertificate {
    /// Its row; the account is not known from the journal.
    pub row: Certificate,
    /// The user ID that a client's certificate itself names.
    pub user_id: Option<UserId>,
    /// SHA-256 of what was signed, hex.
    pub tbs_sha256: String,
    /// The journal that has it.
    pub journal: String,
    /// Its line there, from 1.
    pub line: u64,
}

/// What the database does not know.
#[derive(Debug, Clone, Default)]
pub struct Lacking {
    /// Roots.
    pub roots: Vec<Authority>,
    /// Serials without an intent and without a certificate.
    pub intents: Vec<Intent>,
    /// Certificates.
    pub certificates: Vec<JournaledCertificate>,
    /// Events, in the order of each generation.
    pub revocations: Vec<Revocation>,
    /// Numbers of lists, where the database stands lower.
    pub lists: BTreeMap<i64, i64>,
}

impl Lacking {
    /// Whether the database knows everything.
    pub fn is_empty(&self) -> bool {
        let Self {
            roots,
            intents,
            certificates,
            revocations,
            lists,
        } = self;
        roots.is_empty()
            && intents.is_empty()
            && certificates.is_empty()
            && revocations.is_empty()
            && lists.is_empty()
    }
}

impl std::fmt::Display for Lacking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [
            (self.roots.len(), "roots"),
            (self.certificates.len(), "issued certificates"),
            (self.intents.len(), "serials that may have been signed"),
            (self.revocations.len(), "events of revocation"),
            (self.lists.len(), "numbers of revocation lists"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        f.write_str(&parts.join(", "))
    }
}

/// What `said` holds that the database does not.
pub fn compare_journal(store: &Store, said: &Journaled) -> StoreResult<Lacking> {
    store.read(|db| lacking(db, said))
}

/// The same inside a transaction.
pub(super) fn lacking(db: &mut Db, said: &Journaled) -> StoreResult<Lacking> {
    let known = authority::list(db)?;
    let is_known = |root: &Authority| known.iter().any(|one| one.generation == root.generation);
    let mut lacking = Lacking::default();
    for root in said.roots.iter().filter(|root| !is_known(root)) {
        if !lacking
            .roots
            .iter()
            .any(|one| one.generation == root.generation)
        {
            lacking.roots.push(root.clone());
        }
    }
    let mut issued = HashSet::new();
    for some in said.certificates.chunks(CHUNK) {
        let serials: Vec<SerialNumber> = some.iter().map(|one| one.row.serial).collect();
        let there = certificate::known(db, &serials)?;
        let absent = some.iter().filter(|one| !there.contains(&one.row.serial));
        let absent = absent.filter(|one| issued.insert(one.row.serial));
        lacking.certificates.extend(absent.cloned());
    }
    let mut drawn = HashSet::new();
    for some in said.intents.chunks(CHUNK) {
        let serials: Vec<SerialNumber> = some.iter().map(|one| one.serial).collect();
        let there = intent::states(db, &serials)?;
        let absent = some.iter().filter(|one| !there.contains_key(&one.serial));
        let absent = absent.filter(|one| !issued.contains(&one.serial) && drawn.insert(one.serial));
        lacking.intents.extend(absent.cloned());
    }
    lacking.revocations = lacking_events(db, &said.revocations)?;
    for (generation, number) in &said.lists {
        let stands_at = known.iter().find(|one| one.generation == *generation);
        if stands_at.is_none_or(|one| one.crl_number < *number) {
            lacking.lists.insert(*generation, *number);
        }
    }
    Ok(lacking)
}

fn lacking_events(db: &mut Db, said: &[Revocation]) -> StoreResult<Vec<Revocation>> {
    let key = |one: &Revocation| (one.serial, one.event, one.at.timestamp_millis());
    let mut absent: BTreeMap<(i64, i64, SerialNumber), Revocation> = BTreeMap::new();
    for some in said.chunks(CHUNK) {
        let serials: Vec<SerialNumber> = some.iter().map(|one| one.serial).collect();
        let there = revocation::of_serials(db, &serials)?;
        let there: HashSet<_> = there.iter().map(key).collect();
        for one in some.iter().filter(|one| !there.contains(&key(one))) {
            absent.insert((one.generation, one.sequence, one.serial), one.clone());
        }
    }
    Ok(absent.into_values().collect())
}

/// Where the intents of these serials stand.
pub fn standing_of(
    store: &Store,
    serials: &[SerialNumber],
) -> StoreResult<HashMap<SerialNumber, IntentState>> {
    let mut all = HashMap::new();
    for some in serials.chunks(CHUNK) {
        all.extend(store.read(|db| intent::states(db, some))?);
    }
    Ok(all)
}
