//! TLS of the https listeners: Mozilla's intermediate profile, TLS 1.2 at least; renewed without a restart.
//!
//! A listener is bound once with a [`Builder`], but every handshake takes the context that [`Renewable`] holds at
//! that moment: the site's renewed certificate and new or retired roots count from the next handshake on. What
//! OpenSSL copies into a connection before that (verify mode, versions) is the same in every context of a listener.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use ca_core::store::{StoreError, authority};
use openssl::error::ErrorStack;
use openssl::ssl::{
    AlpnError, SslAcceptor, SslAcceptorBuilder, SslContext, SslFiletype, SslMethod, SslOptions,
    SslVerifyMode, SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509StoreContextRef, X509VerifyResult};
use sha2::{Digest, Sha256};

use super::listen::ServeError;
use crate::metrics::shown::Handshakes;
use crate::site::{Area, Site};

/// A listener's TLS settings, ready for the socket.
pub type Builder = SslAcceptorBuilder;

/// Key exchanges in order: the post-quantum hybrid that browsers offer first, then the classical ones.
const GROUPS: &str = "X25519MLKEM768:X25519:P-256:P-384";
/// For an OpenSSL older than 3.5, which packagers may link.
const CLASSICAL_GROUPS: &str = "X25519:P-256:P-384";

/// The protocols that a connection may speak, as ALPN lists them (RFC 7301 §3.1). HTTP/1.1 alone: the web framework's HTTP/2
/// rests on a library with an open advisory (docs/decisions/http-1-only.md).
const PROTOCOLS: &[u8] = b"\x08http/1.1";

/// `SSL_OP_CLEANSE_PLAINTEXT` of OpenSSL 3's `ssl.h`, which the bindings have no name for: what was decrypted is wiped from
/// OpenSSL's own buffer as soon as it was read out of it. Forms carry passwords.
const CLEANSE_PLAINTEXT: SslOptions = SslOptions::from_bits_retain(1 << 1);

/// One listener's context, which handshakes take and housekeeping replaces.
#[derive(Debug, Clone)]
pub struct Renewable {
    area: Area,
    current: Arc<RwLock<SslContext>>,
}

impl Renewable {
    /// The context of a listener, and the builder that its socket is bound with.
    pub fn new(site: &Site, area: Area) -> Result<(Self, Builder), ServeError> {
        let current = Arc::new(RwLock::new(builder(site, area)?.build().into_context()));
        let mut outer = builder(site, area)?;
        let taken = Arc::clone(&current);
        // Called in every handshake, also where the client names no host.
        outer.set_servername_callback(move |ssl, _| {
            let context = taken.read().unwrap_or_else(PoisonError::into_inner).clone();
            // If this fails, the handshake goes on with the certificate that the listener was bound with.
            if let Err(why) = ssl.set_ssl_context(&context) {
                tracing::warn!(%why, "a handshake kept an earlier TLS context");
            }
            Ok(())
        });
        Ok((Self { area, current }, outer))
    }

    /// Its key in `[listen]`, and the context that handshakes take.
    pub fn shown(&self) -> Handshakes {
        let key = match self.area {
            Area::Plain => "http",
            Area::Applicant => "https",
            Area::Portal => "portal",
            Area::Console => "console",
        };
        (key, Arc::clone(&self.current))
    }

    /// Whether a context can be built of what `site` names.
    pub fn check(&self, site: &Site) -> Result<(), ServeError> {
        builder(site, self.area).map(drop)
    }

    /// Builds the context anew. What cannot be used leaves the present one in place.
    pub fn renew(&self, site: &Site) -> Result<(), ServeError> {
        let fresh = builder(site, self.area)?.build().into_context();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

/// A mark of everything that the contexts are made of; it changes when one of them does.
pub fn fingerprint(site: &Site) -> Result<[u8; 32], ServeError> {
    let mut hash = Sha256::new();
    let (certificate, key) = files(site);
    for file in [certificate, key] {
        let bytes = std::fs::read(&file).map_err(|why| ServeError::Certificate {
            why: why.to_string(),
            file,
        })?;
        hash.update(Sha256::digest(bytes));
    }
    for der in authorities(site)? {
        hash.update(Sha256::digest(der));
    }
    Ok(hash.finalize().into())
}

fn builder(site: &Site, area: Area) -> Result<Builder, ServeError> {
    let mut builder = base(site)?;
    match area {
        // No client certificate is asked for, or browsers would show a chooser at the first page.
        Area::Plain | Area::Applicant => builder.set_session_id_context(b"inkan-applicant")?,
        Area::Portal => {
            let mut roots = X509StoreBuilder::new()?;
            trust_our_roots(&mut builder, &mut roots, site)?;
            recognise_retired_roots(&mut roots, site)?;
            builder.set_verify_cert_store(roots.build())?;
            // Without FAIL_IF_NO_PEER_CERT: who offers none gets a page that says how to.
            builder.set_verify_callback(SslVerifyMode::PEER, accept_out_of_date);
            builder.set_session_id_context(b"inkan-portal")?;
        }
        Area::Console => {
            let mut roots = X509StoreBuilder::new()?;
            trust_our_roots(&mut builder, &mut roots, site)?;
            recognise_retired_roots(&mut roots, site)?;
            builder.set_verify_cert_store(roots.build())?;
            let asked = SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT;
            builder.set_verify_callback(asked, accept_out_of_date);
            // Without a context, OpenSSL refuses to resume sessions that carry a client certificate.
            builder.set_session_id_context(b"inkan-console")?;
        }
    }
    // As actix sets it on the builder it is given; a context that a handshake swaps in needs its own. Who offers only others
    // is spoken to in HTTP/1.1 without a word about it, like who offers none.
    builder.set_alpn_select_callback(|_, offered| {
        openssl::ssl::select_next_proto(PROTOCOLS, offered).ok_or(AlpnError::NOACK)
    });
    Ok(builder)
}

/// Our active roots are trusted, and only they are named to the browser, so that it offers nothing else.
fn trust_our_roots(
    builder: &mut Builder,
    store: &mut X509StoreBuilder,
    site: &Site,
) -> Result<(), ServeError> {
    for der in authorities(site)? {
        let authority =
            X509::from_der(&der).map_err(|why| ServeError::Authority(why.to_string()))?;
        builder.add_client_ca(&authority)?;
        store.add_cert(authority)?;
    }
    Ok(())
}

/// A certificate of a retired root passes the handshake to get the page that says that it opens nothing.
/// These roots are not named to the browser.
fn recognise_retired_roots(store: &mut X509StoreBuilder, site: &Site) -> Result<(), ServeError> {
    let found: Result<_, StoreError> = site.store.read(authority::list);
    let found = found.map_err(|why| ServeError::Authority(why.to_string()))?;
    for retired in found.iter().filter(|root| root.status != "active") {
        let retired = X509::from_der(&retired.certificate_der)
            .map_err(|why| ServeError::Authority(why.to_string()))?;
        store.add_cert(retired)?;
    }
    Ok(())
}

/// A certificate of ours whose time is over, or has not begun, passes the handshake to get the page that says so.
/// The pages check the dates again, since a resumed session never comes here.
fn accept_out_of_date(verified: bool, context: &mut X509StoreContextRef) -> bool {
    verified || (context.error_depth() == 0 && is_out_of_date(context.error()))
}

/// `X509_V_ERR_CERT_NOT_YET_VALID` and `X509_V_ERR_CERT_HAS_EXPIRED` of OpenSSL's `x509_vfy.h`.
const OUT_OF_DATE: [i32; 2] = [9, 10];

/// Whether dates alone are what is wrong (RFC 5280 §6.1.3 (a)(2)).
pub fn is_out_of_date(result: X509VerifyResult) -> bool {
    OUT_OF_DATE.contains(&result.as_raw())
}

/// Every active generation of our root, so that certificates outlive a change of roots.
fn authorities(site: &Site) -> Result<Vec<Vec<u8>>, ServeError> {
    let found: Result<_, StoreError> = site.store.read(authority::active);
    let found = found.map_err(|why| ServeError::Authority(why.to_string()))?;
    let certificates = found.into_iter().map(|authority| authority.certificate_der);
    let certificates: Vec<_> = certificates.collect();
    if certificates.is_empty() {
        return Err(ServeError::NoAuthority);
    }
    Ok(certificates)
}

fn base(site: &Site) -> Result<Builder, ServeError> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    builder.set_options(CLEANSE_PLAINTEXT);
    builder
        .set_groups_list(GROUPS)
        .or_else(|_| builder.set_groups_list(CLASSICAL_GROUPS))?;
    let (certificate, key) = files(site);
    builder
        .set_certificate_chain_file(&certificate)
        .map_err(|why| refused(&certificate, &why))?;
    builder
        .set_private_key_file(&key, SslFiletype::PEM)
        .map_err(|why| refused(&key, &why))?;
    builder
        .check_private_key()
        .map_err(|_| ServeError::Certificate {
            why: format!("it is not the key of {}", certificate.display()),
            file: key.clone(),
        })?;
    if site.config.tls.publicly_trusted && is_under_our_root(&certificate, site)? {
        return Err(ServeError::PubliclyTrusted(certificate));
    }
    Ok(builder)
}

/// Whether one of our roots issued the certificate that the listener shows, or the last one of its chain.
fn is_under_our_root(file: &Path, site: &Site) -> Result<bool, ServeError> {
    let pem = std::fs::read(file).map_err(|why| ServeError::Certificate {
        why: why.to_string(),
        file: file.to_owned(),
    })?;
    let chain = X509::stack_from_pem(&pem)?;
    for der in authorities(site)? {
        let root = X509::from_der(&der)?;
        let key = root.public_key()?;
        // A certificate under another kind of key is an error to OpenSSL, and none of ours.
        if chain
            .iter()
            .any(|shown| shown.verify(&key).unwrap_or(false))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The site's certificate and key: as configured, or where `ca-cli certificate issue-server` puts them.
fn files(site: &Site) -> (PathBuf, PathBuf) {
    let usual = site.config.data.folder.join("tls");
    let own = &site.config.tls;
    (
        own.certificate
            .clone()
            .unwrap_or_else(|| usual.join("server.crt")),
        own.key.clone().unwrap_or_else(|| usual.join("server.key")),
    )
}

/// OpenSSL's own text for a missing file is a riddle; the system's is not.
fn refused(file: &Path, why: &ErrorStack) -> ServeError {
    let unreadable = File::open(file).err().map(|why| why.to_string());
    ServeError::Certificate {
        file: file.to_owned(),
        why: unreadable.unwrap_or_else(|| why.to_string()),
    }
}
