//! What connections are like below the pages: the protocol they speak, and that nothing is kept back.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::process::{
    ForeignRawFd, Pid, PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open,
};

use super::*;

#[test]
fn every_https_listener_speaks_http_1_1_alone_whatever_is_offered() {
    let house = House::new();
    let server = house.open();
    let client = pair("operator", Some(&house.root), true);
    let at = server.addresses;
    for address in [at.https, at.portal, at.console].map(Option::unwrap) {
        let offers: [(&[u8], Option<&[u8]>); 3] = [
            (b"\x02h2\x08http/1.1", Some(b"http/1.1")),
            (b"\x08http/1.1", Some(b"http/1.1")),
            (b"\x02h2", None),
        ];
        for (offered, taken) in offers {
            let connector = house.connector_with(Some(&client), |builder| {
                builder.set_alpn_protos(offered).unwrap();
            });
            let stream = connect(&connector, address).unwrap();
            assert_eq!(stream.ssl().selected_alpn_protocol(), taken, "{address}");
            let reply = ask(stream, "/healthz").unwrap();
            assert!(reply.starts_with("HTTP/1.1 "), "{address}: {reply}");
        }
    }
    server.stop();
}

#[test]
fn every_accepted_connection_sends_at_once() {
    let free = |_: &str| {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        taken.local_addr().unwrap()
    };
    let (proxied, metrics) = (free("proxied"), free("metrics"));
    let house = House::with(|config| {
        config.proxy.listen = Some(proxied);
        config.listen.metrics = metrics.into();
    });
    let server = house.open();
    let at = server.addresses;
    let mut addresses = [at.http, at.https, at.portal, at.console]
        .map(Option::unwrap)
        .to_vec();
    addresses.extend([proxied, metrics]);
    for address in addresses {
        let browser = TcpStream::connect(address).unwrap();
        let accepted = other_end_of(&browser);
        assert!(accepted.nodelay().unwrap(), "{address}");
    }
    server.stop();
}

/// The server's end of a connection, which is in this process: looked for until it is accepted.
fn other_end_of(browser: &TcpStream) -> TcpStream {
    let (own, theirs) = (browser.local_addr().unwrap(), browser.peer_addr().unwrap());
    loop {
        let found = sockets().into_iter().find(|socket| {
            let ends = socket.local_addr().ok().zip(socket.peer_addr().ok());
            ends == Some((theirs, own))
        });
        if let Some(found) = found {
            return found;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Every socket of this process, as a stream.
fn sockets() -> Vec<TcpStream> {
    let own: Pid = getpid();
    let process = pidfd_open(own, PidfdFlags::empty()).unwrap();
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let sockets = open.filter(|entry| {
        std::fs::read_link(entry.path())
            .is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
    });
    let numbers = sockets.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers
        .filter_map(|number: ForeignRawFd| {
            pidfd_getfd(&process, number, PidfdGetfdFlags::empty()).ok()
        })
        .map(|socket: OwnedFd| TcpStream::from(socket))
        .collect()
}
