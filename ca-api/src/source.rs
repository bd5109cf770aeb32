//! Where a request came from: for counting how often a public form is used, for the log, for refusals in the audit.
//!
//! The one place that says so. An address in a header is anybody's claim, so the connection's own is taken, unless
//! the connection is one of `[proxy] trusted` and `[proxy] source` names the header that those proxies write.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderName};
use ca_core::config::{ProxyConfig, SourceHeader};

/// Bits of an IPv6 address that stand for one subscriber: each gets at least so many addresses for itself.
const NETWORK_BITS: u32 = 64;
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Longest header that is read; what is beyond comes from nobody's real way.
const LONGEST: usize = 4_096;

/// The source of a request for counting: an IPv4 address, or the /64 network of an IPv6 address.
pub fn source_of(request: &HttpRequest, proxy: &ProxyConfig) -> String {
    // Without an address (a connection that is gone) all share one count.
    address_of(request, proxy).map_or_else(|| "unknown".to_owned(), grouped)
}

/// The address that a request came from, whole: for the log, and for refusals in the audit.
pub fn address_of(request: &HttpRequest, proxy: &ProxyConfig) -> Option<IpAddr> {
    let peer = request.peer_addr()?;
    let forwarded = match proxy.source {
        SourceHeader::Connection => Vec::new(),
        SourceHeader::Forwarded => hops(request, &FORWARDED),
        SourceHeader::XForwardedFor => hops(request, &X_FORWARDED_FOR),
    };
    Some(source(peer.ip(), &forwarded, proxy).to_canonical())
}

/// Each proxy appends whom it saw, so the list is read from its end, as long as who said so is one of ours.
fn source(peer: IpAddr, forwarded: &[Option<IpAddr>], proxy: &ProxyConfig) -> IpAddr {
    let mut known = peer;
    for said in forwarded.iter().rev() {
        match said {
            Some(address) if proxy.trusts(known) => known = *address,
            _ => break,
        }
    }
    known
}

/// The addresses of the header's elements, in their order; none for what is no address (RFC 7239 §6.3).
fn hops(request: &HttpRequest, name: &HeaderName) -> Vec<Option<IpAddr>> {
    let values = request.headers().get_all(name);
    let texts: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    let text = texts.join(",");
    if text.len() > LONGEST {
        return Vec::new();
    }
    let is_rfc7239 = *name == FORWARDED;
    let read = |element: &str| match is_rfc7239 {
        true => forwarded_for(element),
        false => address(element),
    };
    text.split(',').map(read).collect()
}

/// The `for=` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    address(node.trim().trim_matches('"'))
}

/// `192.0.2.7`, `192.0.2.7:443`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:443`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let plain = bare.unwrap_or(text).parse::<IpAddr>().ok();
    plain.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
}

/// What stands for one subscriber: an IPv4 address, or the base of the /64 network of an IPv6 address.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let network = address.to_bits() & (u128::MAX << (128 - NETWORK_BITS));
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
    }
}

fn grouped(address: IpAddr) -> String {
    match network(address) {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(network) => format!("{network}/{NETWORK_BITS}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    const PROXY: [u8; 4] = [10, 0, 3, 1];

    fn asked(from: [u8; 4], header: &str, value: &str, source: SourceHeader) -> String {
        let proxy = ProxyConfig {
            source,
            trusted: vec!["10.0.3.0/24".to_owned()],
            ..ProxyConfig::default()
        };
        let request = TestRequest::get().peer_addr((from, 50_000).into());
        let request = request.insert_header((header, value)).to_http_request();
        source_of(&request, &proxy)
    }

    #[test]
    fn the_connection_speaks_and_no_header_unless_it_is_a_proxy_and_the_header_its_own() {
        use SourceHeader::{Connection, Forwarded, XForwardedFor};
        let (x, f) = ("x-forwarded-for", "forwarded");
        let stranger = [192, 0, 2, 7];
        for source in [Connection, Forwarded, XForwardedFor] {
            assert_eq!(asked(stranger, x, "198.51.100.1", source), "192.0.2.7");
            assert_eq!(asked(stranger, f, "for=198.51.100.1", source), "192.0.2.7");
        }
        assert_eq!(asked(PROXY, x, "198.51.100.1", Connection), "10.0.3.1");
        assert_eq!(
            asked(PROXY, f, "for=198.51.100.1", XForwardedFor),
            "10.0.3.1"
        );
        assert_eq!(asked(PROXY, x, "198.51.100.1", Forwarded), "10.0.3.1");
        assert_eq!(
            asked(PROXY, x, "198.51.100.1", XForwardedFor),
            "198.51.100.1"
        );
        assert_eq!(
            asked(PROXY, f, "for=198.51.100.1", Forwarded),
            "198.51.100.1"
        );
    }

    #[test]
    fn what_a_visitor_wrote_before_the_proxy_counts_for_nothing() {
        let x = |value| asked(PROXY, "x-forwarded-for", value, SourceHeader::XForwardedFor);
        for (value, source) in [
            ("203.0.113.9, 198.51.100.1", "198.51.100.1"),
            ("203.0.113.9, 198.51.100.1, 10.0.3.2", "198.51.100.1"),
            ("203.0.113.9, nonsense, 10.0.3.2", "10.0.3.2"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
            ("[2001:db8:1:2::4]:443", "2001:db8:1:2::/64"),
            ("198.51.100.1:4711", "198.51.100.1"),
            ("", "10.0.3.1"),
            ("unknown", "10.0.3.1"),
            ("198.51.100.1,", "10.0.3.1"),
        ] {
            assert_eq!(x(value), source, "{value}");
        }
        assert_eq!(x(&"198.51.100.1,".repeat(400)), "10.0.3.1", "too long");
        let f = |value| asked(PROXY, "forwarded", value, SourceHeader::Forwarded);
        for (value, source) in [
            (
                "for=203.0.113.9, For=\"[2001:db8:1:2::4]:4711\";proto=https",
                "2001:db8:1:2::/64",
            ),
            ("proto=https;for=198.51.100.1;by=10.0.3.1", "198.51.100.1"),
            ("for=_hidden", "10.0.3.1"),
            ("for=203.0.113.9, by=10.0.3.1", "10.0.3.1"),
        ] {
            assert_eq!(f(value), source, "{value}");
        }
    }

    #[test]
    fn one_ipv6_subscriber_is_one_source() {
        let of = |text: &str| grouped(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
