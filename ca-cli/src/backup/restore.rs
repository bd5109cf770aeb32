//! Restoring an archive: everything that can fail comes first, onto an empty place only.
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ca_core::config::{Config, DatabaseUrl};
use ca_core::domain::actor::Act;
use ca_core::flow::mark_journal::record_restoration;
use ca_core::private_file::{self, PRIVATE, folder_of};
use ca_core::store::audit::{self, Head};
use ca_core::store::restoration::Restoration;
use ca_core::store::{Store, StoreResult, newest_known};

use super::archive::{self, Piece};
use super::create::key_places;
use super::work_folder::WorkFolder;
use super::{Key, Manifest, postgres};
use crate::desk::{Desk, make_data_folder};

/// What an archive says about itself.
pub(crate) fn show(file: &Path, key: &Key) -> anyhow::Result<Manifest> {
    archive::read_manifest(file, key)
}

/// Restores the database and the keys that are inside.
///
/// 1. The archive is unpacked into a working folder, checked, and held against what is in its place here.
/// 2. The key files are written, each whole or not at all.
/// 3. The database is migrated, marked as restored, and put in its place in one step.
///
/// Whatever fails, the same command works again: keys that are there already are accepted when they are the same, and
/// a PostgreSQL database that holds this very archive and was not marked yet is taken up.
pub(crate) fn restore(
    desk: &Desk,
    file: &Path,
    key: &Key,
    person: Option<&str>,
) -> anyhow::Result<Manifest> {
    let target = desk.config.database.target(desk.data());
    make_data_folder(desk.data())?;
    if let DatabaseUrl::Sqlite(path) = &target {
        expect_no_file(path)?;
    }
    let work = WorkFolder::inside(match &target {
        // The copy takes its place by a rename, which needs one file system.
        DatabaseUrl::Sqlite(path) => folder_of(path),
        DatabaseUrl::Postgres(_) => desk.data(),
    })?;
    let (manifest, pieces) = archive::unpack(file, key, work.path())?;
    check(&manifest, &target)?;
    let taken_up = match &target {
        DatabaseUrl::Sqlite(_) => false,
        DatabaseUrl::Postgres(_) => is_half_done(desk, &manifest)?,
    };
    let database = pieces.first().context("the archive holds no database")?;
    let keys = missing_keys(desk, pieces.get(1..).unwrap_or_default())?;
    let row = Restoration {
        archive: manifest.archive.clone(),
        archive_made_at: manifest.made_at,
        restored_by: crate::desk::staff_name(person),
        restored_at: desk.now(),
        reconciled_at: None,
    };
    for (piece, place) in keys {
        private_file::create(&place, &fs::read(&piece.path)?, PRIVATE).with_context(|| {
            format!(
                "cannot write {}; nothing else was restored",
                place.display()
            )
        })?;
    }
    let act = desk.act(person);
    match &target {
        DatabaseUrl::Sqlite(path) => put_file(desk, work.path(), database, path, &act, &row)?,
        DatabaseUrl::Postgres(url) => {
            let note = half_done_note(desk);
            if !taken_up {
                private_file::replace(&note, manifest.archive.as_bytes(), PRIVATE)?;
                postgres::restore(url, &database.path)?;
            }
            let store = Store::migrate(&desk.config.database, desk.data())?;
            record_restoration(&store, &act, &row)?;
            fs::remove_file(&note)?;
        }
    }
    Ok(manifest)
}

/// Nothing may lie at the database's place, nor a log of an earlier one: SQLite would work it into the restored file.
fn expect_no_file(path: &Path) -> anyhow::Result<()> {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut place = path.as_os_str().to_owned();
        place.push(ending);
        let place = Path::new(&place);
        if place.symlink_metadata().is_ok() {
            bail!(
                "there is a database at {} already and it is not overwritten; move it away, or name an empty place. \
                 Nothing was restored",
                place.display()
            );
        }
    }
    Ok(())
}

/// Names the archive that is being restored into PostgreSQL, until the database is marked.
fn half_done_note(desk: &Desk) -> PathBuf {
    desk.data().join("restoring")
}

/// Whether the PostgreSQL database holds this archive already, from a try that ended before it was marked.
fn is_half_done(desk: &Desk, manifest: &Manifest) -> anyhow::Result<bool> {
    let store = Store::connect(&desk.config.database, desk.data())?;
    if store.is_empty()? {
        return Ok(false);
    }
    // A restored database that was marked has one entry more; a foreign one may have no such table at all.
    let head: StoreResult<Head> = store.read(audit::head);
    let same = head.is_ok_and(|head| {
        (head.sequence, head.hash.as_str())
            == (manifest.audit_entries, manifest.audit_head.as_str())
    });
    let note = fs::read(half_done_note(desk)).unwrap_or_default();
    if !same || note != manifest.archive.as_bytes() {
        bail!(
            "there is a database at [database] url already and it is not overwritten; move it away, or name an empty \
             one. Nothing was restored"
        );
    }
    Ok(true)
}

fn check(manifest: &Manifest, target: &DatabaseUrl) -> anyhow::Result<()> {
    let wanted = match target {
        DatabaseUrl::Sqlite(_) => "sqlite",
        DatabaseUrl::Postgres(_) => "postgres",
    };
    if manifest.engine != wanted {
        bail!(
            "the archive holds a database of {}, and [database] url names one of {wanted}; nothing was restored",
            manifest.engine
        );
    }
    if manifest.schema > newest_known()? {
        bail!(
            "the archive's database is newer than this program (it has step {}); install program version {} or newer. \
             Nothing was restored",
            manifest.schema,
            manifest.program
        );
    }
    Ok(())
}

/// The key files that are not in their place. One that is there has to be the same.
fn missing_keys(desk: &Desk, pieces: &[Piece]) -> anyhow::Result<Vec<(Piece, PathBuf)>> {
    let number = |piece: &Piece| -> Option<i64> {
        let number = piece.name.strip_prefix("keys/ca-")?;
        number.strip_suffix(".key")?.parse().ok()
    };
    let generations: Vec<i64> = pieces.iter().filter_map(number).collect();
    let places = key_places(desk, &generations);
    let mut missing = Vec::new();
    for piece in pieces {
        let place = places.iter().find(|place| place.name == piece.name);
        let place = &place
            .context("the archive holds a file that has no place here")?
            .path;
        if !place.exists() {
            missing.push((piece.clone(), place.clone()));
        } else if fs::read(place)? != fs::read(&piece.path)? {
            bail!(
                "there is another key file at {}; it is not overwritten. Move it away. Nothing was restored",
                place.display()
            );
        }
    }
    Ok(missing)
}

/// The copy is migrated and marked where it lies; then it takes its place, whole.
fn put_file(
    desk: &Desk,
    work: &Path,
    database: &Piece,
    path: &Path,
    act: &Act,
    row: &Restoration,
) -> anyhow::Result<()> {
    let copy = work.join("restored.sqlite");
    fs::rename(&database.path, &copy)?;
    let config = at(&desk.config, &copy);
    let store = Store::migrate(&config.database, desk.data())?;
    record_restoration(&store, act, row)?;
    drop(store);
    // The last connection that closes works the log into the file; what is left of it would be lost.
    if fs::metadata(copy.with_extension("sqlite-wal")).is_ok_and(|log| log.len() > 0) {
        bail!("the restored database could not be closed; nothing was restored");
    }
    fs::hard_link(&copy, path).with_context(|| format!("cannot make {}", path.display()))?;
    private_file::give_to_owner(path)?;
    Ok(private_file::sync_folder(path)?)
}

/// The store of a SQLite file.
pub(super) fn store_at(desk: &Desk, file: &Path) -> anyhow::Result<Store> {
    let config = at(&desk.config, file);
    Ok(Store::open(&config.database, desk.data())?)
}

fn at(config: &Config, file: &Path) -> Config {
    let mut config = config.clone();
    config.database.url = format!("sqlite:{}", file.display());
    config
}
