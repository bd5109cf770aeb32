//! TLS of the two https listeners: Mozilla's intermediate profile, TLS 1.2 at least.

use std::fs::File;
use std::path::{Path, PathBuf};

use ca_core::store::{StoreError, authority};
use openssl::error::ErrorStack;
use openssl::ssl::{
    SslAcceptor, SslAcceptorBuilder, SslFiletype, SslMethod, SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;

use super::listen::ServeError;
use crate::site::Site;

/// A listener's TLS settings, ready for the socket.
pub type Builder = SslAcceptorBuilder;

/// Key exchanges in order: the post-quantum hybrid that browsers offer first, then the classical ones.
const GROUPS: &str = "X25519MLKEM768:X25519:P-256:P-384";
/// For an OpenSSL older than 3.5, which packagers may link.
const CLASSICAL_GROUPS: &str = "X25519:P-256:P-384";

/// For applicants: no client certificate is asked for, or browsers would show a chooser at the first page.
pub fn public(site: &Site) -> Result<Builder, ServeError> {
    let mut builder = base(site)?;
    builder.set_session_id_context(b"inkan-applicant")?;
    Ok(builder)
}

/// For operators: no handshake without a certificate of our own CA. Only our CA is named to the browser, so that
/// it offers nothing else.
pub fn console(site: &Site) -> Result<Builder, ServeError> {
    let mut builder = base(site)?;
    let mut store = X509StoreBuilder::new()?;
    for der in authorities(site)? {
        let authority =
            X509::from_der(&der).map_err(|why| ServeError::Authority(why.to_string()))?;
        builder.add_client_ca(&authority)?;
        store.add_cert(authority)?;
    }
    builder.set_verify_cert_store(store.build())?;
    builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    // Without a context, OpenSSL refuses to resume sessions that carry a client certificate.
    builder.set_session_id_context(b"inkan-console")?;
    Ok(builder)
}

/// Every generation of our root, so that operators' certificates outlive a change of roots.
fn authorities(site: &Site) -> Result<Vec<Vec<u8>>, ServeError> {
    let found: Result<_, StoreError> = site.store.read(authority::list);
    let found = found.map_err(|why| ServeError::Authority(why.to_string()))?;
    if found.is_empty() {
        return Err(ServeError::NoAuthority);
    }
    let certificates = found.into_iter().map(|authority| authority.certificate_der);
    Ok(certificates.collect())
}

fn base(site: &Site) -> Result<Builder, ServeError> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
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
    Ok(builder)
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
