//! The ports that the demo listens on, held from the start until the server takes them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{anyhow, bail};
use ca_core::config::ListenConfig;

/// Three ports that nobody else can take while this lives.
///
/// Certificates name the addresses, so these have to be known long before the server listens; whoever
/// opens a connection meanwhile must not be given one of them.
#[derive(Debug)]
pub(super) struct Ports {
    /// Their addresses.
    pub listen: ListenConfig,
    _held: [TcpListener; 3],
}

impl Ports {
    /// The configured ones; `base`, `base` + 1, `base` + 2 when given; free ones for 0, or for a walkthrough that
    /// nobody configured.
    pub(super) fn take(
        configured: &ListenConfig,
        base: Option<u16>,
        walkthrough: bool,
    ) -> anyhow::Result<Self> {
        match base {
            Some(0) => Self::hold(neighbours([0; 3])),
            Some(base) => match base.checked_add(2) {
                Some(last) => Self::hold(neighbours([base, base + 1, last])),
                None => {
                    bail!("--port-base {base} leaves no room for three ports; the highest is 65533")
                }
            },
            None if walkthrough && *configured == ListenConfig::default() => {
                Self::hold(neighbours([0; 3]))
            }
            None => Self::hold([configured.http, configured.https, configured.console]),
        }
    }

    /// Lets go of them, for the server.
    pub(super) fn release(self) {}

    fn hold(addresses: [SocketAddr; 3]) -> anyhow::Result<Self> {
        let [http, https, console] = addresses.map(bind);
        let held = [http?, https?, console?];
        let [http, https, console] = held.each_ref().map(TcpListener::local_addr);
        Ok(Self {
            listen: ListenConfig {
                http: http?,
                https: https?,
                console: console?,
            },
            _held: held,
        })
    }
}

/// Says which address is taken, and how to take others.
fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).map_err(|error| {
        anyhow!(
            "the demo cannot listen on {address}: {error}; end what listens there (a demo that runs already?), \
             or choose other ports with --port-base N (0 takes free ones)"
        )
    })
}

fn neighbours(ports: [u16; 3]) -> [SocketAddr; 3] {
    ports.map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named_with_the_way_out() {
        let taken = Ports::take(&ListenConfig::default(), Some(0), false).unwrap();
        let said = Ports::take(&taken.listen, None, true)
            .unwrap_err()
            .to_string();
        assert!(
            said.contains(&taken.listen.http.to_string()) && said.contains("--port-base"),
            "{said}"
        );
        let listen = taken.listen.clone();
        taken.release();
        assert_eq!(
            Ports::take(&listen, None, true).unwrap().listen,
            listen,
            "what is configured holds"
        );
    }

    #[test]
    fn free_ports_are_three_different_ones() {
        let usual = ListenConfig::default();
        for ports in [
            Ports::take(&usual, Some(0), false).unwrap(),
            Ports::take(&usual, None, true).unwrap(),
        ] {
            let ListenConfig {
                http,
                https,
                console,
            } = ports.listen;
            assert!(http != https && https != console && console != http && http.port() > 0);
        }
        assert!(Ports::take(&usual, Some(65_534), false).is_err());
    }
}
