//! One listener: from the accepted socket through its door, TLS and HTTP/1.1 to the pages.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::body::MessageBody;
use actix_http::{HttpService, KeepAlive, Request, Response};
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_service, map_config,
};
use actix_tls::accept::openssl::{Acceptor, TlsStream};
use actix_web::Error;
use actix_web::dev::{AppConfig, Extensions};
use actix_web::rt::net::TcpStream;
use actix_web::web::Data;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::Connection;
use super::seat::Seat;
use super::{peer, tls};
use crate::door::Door;

/// How long a browser may take to send the head of a request.
pub(super) const REQUEST_HEAD: Duration = Duration::from_secs(10);
/// How long a request may take from its first byte to the last byte of its reply.
const REQUEST: Duration = Duration::from_secs(60);
/// How long the other side may take to end a connection that we end.
const DISCONNECT: Duration = Duration::from_secs(1);
/// How long an idle connection is kept.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Seconds that running requests get to finish after a stop.
const STOP_SECONDS: u64 = 10;

/// A socket with what stands between it and the pages.
pub(super) struct Listener {
    pub(super) socket: TcpListener,
    pub(super) door: Arc<Door>,
    pub(super) tls: Option<tls::Builder>,
    /// Threads that answer.
    pub(super) threads: usize,
}

impl Listener {
    /// Serves `app`; the seat says which proxies are ours.
    ///
    /// # Errors
    /// When the system gives no thread or no socket.
    pub(super) fn start<F, I, S, B>(self, seat: Data<Seat>, app: F) -> io::Result<Server>
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Error: Into<Error> + 'static,
        S::InitError: fmt::Debug,
        S::Response: Into<Response<B>> + 'static,
        <S::Service as Service<Request>>::Future: 'static,
        S::Service: 'static,
        B: MessageBody + 'static,
    {
        let Self {
            socket,
            door,
            tls,
            threads,
        } = self;
        let server = Server::build()
            .workers(threads)
            .shutdown_timeout(STOP_SECONDS)
            .disable_signals();
        let stopping = server.graceful_shutdown_signal();
        let name = door.listener;
        let server = match tls.map(tls::Builder::build) {
            Some(acceptor) => server.listen(name, socket, move || {
                let acceptor = Acceptor::new(acceptor.clone());
                admitted(&seat, &door)
                    .and_then(acceptor.map_err(drop))
                    .and_then(fn_service(async |stream: TlsStream<Connection>| {
                        let peer = stream.get_ref().peer_addr();
                        Ok::<_, ()>((stream, peer))
                    }))
                    .and_then(pages(app(), stopping.clone(), peer::remember).map_err(drop))
            }),
            None => server.listen(name, socket, move || {
                admitted(&seat, &door)
                    .and_then(fn_service(async |stream: Connection| {
                        let peer = stream.peer_addr();
                        Ok::<_, ()>((stream, peer))
                    }))
                    .and_then(pages(app(), stopping.clone(), |_, _| {}).map_err(drop))
            }),
        };
        Ok(server?.run())
    }
}

/// Lets a connection in, or hangs up.
fn admitted(
    seat: &Data<Seat>,
    door: &Arc<Door>,
) -> impl ServiceFactory<TcpStream, Config = (), Response = Connection, Error = (), InitError = ()> + use<>
{
    let (seat, door) = (seat.clone(), Arc::clone(door));
    fn_service(move |stream: TcpStream| {
        let from = stream.peer_addr().map_err(drop);
        let place = from.and_then(|from| {
            let is_our_proxy = seat.site().config.proxy.trusts(from.ip());
            door.enter(from.ip(), is_our_proxy).ok_or(())
        });
        std::future::ready(place.map(|place| Connection::new(stream, place, REQUEST)))
    })
}

/// HTTP/1.1 and the pages behind it.
fn pages<T, R, I, S, B>(
    app: I,
    stopping: GracefulShutdownSignal,
    remember: R,
) -> impl ServiceFactory<
    (T, Option<SocketAddr>),
    Config = (),
    Response = (),
    Error = actix_http::error::DispatchError,
    InitError = (),
>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    R: Fn(&T, &mut Extensions) + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let app = app
        .into_factory()
        .map_err(|error| error.into().error_response());
    HttpService::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .keep_alive(KeepAlive::Timeout(KEEP_ALIVE))
        .client_request_timeout(REQUEST_HEAD)
        .client_disconnect_timeout(DISCONNECT)
        .on_connect_ext(remember)
        .h1(map_config(app, |()| AppConfig::default()))
}
