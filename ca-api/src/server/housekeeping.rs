//! Now and then: sessions and try counters that ran out are forgotten.

use std::time::Duration;

use actix_web::web::Data;
use ca_core::flow::resume_session::forget_ended;
use ca_core::one_fault::OneFault;

use super::seat::Seat;
use crate::work;

const EVERY: Duration = Duration::from_secs(600);

/// Runs until it is aborted. A failure is logged and tried again: nothing depends on it at once, since ended
/// sessions open nothing even while their rows are there.
pub(super) async fn keep(seat: Data<Seat>) {
    let fault = OneFault::new("ended sessions cannot be forgotten; it is tried again");
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tick.tick().await;
        let site = seat.site();
        let done = work::read(&site, |site| {
            forget_ended(&site.store, site.idle(), site.clock.now())
        });
        match done.await {
            Ok(count) => {
                fault.is_over();
                tracing::debug!(count, "ended sessions forgotten");
            }
            Err(problem) => fault.is_there(&problem.to_string()),
        }
    }
}
