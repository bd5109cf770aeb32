//! The operator at the console: a certificate out of the PKCS#12, a password, bulk approval (J3.1).

use std::fs;

use anyhow::{Context, bail};
use ca_worker::authority::read_passphrase;
use openssl::pkcs12::Pkcs12;
use secrecy::ExposeSecret;
use ureq::tls::ClientCert;
use zeroize::Zeroizing;

use super::super::place::Place;
use super::super::set_up::OPERATOR;
use crate::browser::{Browser, Page, client_certificate};

/// More rounds than a queue of the longest walkthrough has pages.
const MOST_PAGES: usize = 500;

/// Logs in and approves everything that is pending.
pub(super) fn approve_all(place: &Place, root: &[u8]) -> anyhow::Result<()> {
    let console = place.console_url();
    let console = console.trim_end_matches("/console").to_owned();
    refused_without_certificate(&console, root)?;
    let password = read_passphrase(&place.operator_password())?;
    let browser = Browser::trusting(root, &console, Some(certificate(place)?));
    let login = browser.open("/console")?.well()?;
    let form = login.form_with_field("password")?;
    let form = form
        .fill("name", OPERATOR)?
        .fill("password", password.expose_secret())?;
    browser.send(&form)?.well()?;
    for _ in 0..MOST_PAGES {
        let queue = browser.open("/console/requests?state=pending")?.well()?;
        if !approve_page(&browser, &queue)? {
            return Ok(());
        }
    }
    bail!("the queue of pending requests does not become empty")
}

/// Approves what one page shows; false when there is nothing left.
fn approve_page(browser: &Browser, queue: &Page) -> anyhow::Result<bool> {
    let Ok(mut form) = queue.form_with_field("chosen[]") else {
        return Ok(false);
    };
    form.tick_all("chosen[]");
    if !form.press("承認") {
        bail!("the queue has no button 「承認」");
    }
    browser.send(&form)?.well()?;
    Ok(true)
}

fn refused_without_certificate(console: &str, root: &[u8]) -> anyhow::Result<()> {
    match Browser::trusting(root, console, None).open("/console/requests") {
        Ok(page) if page.status == 200 && page.form_with_field("chosen[]").is_ok() => {
            bail!("the console showed its queue to somebody without a certificate")
        }
        _ => Ok(()),
    }
}

/// The operator's certificate as a browser has it after the import.
fn certificate(place: &Place) -> anyhow::Result<ClientCert> {
    let file = fs::read(place.operator_p12()).context("the operator's certificate")?;
    let password = read_passphrase(&place.operator_password())?;
    let packed = Pkcs12::from_der(&file)?.parse2(password.expose_secret())?;
    let (Some(own), Some(key)) = (packed.cert, packed.pkey) else {
        bail!(
            "{} holds no certificate with a key",
            place.operator_p12().display()
        );
    };
    let key = Zeroizing::new(key.private_key_to_pem_pkcs8()?);
    client_certificate(&[own.to_der()?], &key)
}
