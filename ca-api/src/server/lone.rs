//! One plain listener alone, and one that does nothing but reply: what `ca-cli bench ocsp` compares.

use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer, web};

use super::budgets::Budgets;
use super::listener::{KEEP_ALIVE, REQUEST_HEAD};
use super::seat::Seat;
use super::{Way, start};
use crate::site::{Area, Site};

/// A running listener. Dropping it stops it.
#[derive(Debug)]
pub struct Lone {
    handle: ServerHandle,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Drop for Lone {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The plain listener of a site, as [`super::serve`] starts it beside the others.
pub fn serve_plain(site: Arc<Site>, listener: TcpListener) -> std::io::Result<Lone> {
    let seat = Seat::of(Data::from(site));
    let listener = Budgets::of_this_process().http(listener);
    run(move || start(&seat, (Area::Plain, Way::Direct), listener))
}

/// Replies to `POST /ocsp` with these bytes and to nothing else.
pub fn serve_bytes(bytes: Vec<u8>, listener: TcpListener) -> std::io::Result<Lone> {
    let bytes = Bytes::from(bytes);
    run(move || {
        let app = move || {
            let bytes = bytes.clone();
            // The body is read, or the connection would be closed.
            let reply = move |_: Bytes| {
                let bytes = bytes.clone();
                async move { HttpResponse::Ok().body(bytes) }
            };
            App::new().route("/ocsp", web::post().to(reply))
        };
        let server = HttpServer::new(app)
            .workers(1)
            .client_request_timeout(REQUEST_HEAD)
            .keep_alive(KEEP_ALIVE)
            .disable_signals();
        Ok(server.listen(listener)?.run())
    })
}

fn run<S>(start: S) -> std::io::Result<Lone>
where
    S: FnOnce() -> std::io::Result<actix_web::dev::Server> + Send + 'static,
{
    let (tell, told) = mpsc::channel();
    let thread = thread::spawn(move || {
        System::new().block_on(async move {
            let server = start()?;
            let _ = tell.send(server.handle());
            server.await
        })
    });
    match told.recv() {
        Ok(handle) => Ok(Lone {
            handle,
            thread: Some(thread),
        }),
        Err(mpsc::RecvError) => Err(std::io::Error::other("the listener did not start")),
    }
}
