//! Making an archive: snapshot, hashes, manifest, one stream.
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use anyhow::Context;

use ca_core::config::DatabaseUrl;
use ca_core::domain::request::RequestId;
use ca_core::flow::record_backup::record_backup;
use ca_core::private_file::folder_of;
use ca_core::store::Store;
use ca_core::store::snapshot::{Facts, facts};
use ca_worker::authority::KeyPaths;

use super::archive::{self, Piece};
use super::work_folder::WorkFolder;
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
    // A name that sorts by time, like those of requests.
    let archive = RequestId::draw(desk.now(), desk.random.as_ref()).to_string();
    record_backup(&store, &desk.act(order.person), &archive, order.with_keys)?;
    let Snapshot {
        engine,
        facts,
        piece,
        copy,
    } = snapshot(desk, &store, order.out)?;
    let mut pieces = vec![piece];
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
    drop(copy);
    Ok(manifest)
}

/// A copy of the database at one instant. It is not encrypted.
struct Snapshot {
    engine: &'static str,
    facts: Facts,
    piece: Piece,
    /// What holds the copy; gone with it.
    copy: Copy,
}

/// Where the copy is until the archive is written.
enum Copy {
    /// SQLite makes files by name alone: in the data folder, never beside the archive.
    Folder(#[expect(dead_code, reason = "held until the archive is written")] WorkFolder),
    /// A file without a name: nobody else can open it, and the system frees it however the command ends.
    Unnamed(#[expect(dead_code, reason = "held until the archive is written")] File),
}

fn snapshot(desk: &Desk, store: &Store, out: &Path) -> anyhow::Result<Snapshot> {
    match desk.config.database.target(desk.data()) {
        DatabaseUrl::Sqlite(_) => {
            let work = WorkFolder::inside(desk.data())?;
            let path = work.path().join("database.sqlite");
            store.copy_into(&path)?;
            // Asked of the copy, so that both are of one instant.
            let facts = super::restore::store_at(desk, &path)?.read(facts)?;
            Ok(Snapshot {
                engine: "sqlite",
                facts,
                piece: Piece {
                    name: "database.sqlite".to_owned(),
                    path,
                },
                copy: Copy::Folder(work),
            })
        }
        DatabaseUrl::Postgres(url) => {
            // Where there is room for the archive; the account that makes it owns no other folder.
            let folder = folder_of(out);
            let file = tempfile::tempfile_in(folder)
                .with_context(|| format!("cannot write into {}", folder.display()))?;
            let facts = store.with_snapshot(|db, name| {
                let facts = facts(db)?;
                postgres::dump(&url, name, file.try_clone()?)?;
                Ok::<_, anyhow::Error>(facts)
            })?;
            Ok(Snapshot {
                engine: "postgres",
                facts,
                piece: Piece {
                    name: "database.pgdump".to_owned(),
                    path: PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd())),
                },
                copy: Copy::Unnamed(file),
            })
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
