//! What the guides say about the root certificate of this very site.

use ca_core::domain::thumbprint::Thumbprint;

use crate::locale::Texts;
use crate::problem::Problem;
use crate::visit::Visit;

/// The root certificate as people meet it.
#[derive(Debug, Clone)]
pub struct Root {
    /// The name that Windows shows as 「発行先」.
    pub name: String,
    /// What the posted letter prints.
    pub thumbprint: Thumbprint,
}

/// The root in use, or nothing before `ca-cli ca init`.
pub async fn root(_visit: &Visit) -> Result<Option<Root>, Problem> {
    Ok(None)
}

/// The root's name; a general word while there is none.
pub async fn name(visit: &Visit, texts: &Texts) -> Result<String, Problem> {
    let root = root(visit).await?;
    Ok(root.map_or_else(|| texts.text("picture-authority"), |root| root.name))
}
