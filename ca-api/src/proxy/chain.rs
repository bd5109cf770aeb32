//! Whether a certificate that a proxy handed on is one of our roots' for clients: what a handshake checks.

use ca_core::store::{StoreError, authority};
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509StoreContext};

use crate::site::Site;

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChainError {
    /// The roots cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// OpenSSL cannot do its work.
    #[error(transparent)]
    OpenSsl(#[from] ErrorStack),
}

/// Whether a root of ours signed it for TLS clients; a retired one too, for the page that says that it opens nothing.
///
/// Its dates are left to the pages, as in the handshake, so that who comes with an expired one is told so; the root's
/// enclose them.
pub(super) fn is_ours(site: &Site, certificate: &X509) -> Result<bool, ChainError> {
    let roots = site.store.read(authority::list)?.into_iter();
    let roots: Vec<X509> = roots
        .map(|root| X509::from_der(&root.certificate_der))
        .collect::<Result<_, _>>()?;
    Ok(is_signed_by(&roots, certificate)?)
}

fn is_signed_by(roots: &[X509], certificate: &X509) -> Result<bool, ErrorStack> {
    let mut store = X509StoreBuilder::new()?;
    for root in roots {
        store.add_cert(root.clone())?;
    }
    let mut rule = X509VerifyParam::new()?;
    rule.set_flags(X509VerifyFlags::NO_CHECK_TIME)?;
    store.set_param(&rule)?;
    store.set_purpose(X509PurposeId::SSL_CLIENT)?;
    let none = Stack::new()?;
    let store = store.build();
    X509StoreContext::new()?.init(&store, certificate, &none, |context| context.verify_cert())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::tests::authority::{Authority, Purpose};

    #[test]
    fn a_certificate_is_ours_by_signature_and_purpose() {
        let (ours, other) = (Authority::new("G1"), Authority::new("G1"));
        let roots = [ours.root.clone()];
        let judge = |certificate: &X509| is_signed_by(&roots, certificate).unwrap();
        assert!(judge(&ours.issue("KJ2700000001", Purpose::Client, 0, 30)));
        // Expired: for the pages to say.
        assert!(judge(&ours.issue("KJ2700000001", Purpose::Client, -30, -1)));
        assert!(!judge(&ours.issue("localhost", Purpose::Server, 0, 30)));
        // The same names under another key.
        assert!(!judge(&other.issue("KJ2700000001", Purpose::Client, 0, 30)));
        assert!(!judge(&other.root));
        assert!(!is_signed_by(&[], &ours.issue("KJ2700000001", Purpose::Client, 0, 30)).unwrap());
    }
}
