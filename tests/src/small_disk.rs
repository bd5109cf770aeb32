//! A disk of a few megabytes that a test can fill: a tmpfs in a mount namespace of the test's own, which needs no
//! privilege and goes with the test.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Said to the copy of the test that runs inside its own namespace.
const INSIDE: &str = "INKAN_TEST_OWN_DISKS";

/// Runs `body` where disks can be mounted: in a copy of this test, in user and mount namespaces of its own.
///
/// # Panics
/// When the copy fails, or namespaces are not allowed here.
pub fn with_own_disks(test: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let program = std::env::current_exe().expect("the path of this test program");
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "--"])
        .arg(program)
        .args([test, "--exact", "--nocapture"])
        .env(INSIDE, "yes")
        .status()
        .expect("unshare of util-linux");
    assert!(
        status.success(),
        "{test} in namespaces of its own; if `unshare --user --map-root-user --mount true` is refused here, allow user namespaces"
    );
}

/// A mounted disk.
pub struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Mounts one of `size` (`4m`) on a folder, which is made.
    ///
    /// # Panics
    /// Outside [`with_own_disks`].
    pub fn mount(path: &Path, size: &str) -> Self {
        std::fs::create_dir_all(path).expect("a folder to mount on");
        let status = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={size},mode=700"),
                "tmpfs",
            ])
            .arg(path)
            .status();
        assert!(status.expect("mount").success(), "mount {}", path.display());
        Self {
            path: path.to_owned(),
        }
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.filler())
            .expect("a file that fills the disk");
        for block in [vec![0; 1 << 16], vec![0; 1 << 10], vec![0; 1]] {
            while file.write_all(&block).is_ok() {}
        }
    }

    /// Fills it but for `room` bytes, in whole pages.
    ///
    /// # Panics
    /// When the filler holds less than that.
    pub fn fill_but(&self, room: u64) {
        self.fill();
        let filler = OpenOptions::new().write(true).open(self.filler());
        let filler = filler.expect("the filler");
        let length = filler.metadata().expect("its length").len();
        let left = length.checked_sub(room).expect("a filler that is larger");
        filler.set_len(left).expect("some room");
    }

    /// Makes room again.
    pub fn free(&self) {
        File::create(self.filler()).expect("an empty file");
    }

    fn filler(&self) -> PathBuf {
        self.path.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(&self.path)
            .status();
    }
}
