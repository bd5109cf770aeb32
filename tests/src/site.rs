//! A reader of our pages over real HTTPS: checks the site against a root, keeps cookies, follows redirects.

use crate::page::Page;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Response, header};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, TlsProvider};

/// What a proxy writes the visitor's address into.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// A person with a browser, as far as HTTP can tell.
pub struct Visitor {
    agent: Agent,
    base: String,
    language: String,
    address: Option<String>,
}

/// Builds a [`Visitor`].
pub struct Arriving {
    base: String,
    root_pem: String,
    client: Option<(Vec<String>, String)>,
    language: String,
    address: Option<String>,
    redirects: u32,
}

/// Somebody who comes to `base` (`https://localhost:8443`) and trusts that root alone.
pub fn arriving(base: &str, root_pem: &str) -> Arriving {
    Arriving {
        base: base.trim_end_matches('/').to_owned(),
        root_pem: root_pem.to_owned(),
        client: None,
        language: "ja".to_owned(),
        address: None,
        redirects: 8,
    }
}

impl Arriving {
    /// With a client certificate: chain (own first) and PKCS#8 key, all PEM.
    pub fn with_certificate(mut self, chain: Vec<String>, key: String) -> Self {
        self.client = Some((chain, key));
        self
    }

    /// With another `Accept-Language`.
    pub fn speaking(mut self, language: &str) -> Self {
        self.language = language.to_owned();
        self
    }

    /// By a proxy that says from which address, where `[proxy] source` is `x-forwarded-for`.
    pub fn from(mut self, address: &str) -> Self {
        self.address = Some(address.to_owned());
        self
    }

    /// Stops at the first redirect instead of following it.
    pub fn staying(mut self) -> Self {
        self.redirects = 0;
        self
    }

    /// The visitor.
    pub fn visitor(self) -> Visitor {
        let root = Certificate::from_pem(self.root_pem.as_bytes()).expect("a root in PEM");
        let client = self.client.map(|(chain, key)| {
            let chain: Vec<_> = chain
                .iter()
                .map(|pem| Certificate::from_pem(pem.as_bytes()).expect("a certificate"))
                .collect();
            ClientCert::new_with_certs(&chain, PrivateKey::from_pem(key.as_bytes()).expect("a key"))
        });
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::new_with_certs(&[root]))
            .client_cert(client)
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(self.redirects)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        Visitor {
            agent,
            base: self.base,
            language: self.language,
            address: self.address,
        }
    }
}

impl Visitor {
    /// Opens a page by its path or its whole address.
    ///
    /// # Panics
    /// When no answer comes.
    pub fn open(&self, address: &str) -> Page {
        self.try_open(address)
            .unwrap_or_else(|error| panic!("{address}: {error}"))
    }

    /// Opens a page; the error is that of the connection (a refused certificate, for example).
    pub fn try_open(&self, address: &str) -> Result<Page, ureq::Error> {
        let address = self.absolute(address);
        let request = self
            .agent
            .get(&address)
            .header(header::ACCEPT_LANGUAGE, &self.language);
        let request = match &self.address {
            Some(from) => request.header(FORWARDED_FOR, from),
            None => request,
        };
        Ok(Page::of(&address, request.call()?))
    }

    /// Opens a page with a cookie that this browser was never given.
    ///
    /// # Panics
    /// When no answer comes.
    pub fn open_with(&self, address: &str, cookie: &str) -> Page {
        let address = self.absolute(address);
        let request = self.agent.get(&address).header(header::COOKIE, cookie);
        let response = request
            .call()
            .unwrap_or_else(|error| panic!("{address}: {error}"));
        Page::of(&address, response)
    }

    /// Sends fields as a form does.
    ///
    /// # Panics
    /// When no answer comes.
    pub fn send(&self, address: &str, fields: &[(String, String)]) -> Page {
        let base = self.base.clone();
        self.send_from(&base, address, fields)
    }

    /// Sends fields as a form of a page of another origin would.
    ///
    /// # Panics
    /// When no answer comes.
    pub fn send_from(&self, origin: &str, address: &str, fields: &[(String, String)]) -> Page {
        let address = self.absolute(address);
        let request = self
            .agent
            .post(&address)
            .header(header::ACCEPT_LANGUAGE, &self.language)
            .header(header::ORIGIN, origin);
        let request = match &self.address {
            Some(from) => request.header(FORWARDED_FOR, from),
            None => request,
        };
        let pairs = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let response: Response<ureq::Body> = request
            .send_form(pairs)
            .unwrap_or_else(|error| panic!("{address}: {error}"));
        Page::of(&address, response)
    }

    /// The cookie of that name, if it is held.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let jar = self.agent.cookie_jar_lock();
        jar.iter()
            .find(|cookie| cookie.name() == name)
            .map(|cookie| cookie.value().to_owned())
    }

    fn absolute(&self, address: &str) -> String {
        if address.contains("://") {
            address.to_owned()
        } else {
            format!("{}{address}", self.base)
        }
    }
}
