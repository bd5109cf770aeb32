//! The warning before a certificate ends (J7): from one calendar month before, with the way to the next one.

use ca_core::domain::renewal::opens_at;
use ca_core::store::{StoreError, certificate, request};

use super::signed_in::SignedIn;
use super::top::Warning;
use crate::problem::Problem;
use crate::site::Site;

/// The issuance service, on the applicants' listener.
const SERVICE: &str = "service";

/// What is known of the next certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Nothing,
    AskedFor,
    There,
}

/// The warning, once the certificate of this connection is near its end.
pub(super) async fn warning(signed_in: &SignedIn) -> Result<Option<Warning>, Problem> {
    let (end, now) = (signed_in.certificate.not_after, signed_in.now);
    if now < opens_at(end) {
        return Ok(None);
    }
    let id = signed_in.account.id;
    let next = signed_in.read(move |site: &Site| {
        site.store.read(|db| {
            let last = certificate::last_end(db, id, now)?;
            if last.is_some_and(|last| last > end) {
                return Ok(Next::There);
            }
            let open = request::open_of_account(db, id)?;
            Ok::<_, StoreError>(open.map_or(Next::Nothing, |_| Next::AskedFor))
        })
    });
    let next = next.await?;
    let page = signed_in.page();
    let until = page.moment(end);
    let (text, button) = match next {
        Next::Nothing => (
            page.with("renewal-text", [("until", until)]),
            page.t("renewal-apply"),
        ),
        Next::AskedFor => (
            page.with("renewal-text-asked", [("until", until)]),
            page.t("renewal-look"),
        ),
        Next::There => (
            page.with("renewal-text-there", [("until", until)]),
            page.t("renewal-download"),
        ),
    };
    let site = page.public_url.trim_end_matches('/');
    Ok(Some(Warning {
        title: page.t("renewal-title"),
        text,
        action: Some((format!("{site}/{SERVICE}"), button)),
    }))
}
