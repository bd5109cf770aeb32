//! Free ports for programs that must be told theirs.

use std::net::{Ipv4Addr, TcpListener};

/// `N` ports of the loopback address, all different, free at the moment of asking.
pub fn free<const N: usize>() -> [u16; N] {
    // Held together while they are drawn, so that none is drawn twice.
    let held: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
    held.map(|listener| listener.local_addr().expect("its address").port())
}

/// A port that is taken for as long as the listener lives.
pub fn taken() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    (listener, port)
}
