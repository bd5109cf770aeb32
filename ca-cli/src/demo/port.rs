//! The addresses that the demo listens on, taken at the start and handed to the server as they are.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context, bail};
use ca_api::server::{Addresses, Listeners};
use ca_core::config::{Listen, ListenConfig};

/// Four listeners.
///
/// Certificates name the addresses, so these have to be known long before the server serves; whoever connects
/// meanwhile waits, and nobody else can be given one of them.
#[derive(Debug)]
pub(crate) struct Ports {
    /// Their addresses.
    pub listen: ListenConfig,
    /// The sockets.
    pub listeners: Listeners,
}

impl Ports {
    /// The configured ones; `base` to `base` + 3 when given; free ones for 0, or for a walkthrough that nobody
    /// configured.
    pub(crate) fn take(
        configured: &ListenConfig,
        base: Option<u16>,
        walkthrough: bool,
    ) -> anyhow::Result<Self> {
        match base {
            Some(0) => Self::hold(&neighbours([0; 4])),
            Some(base) => match base.checked_add(3) {
                Some(last) => Self::hold(&neighbours([base, base + 1, base + 2, last])),
                None => {
                    bail!("--port-base {base} leaves no room for four ports; the highest is 65532")
                }
            },
            None if walkthrough && *configured == ListenConfig::default() => {
                Self::hold(&neighbours([0; 4]))
            }
            None => Self::hold(configured),
        }
    }

    /// Says which address is taken, and how to take others.
    fn hold(wanted: &ListenConfig) -> anyhow::Result<Self> {
        let all = [wanted.http, wanted.https, wanted.portal, wanted.console];
        if all.into_iter().any(Listen::is_off) {
            bail!("the demo serves everything in one process; take \"off\" out of [listen]");
        }
        let listeners = Listeners::bind(wanted).context(
            "the demo cannot listen; end what listens there (a demo that runs already?), or choose other ports with \
             --port-base N (0 takes free ones)",
        )?;
        let Addresses {
            http,
            https,
            portal,
            console,
        } = listeners.addresses()?;
        Ok(Self {
            listen: ListenConfig {
                http: http.into(),
                https: https.into(),
                portal: portal.into(),
                console: console.into(),
                metrics: wanted.metrics,
            },
            listeners,
        })
    }
}

/// http, https, console and portal, in the order in which the demo counts them.
fn neighbours(ports: [u16; 4]) -> ListenConfig {
    let [http, https, console, portal] =
        ports.map(|port| Listen::At(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)));
    ListenConfig {
        http,
        https,
        portal,
        console,
        ..ListenConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named_with_the_way_out() {
        let taken = Ports::take(&ListenConfig::default(), Some(0), false).unwrap();
        let error = Ports::take(&taken.listen, None, true).unwrap_err();
        let said = format!("{error:#}");
        assert!(
            said.contains(&taken.listen.http.to_string()) && said.contains("--port-base"),
            "{said}"
        );
        let listen = taken.listen.clone();
        drop(taken);
        assert_eq!(
            Ports::take(&listen, None, true).unwrap().listen,
            listen,
            "what is configured holds"
        );
    }

    #[test]
    fn free_ports_are_different_ones_and_answer_at_once() {
        let usual = ListenConfig::default();
        for ports in [
            Ports::take(&usual, Some(0), false).unwrap(),
            Ports::take(&usual, None, true).unwrap(),
        ] {
            let ListenConfig {
                http,
                https,
                portal,
                console,
                metrics: _,
            } = ports.listen;
            let mut all = [http, https, portal, console].map(|listen| listen.port().unwrap());
            all.sort_unstable();
            assert!(all.windows(2).all(|pair| pair[0] < pair[1]) && all[0] > 0);
            assert!(
                std::net::TcpStream::connect(portal.address().unwrap()).is_ok(),
                "who comes early waits"
            );
        }
        assert!(Ports::take(&usual, Some(65_533), false).is_err());
    }
}
