//! Work that blocks (the database) runs beside the async threads.

use actix_web::web::{Data, block};

use crate::problem::Problem;
use crate::site::Site;

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
    let done = block(move || span.in_scope(|| work(&site))).await;
    done.map_err(Problem::internal)?.map_err(Problem::internal)
}
