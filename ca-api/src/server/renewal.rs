//! Renewed server certificates and new or retired roots are taken up while connections run.

use std::time::Duration;

use actix_web::web::Data;
use ca_core::one_fault::OneFault;

use super::seat::Seat;
use super::tls::{Renewable, fingerprint};
use crate::work;

/// How often a look is taken: three small files and one query.
const EVERY: Duration = Duration::from_secs(5);

/// The contexts of every https listener, and what they were made of.
pub(super) struct Renewal {
    contexts: Vec<Renewable>,
    made_of: Option<[u8; 32]>,
}

impl Renewal {
    /// Contexts that were made of what `made_of` is the mark of.
    pub(super) fn new(contexts: Vec<Renewable>, made_of: Option<[u8; 32]>) -> Self {
        Self { contexts, made_of }
    }

    /// The contexts, which handshakes share.
    pub(super) fn contexts(&self) -> Vec<Renewable> {
        self.contexts.clone()
    }

    /// Runs until it is aborted. What cannot be used is logged once and looked at again: a certificate and its key
    /// are two files, and somebody may be in the middle of replacing them.
    pub(super) async fn keep(mut self, seat: Data<Seat>) {
        let mut tick = tokio::time::interval(EVERY);
        let fault = OneFault::new("TLS goes on with the certificates it has");
        loop {
            tick.tick().await;
            let site = seat.site();
            let (contexts, made_of) = (self.contexts.clone(), self.made_of);
            let look = work::read(&site, move |site| {
                let seen = fingerprint(site)?;
                if made_of != Some(seen) {
                    contexts
                        .iter()
                        .try_for_each(|context| context.renew(site))?;
                }
                Ok::<_, super::ServeError>(seen)
            });
            match look.await {
                Ok(seen) => {
                    if self.made_of.replace(seen) != Some(seen) {
                        tracing::info!("new TLS certificates or roots are in use");
                    }
                    fault.is_over();
                }
                Err(problem) => fault.is_there(&problem.to_string()),
            }
        }
    }
}
