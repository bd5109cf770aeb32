//! The listener for monitoring: one page, and none of what browsers need.

use std::sync::Arc;

use actix_web::App;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::Data;

use super::listener::Listener;
use super::seat::{self, Seat};
use crate::door::Door;
use crate::metrics::{self, shown::Shown};

/// Serves `/metrics`, with who is behind the `doors` of this process and what its listeners have `shown`.
pub(super) fn start(
    seat: &Data<Seat>,
    doors: Vec<Arc<Door>>,
    shown: Shown,
    listener: Listener,
) -> std::io::Result<Server> {
    let own = seat.clone();
    let (doors, shown) = (Data::new(doors), Data::new(shown));
    listener.start(seat.clone(), move || {
        App::new()
            .app_data(own.site())
            .app_data(own.clone())
            .app_data(doors.clone())
            .app_data(shown.clone())
            .configure(metrics::routes)
            .wrap(from_fn(seat::offer))
    })
}
