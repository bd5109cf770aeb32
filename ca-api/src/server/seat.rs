//! The site that requests are answered by: another takes its seat when the configuration was read again.
//!
//! Sockets and connections stay as they are, so that no request is lost by it: one that is being answered ends with
//! the site that it began with, the next one has the new site.

use std::rc::Rc;
use std::sync::{Arc, PoisonError, RwLock};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::site::Site;

/// Where the site sits.
#[derive(Debug)]
pub struct Seat(RwLock<Data<Site>>);

impl Seat {
    /// A seat that `site` has.
    pub fn of(site: Data<Site>) -> Data<Self> {
        Data::new(Self(RwLock::new(site)))
    }

    /// Who has it now.
    pub fn site(&self) -> Data<Site> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Gives it to another.
    pub fn give(&self, site: Data<Site>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = site;
    }
}

/// Middleware, before all that asks for the site: whoever asks for the site gets the one that has the seat.
pub async fn offer<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let seat = request.app_data::<Data<Seat>>();
    if let Some(site) = seat.map(|seat| seat.site()) {
        let known = request.app_data::<Data<Site>>();
        if !known.is_some_and(|known| Arc::ptr_eq(known, &site)) {
            let mut data = Extensions::new();
            data.insert(site);
            request.add_data_container(Rc::new(data));
        }
    }
    next.call(request).await
}
