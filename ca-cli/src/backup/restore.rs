//! Restoring an archive: everything is read, checked and migrated beside its place first; onto an empty place only.
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ca_core::config::{Config, DatabaseUrl};
use ca_core::domain::actor::Act;
use ca_core::flow::mark_journal::record_restoration;
use ca_core::store::restoration::Restoration;
use ca_core::store::{Store, newest_known};
use tempfile::TempDir;

use super::archive::{self, Piece};
use super::create::key_places;
use super::{Key, Manifest, postgres};
use crate::desk::{Desk, make_data_folder};
use crate::file::write_private;

/// What an archive says about itself.
pub(crate) fn show(file: &Path, key: &Key) -> anyhow::Result<Manifest> {
    archive::read_manifest(file, key)
}

/// Restores the database and the keys that are inside.
pub(crate) fn restore(
    desk: &Desk,
    file: &Path,
    key: &Key,
    person: Option<&str>,
) -> anyhow::Result<Manifest> {
    let target = desk.config.database.target(desk.data());
    expect_empty(desk, &target)?;
    make_data_folder(desk.data())?;
    let folder = match &target {
        DatabaseUrl::Sqlite(path) => path.parent().unwrap_or(Path::new(".")).to_owned(),
        DatabaseUrl::Postgres(_) => desk.data().to_owned(),
    };
    let draft = tempfile::Builder::new()
        .prefix(".inkan-restore-")
        .tempdir_in(&folder);
    let draft = draft.with_context(|| format!("cannot write into {}", folder.display()))?;
    let (manifest, pieces) = archive::unpack(file, key, draft.path())?;
    check(&manifest, &target)?;
    let database = pieces.first().context("the archive holds no database")?;
    let keys = missing_keys(desk, pieces.get(1..).unwrap_or_default())?;
    let row = Restoration {
        archive: manifest.archive.clone(),
        archive_made_at: manifest.made_at,
        restored_by: crate::desk::staff_name(person),
        restored_at: desk.now(),
        reconciled_at: None,
    };
    let act = desk.act(person);
    match &target {
        DatabaseUrl::Sqlite(path) => put_file(desk, &draft, database, path, &act, &row)?,
        DatabaseUrl::Postgres(url) => {
            postgres::restore(url, &database.path)?;
            let store = Store::migrate(&desk.config.database, desk.data())?;
            record_restoration(&store, &act, &row)?;
        }
    }
    for (piece, place) in keys {
        write_private(&place, &fs::read(&piece.path)?)?;
    }
    Ok(manifest)
}

fn expect_empty(desk: &Desk, target: &DatabaseUrl) -> anyhow::Result<()> {
    let taken = match target {
        DatabaseUrl::Sqlite(path) => path.exists().then(|| path.display().to_string()),
        DatabaseUrl::Postgres(_) => {
            let store = Store::connect(&desk.config.database, desk.data())?;
            (!store.is_empty()?).then(|| "[database] url".to_owned())
        }
    };
    if let Some(taken) = taken {
        bail!(
            "there is a database at {taken} already and it is not overwritten; move it away, or name an empty place. \
             Nothing was restored"
        );
    }
    Ok(())
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
    draft: &TempDir,
    database: &Piece,
    path: &Path,
    act: &Act,
    row: &Restoration,
) -> anyhow::Result<()> {
    let copy = draft.path().join("restored.sqlite");
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
    let folder = path.parent().unwrap_or(Path::new("."));
    Ok(fs::File::open(folder)?.sync_all()?)
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
