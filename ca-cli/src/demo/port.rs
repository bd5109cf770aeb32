//! The ports that the demo listens on.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Context, bail};
use ca_core::config::ListenConfig;

/// The configured ones; `base`, `base` + 1, `base` + 2 when given; free ones for 0, or for a walkthrough that
/// nobody configured.
pub(super) fn choose(
    configured: &ListenConfig,
    base: Option<u16>,
    walkthrough: bool,
) -> anyhow::Result<ListenConfig> {
    match base {
        Some(0) => free(),
        Some(base) => {
            let Some(last) = base.checked_add(2) else {
                bail!("--port-base {base} leaves no room for three ports; the highest is 65533");
            };
            Ok(listen([base, base + 1, last]))
        }
        None if walkthrough && *configured == ListenConfig::default() => free(),
        None => Ok(configured.clone()),
    }
}

/// Three ports that nobody listens on. They are free again until the server takes them: addresses have to be
/// known before, since certificates name them.
fn free() -> anyhow::Result<ListenConfig> {
    let take =
        || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free on this machine");
    let held = [take()?, take()?, take()?];
    let [http, https, console] =
        held.map(|listener| listener.local_addr().map(|address| address.port()));
    Ok(listen([http?, https?, console?]))
}

/// Says which address is taken, and how to take others.
pub(super) fn expect_free(listen: &ListenConfig) -> anyhow::Result<()> {
    for address in [listen.http, listen.https, listen.console] {
        if let Err(error) = TcpListener::bind(address) {
            bail!(
                "the demo cannot listen on {address}: {error}; end what listens there (a demo that runs already?), \
                 or choose other ports with --port-base N (0 takes free ones)"
            );
        }
    }
    Ok(())
}

fn listen(ports: [u16; 3]) -> ListenConfig {
    let [http, https, console] =
        ports.map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    ListenConfig {
        http,
        https,
        console,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named_with_the_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = taken.local_addr().unwrap();
        let listen = ListenConfig {
            https: address,
            ..free().unwrap()
        };
        let said = expect_free(&listen).unwrap_err().to_string();
        assert!(
            said.contains(&address.to_string()) && said.contains("--port-base"),
            "{said}"
        );
    }

    #[test]
    fn a_base_gives_three_neighbours_and_zero_three_free_ones() {
        let usual = ListenConfig::default();
        let base = choose(&usual, Some(9000), false).unwrap();
        assert_eq!(
            [base.http.port(), base.https.port(), base.console.port()],
            [9000, 9001, 9002]
        );
        assert!(choose(&usual, Some(65_534), false).is_err());
        assert_eq!(choose(&usual, None, false).unwrap(), usual);
        for free in [
            choose(&usual, Some(0), false).unwrap(),
            choose(&usual, None, true).unwrap(),
        ] {
            assert!(
                free != usual && free.http.port() != free.https.port() && free.console.port() > 0
            );
        }
        assert_eq!(
            choose(&base, None, true).unwrap(),
            base,
            "what is configured holds for a walkthrough too"
        );
    }
}
