//! Making an archive: snapshot, hashes, manifest, one stream.
use std::path::{Path, PathBuf};

use anyhow::Context;
use ca_core::config::DatabaseUrl;
use ca_core::domain::request::RequestId;
use ca_core::flow::record_backup::record_backup;
use ca_core::store::Store;
use ca_core::store::snapshot::{Facts, facts};
use ca_worker::authority::KeyPaths;
use tempfile::TempDir;

use super::archive::{self, Piece};
use super::{Lock, Manifest, postgres};
use crate::desk::Desk;
use crate::file::{refuse_existing, write_anew};

/// What is asked for.
pub(crate) struct Order<'a> {
    /// The archive to make.
    pub(crate) out: &'a Path,
    /// What it is locked with.
    pub(crate) lock: &'a Lock,
    /// Whether the key files go in.
    pub(crate) with_keys: bool,
    /// Who does it.
    pub(crate) person: Option<&'a str>,
}

/// Makes an archive, whole or not at all.
pub(crate) fn create(desk: &Desk, order: &Order<'_>) -> anyhow::Result<Manifest> {
    refuse_existing(order.out)?;
    let store = desk.store()?;
    let folder = order
        .out
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    // Beside the archive: the disk that has room for it.
    let draft = tempfile::Builder::new()
        .prefix(".inkan-backup-")
        .tempdir_in(folder);
    let draft = draft.with_context(|| format!("cannot write into {}", folder.display()))?;
    // A name that sorts by time, like those of requests.
    let archive = RequestId::draw(desk.now(), desk.random.as_ref()).to_string();
    record_backup(&store, &desk.act(order.person), &archive, order.with_keys)?;
    let (engine, facts, database) = snapshot(desk, &store, &draft)?;
    let mut pieces = vec![database];
    if order.with_keys {
        pieces.extend(key_files(desk, &store)?);
    }
    let mut manifest = Manifest::new(archive, desk.now(), engine, facts);
    for piece in &pieces {
        manifest.files.push(archive::described(piece)?);
    }
    if !order.with_keys {
        let keys =
            "the key files: keep a copy of them elsewhere, or make an archive with --with-keys";
        manifest.not_inside.push(keys.to_owned());
    }
    write_anew(order.out, |to| {
        archive::write(to, order.lock, &manifest, &pieces)
    })?;
    Ok(manifest)
}

fn snapshot(
    desk: &Desk,
    store: &Store,
    draft: &TempDir,
) -> anyhow::Result<(&'static str, Facts, Piece)> {
    let piece = |name: &str| Piece {
        name: name.to_owned(),
        path: draft.path().join(name),
    };
    match desk.config.database.target(desk.data()) {
        DatabaseUrl::Sqlite(_) => {
            let piece = piece("database.sqlite");
            store.copy_into(&piece.path)?;
            // Asked of the copy, so that both are of one instant.
            let copy = super::restore::store_at(desk, &piece.path)?;
            let facts = copy.read(facts)?;
            Ok(("sqlite", facts, piece))
        }
        DatabaseUrl::Postgres(url) => {
            let piece = piece("database.pgdump");
            let facts = store.with_snapshot(|db, name| {
                let facts = facts(db)?;
                postgres::dump(&url, name, &piece.path)?;
                Ok::<_, anyhow::Error>(facts)
            })?;
            Ok(("postgres", facts, piece))
        }
    }
}

/// The key files that there are, under names of their own.
fn key_files(desk: &Desk, store: &Store) -> anyhow::Result<Vec<Piece>> {
    let roots = store.read(ca_core::store::authority::list)?;
    let generations: Vec<i64> = roots.iter().map(|root| root.generation).collect();
    let places = key_places(desk, &generations);
    let there = places.into_iter().filter(|piece| piece.path.exists());
    Ok(there.collect())
}

/// Where the key files of these generations, and the sealing key, lie on this machine.
pub(super) fn key_places(desk: &Desk, generations: &[i64]) -> Vec<Piece> {
    let paths = KeyPaths::of(&desk.config);
    let piece = |name: String, path: PathBuf| Piece { name, path };
    let mut all: Vec<Piece> = generations
        .iter()
        .map(|number| {
            piece(
                format!("keys/ca-{number}.key"),
                paths.of_generation(*number),
            )
        })
        .collect();
    all.push(piece("keys/sealing.key".into(), paths.sealing));
    all
}
