//! Work that blocks (the database) runs beside the async threads.

use actix_web::web::{Data, block};

use ca_core::store::deadline::Deadline;

use crate::problem::Problem;
use crate::site::Site;

tokio::task_local! {
    /// Until when the request in hand may wait for the database; it begins with the request's head.
    pub static DEADLINE: Deadline;
}

/// The deadline of the request in hand, or one that begins now.
pub fn deadline() -> Deadline {
    DEADLINE
        .try_with(|deadline| *deadline)
        .unwrap_or_else(|_| Deadline::begin())
}

/// Runs `work` on a thread that may block. An error of the store is ours or the database's, never the
/// visitor's.
pub async fn read<T, E, W>(site: &Data<Site>, work: W) -> Result<T, Problem>
where
    T: Send + 'static,
    E: std::error::Error + Send + 'static,
    W: FnOnce(&Site) -> Result<T, E> + Send + 'static,
{
    let site = site.clone();
    // What is logged there belongs to the request too.
    let span = tracing::Span::current();
    let deadline = deadline();
    let done = block(move || deadline.run(|| span.in_scope(|| work(&site)))).await;
    done.map_err(Problem::internal)?.map_err(Problem::internal)
}
