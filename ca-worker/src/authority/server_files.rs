//! The site's certificate and key as the web tier reads them: PEM, the key for its owner alone.
use std::path::PathBuf;

use ca_core::config::Config;
use openssl::x509::X509;
use zeroize::Zeroizing;

use super::AuthorityError;
use crate::certificate::SignedCertificate;
use crate::signer::KeyError;
use ca_core::private_file::Staged;

/// Both files, written and waiting.
pub(super) struct ServerFiles {
    certificate: Staged,
    key: Staged,
    paths: [PathBuf; 2],
}

impl ServerFiles {
    /// Writes both beside their places: `[tls]`, or `tls/server.crt` and `tls/server.key` in the data folder.
    pub(super) fn stage(
        config: &Config,
        signed: &SignedCertificate,
    ) -> Result<Self, AuthorityError> {
        let place = |path: &Option<PathBuf>, name: &str| {
            path.clone()
                .unwrap_or_else(|| config.data.folder.join("tls").join(name))
        };
        let certificate = place(&config.tls.certificate, "server.crt");
        let key = place(&config.tls.key, "server.key");
        let certificate_pem = X509::from_der(&signed.der)
            .and_then(|x509| x509.to_pem())
            .map_err(KeyError::from)?;
        let key_pem = signed
            .key
            .private()
            .private_key_to_pem_pkcs8()
            .map_err(KeyError::from)?;
        let key_pem = Zeroizing::new(key_pem);
        let failed = |path: &PathBuf, error| AuthorityError::File(path.clone(), error);
        Ok(Self {
            certificate: Staged::write(&certificate, &certificate_pem, 0o644)
                .map_err(|error| failed(&certificate, error))?,
            key: Staged::write(&key, &key_pem, 0o600).map_err(|error| failed(&key, error))?,
            paths: [certificate, key],
        })
    }

    /// Puts both in their places.
    pub(super) fn put(self) -> Result<(), AuthorityError> {
        let [certificate, key] = self.paths;
        self.key
            .put()
            .map_err(|error| AuthorityError::File(key, error))?;
        self.certificate
            .put()
            .map_err(|error| AuthorityError::File(certificate, error))
    }
}
