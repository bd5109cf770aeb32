//! What the guides say about the root certificate of this very site.

use ca_core::domain::thumbprint::Thumbprint;
use ca_core::store::authority::Authority;
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
    /// 1 for the first.
    pub generation: i64,
    /// The name that Windows shows as 「発行先」.
    pub name: String,
    /// What the posted letter prints.
    pub thumbprint: Thumbprint,
}

/// The root in use and those before it that are not retired, newest first; nothing before `ca-cli ca init`.
pub async fn roots(visit: &Visit) -> Result<Vec<Root>, Problem> {
    let site = visit.site.clone().into();
    let found = work::read(&site, |site| -> Result<_, StoreError> {
        site.store.read(authority::active)
    });
    let newest_first = found.await?.into_iter().rev();
    let root = |root: Authority| Root {
        generation: root.generation,
        name: common_name(&root.certificate_der).unwrap_or(root.subject),
        thumbprint: Thumbprint::of_der(&root.certificate_der),
    };
    Ok(newest_first.map(root).collect())
}

/// The root's name; a general word while there is none.
pub async fn name(visit: &Visit, texts: &Texts) -> Result<String, Problem> {
    let root = roots(visit).await?.into_iter().next();
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
