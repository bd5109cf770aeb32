//! Where a request came from, for counting how often a public form is used.
//!
//! The one place that says so: an address in a header is anybody's claim, so the connection's own is taken.
//! Behind a proxy that is the proxy's, for all visitors.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;

/// Bits of an IPv6 address that stand for one subscriber: each gets at least so many addresses for itself.
const NETWORK_BITS: u32 = 64;

/// The source of a request: an IPv4 address, or the /64 network of an IPv6 address.
pub fn source_of(request: &HttpRequest) -> String {
    // Without an address (a connection that is gone) all share one count.
    request
        .peer_addr()
        .map_or_else(|| "unknown".to_owned(), |peer| grouped(peer.ip()))
}

fn grouped(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = address.to_bits() & (u128::MAX << (128 - NETWORK_BITS));
            format!("{}/{NETWORK_BITS}", Ipv6Addr::from_bits(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn the_connection_speaks_and_no_header() {
        let request = TestRequest::get()
            .peer_addr(([192, 0, 2, 7], 50_000).into())
            .insert_header(("x-forwarded-for", "198.51.100.1"))
            .insert_header(("forwarded", "for=198.51.100.1"))
            .to_http_request();
        assert_eq!(source_of(&request), "192.0.2.7");
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
