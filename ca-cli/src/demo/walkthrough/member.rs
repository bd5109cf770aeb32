//! The clerk after the import: at the portal with the new certificate (J5).

use std::fs;
use std::path::Path;

use anyhow::bail;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::applicant::{Applicant, expect, log_out};
use super::judge;
use crate::browser::{Browser, client_certificate};

impl Applicant {
    /// From the login to the portal's first page and out.
    pub(super) fn log_in_portal(
        &self,
        portal: &str,
        root: &[u8],
        p12: &Path,
    ) -> anyhow::Result<()> {
        let word = &self.letter().issuance_password;
        let packed = judge::open(&fs::read(p12)?, word.expose_secret())?;
        let (Some(own), Some(key)) = (packed.cert, packed.pkey) else {
            bail!("{} holds no certificate with a key", p12.display());
        };
        let key = Zeroizing::new(key.private_key_to_pem_pkcs8()?);
        let certificate = client_certificate(&[own.to_der()?], &key)?;
        let browser = Browser::trusting(root, portal, Some(certificate));
        let login = browser.open("/portal")?.well()?;
        let form = login.form_with_field("user_id")?;
        let form = form
            .fill("user_id", self.user_id().as_str())?
            .fill("password", self.own_password.expose_secret())?;
        let top = browser.send(&form)?.well()?;
        expect(&top, "ポータル")?;
        log_out(&browser, &top)
    }
}

/// Whoever shows no certificate is told so, and gets no form.
pub(super) fn refused_without_certificate(portal: &str, root: &[u8]) -> anyhow::Result<()> {
    let page = Browser::trusting(root, portal, None).open("/portal")?;
    if page.status != 403 || page.form_with_field("password").is_ok() {
        bail!("the portal let somebody type who showed no certificate");
    }
    Ok(())
}
