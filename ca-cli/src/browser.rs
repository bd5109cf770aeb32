//! A person with a browser, as far as HTTP can tell: one root that is trusted, cookies, redirects, forms.

use std::time::Duration;

use anyhow::{Context, bail};
use ureq::http::{Response, header};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, ResponseExt};

mod page;

pub(crate) use page::{Form, Page};

/// Generous: a loaded machine is no failure.
const PATIENCE: Duration = Duration::from_secs(120);
/// More than any page or file of the journey.
const MOST_BYTES: u64 = 10 * 1024 * 1024;

/// One browser with its own cookies.
pub(crate) struct Browser {
    agent: Agent,
    base: String,
}

impl Browser {
    /// A browser that trusts nobody yet, at `base`, `https://localhost:8443`.
    pub(crate) fn new(base: &str) -> Self {
        Self::with(base, &[], None)
    }

    /// A browser into which `root` (DER) was imported, and perhaps a certificate of one's own.
    pub(crate) fn trusting(root: &[u8], base: &str, own: Option<ClientCert>) -> Self {
        Self::with(base, &[Certificate::from_der(root).to_owned()], own)
    }

    fn with(base: &str, roots: &[Certificate<'static>], own: Option<ClientCert>) -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::new_with_certs(roots))
            .client_cert(own)
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        let base = base.trim_end_matches('/').to_owned();
        Self { agent, base }
    }

    /// Opens a page by its path.
    pub(crate) fn open(&self, path: &str) -> anyhow::Result<Page> {
        let address = self.absolute(path);
        let request = self
            .agent
            .get(&address)
            .header(header::ACCEPT_LANGUAGE, "ja");
        read(
            request
                .call()
                .with_context(|| format!("opening {address}"))?,
        )
    }

    /// Follows the link that says `text`.
    pub(crate) fn follow(&self, page: &Page, text: &str) -> anyhow::Result<Page> {
        self.open(&page.link(text)?)
    }

    /// Sends a form.
    pub(crate) fn send(&self, form: &Form) -> anyhow::Result<Page> {
        if form.method != "post" {
            bail!("the form to {} is not sent by POST", form.action);
        }
        let address = self.absolute(&form.action);
        let request = self
            .agent
            .post(&address)
            .header(header::ACCEPT_LANGUAGE, "ja")
            .header(header::ORIGIN, &self.base);
        let pairs = form.pairs();
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        read(
            request
                .send_form(pairs)
                .with_context(|| format!("sending a form to {address}"))?,
        )
    }

    fn absolute(&self, address: &str) -> String {
        match address.contains("://") {
            true => address.to_owned(),
            false => format!("{}{address}", self.base),
        }
    }
}

/// A client certificate with its key (PKCS#8, PEM).
pub(crate) fn client_certificate(chain: &[Vec<u8>], key_pem: &[u8]) -> anyhow::Result<ClientCert> {
    let chain: Vec<_> = chain
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    let key = PrivateKey::from_pem(key_pem).context("the key from the operator's file")?;
    Ok(ClientCert::new_with_certs(&chain, key))
}

fn read(mut response: Response<Body>) -> anyhow::Result<Page> {
    let header = |name| {
        let value = response.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let (media_type, disposition) = (
        header(header::CONTENT_TYPE),
        header(header::CONTENT_DISPOSITION),
    );
    let address = response.get_uri().to_string();
    let status = response.status().as_u16();
    let body = response
        .body_mut()
        .with_config()
        .limit(MOST_BYTES)
        .read_to_vec()?;
    Ok(Page {
        address,
        status,
        media_type,
        disposition,
        body,
    })
}
