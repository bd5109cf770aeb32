//! Ports for programs that must be told theirs.

use std::fs::{File, TryLockError};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;

/// Below the range from which the system gives ports to whoever connects, and below the test database's.
const RANGE: std::ops::Range<u16> = 11_000..19_000;

/// The locks on this process's ports; the system lets go of them when the process ends.
static OURS: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// `N` ports of the loopback address, all different, that no other test is given while this process lives.
///
/// A port that was bound to be found and then let go of could be given to any connection before the program
/// binds it; these are outside the system's range, and a lock file each keeps tests from each other's.
pub fn free<const N: usize>() -> [u16; N] {
    let folder = std::env::temp_dir().join("inkan-test-ports");
    std::fs::create_dir_all(&folder).expect("a folder for the locks");
    // Tests that start together begin to look in different places.
    let start = std::process::id() as usize * 61;
    let mut candidates = RANGE.cycle().skip(start % RANGE.len()).take(RANGE.len());
    let mut ours = OURS.lock().expect("nobody panicked with the ports");
    std::array::from_fn(|_| {
        let found = candidates.find_map(|port| {
            let file = File::create(folder.join(port.to_string())).expect("a lock file");
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return None,
                Err(TryLockError::Error(why)) => panic!("cannot lock port {port}: {why}"),
            }
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
            Some((port, file))
        });
        let (port, file) = found.expect("a free port");
        ours.push(file);
        port
    })
}

/// A port that is taken for as long as the listener lives.
pub fn taken() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    (listener, port)
}
