//! `Client-Cert` (RFC 9440 §2.2): one certificate as the item of a structured field, `:base64 of the DER:`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::x509::X509;

/// Most characters of the header: four times what a certificate of ours needs.
pub(super) const MOST_CHARACTERS: usize = 8_192;

/// The certificate of a header's value.
///
/// # Errors
/// What is wrong with it, for the log.
pub(super) fn read(value: &[u8]) -> Result<X509, &'static str> {
    if value.len() > MOST_CHARACTERS {
        return Err("longer than any certificate");
    }
    let text = std::str::from_utf8(value).map_err(|_| "not ASCII")?;
    let encoded = text
        .trim_matches(' ')
        .strip_prefix(':')
        .and_then(|rest| rest.strip_suffix(':'))
        .ok_or("not a byte sequence between colons (RFC 8941 §3.3.5)")?;
    let der = STANDARD.decode(encoded).map_err(|_| "not base64")?;
    let certificate = X509::from_der(&der).map_err(|_| "not a certificate")?;
    match certificate.to_der() {
        Ok(again) if again == der => Ok(certificate),
        _ => Err("more than one certificate"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::tests::authority::{Authority, Purpose};

    #[test]
    fn one_certificate_between_colons_is_read_and_nothing_else() {
        let certificate = Authority::new("G1").issue("KJ2700000001", Purpose::Client, 0, 30);
        let der = certificate.to_der().unwrap();
        let good = format!(":{}:", STANDARD.encode(&der));
        assert_eq!(read(good.as_bytes()).unwrap().to_der().unwrap(), der);
        assert!(read(format!("  {good} ").as_bytes()).is_ok());
        let two = format!(":{}:", STANDARD.encode([der.clone(), der.clone()].concat()));
        let pem = String::from_utf8(certificate.to_pem().unwrap()).unwrap();
        let long = format!(":{}:", "A".repeat(MOST_CHARACTERS));
        let listed = format!("{good}, {good}");
        for wrong in [
            "",
            ":",
            "::",
            ":AAAA:",
            ":é:",
            "AAAA",
            &good[1..],
            &good[..good.len() - 1],
            &good.replace('=', ""),
            &listed,
            &two,
            &pem,
            &long,
        ] {
            // Some certificates' base64 has no padding to lose.
            if wrong != good {
                assert!(read(wrong.as_bytes()).is_err(), "{wrong}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_pass_for_a_certificate(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            proptest::prop_assert!(read(&bytes).is_err());
            let framed = format!(":{}:", STANDARD.encode(&bytes));
            proptest::prop_assert!(read(framed.as_bytes()).is_err());
        }
    }
}
