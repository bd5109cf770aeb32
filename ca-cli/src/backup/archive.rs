//! Files into a tar inside an age stream, and out of it again. What comes out is believed after its last byte, not
//! before: the stream is authenticated piece by piece, the files by the hashes of the manifest.
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use ca_core::private_file;
use openssl::sha::Sha256;

use super::manifest::{FORM, FileInside};
use super::{Key, Lock, Manifest};

/// The name of the first file.
const MANIFEST: &str = "manifest.json";
/// No manifest is longer, in bytes.
const LONGEST_MANIFEST: u64 = 1024 * 1024;

/// A file that goes into an archive, or came out of one.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// Its name in the archive.
    pub(super) name: String,
    /// Where it lies.
    pub(super) path: PathBuf,
}

/// Length and hash of a file.
pub(super) fn described(piece: &Piece) -> anyhow::Result<FileInside> {
    let mut file =
        File::open(&piece.path).with_context(|| format!("cannot read {}", piece.path.display()))?;
    let (bytes, sha256) = copied(&mut file, &mut io::sink())?;
    Ok(FileInside {
        name: piece.name.clone(),
        bytes,
        sha256,
    })
}

/// Writes the manifest and the files it names.
pub(super) fn write(
    to: &mut dyn Write,
    lock: &Lock,
    manifest: &Manifest,
    pieces: &[Piece],
) -> anyhow::Result<()> {
    let mut sealed = lock.close(to)?;
    let mut tar = tar::Builder::new(&mut sealed);
    let seconds = u64::try_from(manifest.made_at.timestamp()).unwrap_or_default();
    let head = |length: u64| {
        let mut head = tar::Header::new_gnu();
        head.set_size(length);
        head.set_mode(0o600);
        head.set_mtime(seconds);
        head.set_cksum();
        head
    };
    let text = serde_json::to_vec_pretty(manifest)?;
    tar.append_data(&mut head(text.len() as u64), MANIFEST, text.as_slice())?;
    for (piece, inside) in pieces.iter().zip(&manifest.files) {
        let file = BufReader::new(File::open(&piece.path)?);
        tar.append_data(
            &mut head(inside.bytes),
            &piece.name,
            file.take(inside.bytes),
        )?;
    }
    tar.finish()?;
    drop(tar);
    sealed.finish()?;
    Ok(())
}

/// Reads the manifest alone.
pub(super) fn read_manifest(file: &Path, key: &Key) -> anyhow::Result<Manifest> {
    opened(file, key, |manifest, _| Ok(manifest))
}

/// Takes every file out into `folder`, held against the manifest to the last byte.
pub(super) fn unpack(
    file: &Path,
    key: &Key,
    folder: &Path,
) -> anyhow::Result<(Manifest, Vec<Piece>)> {
    opened(file, key, |manifest, entries| {
        let mut pieces = Vec::new();
        for (inside, number) in manifest.files.iter().zip(0..) {
            let entry = entries.next().context("a file is missing at its end")?;
            let mut entry = entry?;
            if entry.path()?.to_str() != Some(inside.name.as_str()) {
                bail!("it holds another file in the place of {}", inside.name);
            }
            let path = folder.join(format!("{number}"));
            let mut out = private_file::create_empty(&path)?;
            let (bytes, sha256) = copied(&mut entry, &mut out)?;
            out.sync_all()?;
            if (bytes, &sha256) != (inside.bytes, &inside.sha256) {
                bail!("{} in it is not what its manifest says", inside.name);
            }
            let name = inside.name.clone();
            pieces.push(Piece { name, path });
        }
        if entries.next().is_some() {
            bail!("it holds more files than its manifest names");
        }
        Ok((manifest.clone(), pieces))
    })
}

type Sealed = age::stream::StreamReader<BufReader<File>>;

fn opened<T>(
    file: &Path,
    key: &Key,
    work: impl FnOnce(Manifest, &mut tar::Entries<'_, Sealed>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let place = file.display();
    let source = File::open(file).with_context(|| format!("cannot read {place}"))?;
    let plain = key.open(BufReader::new(source), file)?;
    let mut tar = tar::Archive::new(plain);
    let read = || {
        let mut entries = tar.entries()?;
        let first = entries.next().context("it is empty")??;
        if first.path()?.to_str() != Some(MANIFEST) {
            bail!("it has no manifest");
        }
        let mut text = Vec::new();
        first.take(LONGEST_MANIFEST).read_to_end(&mut text)?;
        let manifest: Manifest = serde_json::from_slice(&text).context("its manifest")?;
        if manifest.form != FORM {
            bail!("a newer program made it (form {})", manifest.form);
        }
        work(manifest, &mut entries)
    };
    read().map_err(|why| {
        anyhow!("{place} is damaged or no archive of ours: {why:#}; nothing was restored")
    })
}

fn copied(from: &mut dyn Read, to: &mut dyn Write) -> anyhow::Result<(u64, String)> {
    let (mut hash, mut total) = (Sha256::new(), 0);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer)?;
        let some = buffer.get(..length).unwrap_or_default();
        if some.is_empty() {
            return Ok((total, hex::encode(hash.finish())));
        }
        hash.update(some);
        to.write_all(some)?;
        total += length as u64;
    }
}
