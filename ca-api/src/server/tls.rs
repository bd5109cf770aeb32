//! TLS of the two https listeners: Mozilla's intermediate profile, TLS 1.2 at least.

use std::path::Path;

use openssl::error::ErrorStack;
use openssl::ssl::{
    SslAcceptor, SslAcceptorBuilder, SslFiletype, SslMethod, SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;

use super::Listen;
use super::listen::ServeError;

/// A listener's TLS settings, ready for the socket.
pub type Builder = SslAcceptorBuilder;

/// Key exchanges in order: the post-quantum hybrid that browsers offer first, then the classical ones.
const GROUPS: &str = "X25519MLKEM768:X25519:P-256:P-384";
/// For an OpenSSL older than 3.5, which packagers may link.
const CLASSICAL_GROUPS: &str = "X25519:P-256:P-384";

/// For applicants: no client certificate is asked for, or browsers would show a chooser at the first page.
pub fn public(listen: &Listen) -> Result<Builder, ServeError> {
    let mut builder = base(listen)?;
    builder.set_session_id_context(b"inkan-applicant")?;
    Ok(builder)
}

/// For operators: no handshake without a certificate of our own CA. Only our CA is named to the browser, so that
/// it offers nothing else.
pub fn console(listen: &Listen) -> Result<Builder, ServeError> {
    let mut builder = base(listen)?;
    let mut store = X509StoreBuilder::new()?;
    for der in &listen.authorities {
        let authority =
            X509::from_der(der).map_err(|why| ServeError::Authority(why.to_string()))?;
        builder.add_client_ca(&authority)?;
        store.add_cert(authority)?;
    }
    builder.set_verify_cert_store(store.build())?;
    builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    // Without a context, OpenSSL refuses to resume sessions that carry a client certificate.
    builder.set_session_id_context(b"inkan-console")?;
    Ok(builder)
}

fn base(listen: &Listen) -> Result<Builder, ServeError> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    builder
        .set_groups_list(GROUPS)
        .or_else(|_| builder.set_groups_list(CLASSICAL_GROUPS))?;
    let refused = |file: &Path, why: ErrorStack| ServeError::Certificate {
        file: file.to_owned(),
        why: readable(file).err().unwrap_or_else(|| why.to_string()),
    };
    builder
        .set_certificate_chain_file(&listen.certificate)
        .map_err(|why| refused(&listen.certificate, why))?;
    builder
        .set_private_key_file(&listen.key, SslFiletype::PEM)
        .map_err(|why| refused(&listen.key, why))?;
    builder
        .check_private_key()
        .map_err(|_| ServeError::Certificate {
            file: listen.key.clone(),
            why: format!("it is not the key of {}", listen.certificate.display()),
        })?;
    Ok(builder)
}

/// OpenSSL's own text for a missing file is a riddle; the system's is not.
fn readable(file: &Path) -> Result<(), String> {
    std::fs::File::open(file)
        .map(|_| ())
        .map_err(|why| why.to_string())
}
