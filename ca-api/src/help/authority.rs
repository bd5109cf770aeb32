//! What the guides say about the root certificate of this very site.

use ca_core::domain::thumbprint::Thumbprint;
use ca_core::store::{StoreError, authority};
use openssl::nid::Nid;
use openssl::x509::X509;

use crate::locale::Texts;
use crate::problem::Problem;
use crate::visit::Visit;
use crate::work;

/// The root certificate as people meet it.
#[derive(Debug, Clone)]
pub struct Root {
    /// The name that Windows shows as 「発行先」.
    pub name: String,
    /// What the posted letter prints.
    pub thumbprint: Thumbprint,
}

/// The root in use, or nothing before `ca-cli ca init`.
pub async fn root(visit: &Visit) -> Result<Option<Root>, Problem> {
    let site = visit.site.clone().into();
    let found = work::read(&site, |site| -> Result<_, StoreError> {
        site.store.read(authority::current)
    });
    let Some(current) = found.await? else {
        return Ok(None);
    };
    Ok(Some(Root {
        name: common_name(&current.certificate_der).unwrap_or(current.subject),
        thumbprint: Thumbprint::of_der(&current.certificate_der),
    }))
}

/// The root's name; a general word while there is none.
pub async fn name(visit: &Visit, texts: &Texts) -> Result<String, Problem> {
    let root = root(visit).await?;
    Ok(root.map_or_else(|| texts.text("picture-authority"), |root| root.name))
}

fn common_name(der: &[u8]) -> Option<String> {
    let certificate = X509::from_der(der).ok()?;
    let entry = certificate
        .subject_name()
        .entries_by_nid(Nid::COMMONNAME)
        .next()?;
    entry.data().to_string().ok()
}
