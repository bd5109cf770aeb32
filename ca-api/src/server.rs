//! The listeners: plain http, https for applicants, for the portal and for operators; started and stopped together.

use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::rt::System;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, Error, HttpServer, web};

use crate::problem::Problem;
use crate::site::{Area, Site};
use crate::{
    applicant, asset, console, guard, headers, help, metrics, portal, problem, proxy, public,
};
use renewal::Renewal;
use seat::Seat;

mod housekeeping;
mod listen;
pub mod lone;
mod peer;
mod renewal;
mod seat;
mod tls;

pub use listen::{Addresses, Listeners, ServeError};
pub use peer::PeerCertificate;
pub use tls::is_out_of_date;

/// How long a browser may take to send the head of a request.
const REQUEST_HEAD: Duration = Duration::from_secs(10);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Seconds that running requests get to finish after a stop.
const STOP_SECONDS: u64 = 10;

/// A running site. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub addresses: Addresses,
    seat: Data<Seat>,
    contexts: Vec<tls::Renewable>,
    handles: Vec<ServerHandle>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Server {
    /// Answers every request from now on by another site, on the same sockets.
    ///
    /// # Errors
    /// When its certificates cannot be used: then nothing has changed.
    pub fn take_up(&self, site: Arc<Site>) -> Result<(), ServeError> {
        for context in &self.contexts {
            context.check(&site)?;
        }
        for context in &self.contexts {
            context.renew(&site)?;
        }
        self.seat.give(Data::from(site));
        Ok(())
    }

    /// Lets running requests finish, then ends; returns when all is over.
    pub fn stop(mut self) {
        self.end();
    }

    /// Waits until the listeners end by themselves, which only a fault makes them do.
    pub fn join(mut self) -> std::io::Result<()> {
        let thread = self.thread.take();
        let ended = thread.map(JoinHandle::join);
        ended
            .and_then(Result::ok)
            .unwrap_or(Err(std::io::Error::other(
                "the web server's thread panicked",
            )))
    }

    /// Whether the listeners are still up.
    pub fn is_running(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
    }

    fn end(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        for handle in &self.handles {
            // The command is sent at once; the returned future only waits, which the join below does.
            drop(handle.stop(true));
        }
        let _ = thread.join();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Serves on `listeners` in a thread of its own. Whatever is wrong with certificates is an error before anything is
/// served.
pub fn serve(site: Arc<Site>, listeners: Listeners) -> Result<Server, ServeError> {
    let addresses = listeners.addresses()?;
    let doors = Doors::new(&site, listeners)?;
    let contexts = doors.renewal.contexts();
    let seat = Seat::of(Data::from(site));
    let (tell, told) = mpsc::channel();
    let own = seat.clone();
    let run = move || System::new().block_on(run(own, doors, tell));
    let thread = thread::Builder::new()
        .name("ca-api".to_owned())
        .spawn(run)
        .map_err(ServeError::Start)?;
    match told.recv() {
        Ok(handles) => Ok(Server {
            addresses,
            seat,
            contexts,
            handles,
            thread: Some(thread),
        }),
        Err(mpsc::RecvError) => Err(ServeError::Start(why_ended(thread))),
    }
}

/// Whether every listener that the site has could be served, without listening.
///
/// # Errors
/// When a certificate, its key or the roots cannot be used.
pub fn check(site: &Site) -> Result<(), ServeError> {
    let listen = &site.config.listen;
    let areas = [
        (Area::Applicant, listen.https),
        (Area::Portal, listen.portal),
        (Area::Console, listen.console),
    ];
    let served = areas.iter().filter(|(_, listen)| !listen.is_off());
    for (area, _) in served {
        tls::Renewable::new(site, *area)?;
    }
    Ok(())
}

/// How requests come to a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From browsers; the connection's certificate is the browser's.
    Direct,
    /// From a proxy that says which certificate the browser showed.
    Proxied,
}

/// Sockets with their TLS, ready to be served on.
struct Doors {
    http: Option<TcpListener>,
    proxied: Option<TcpListener>,
    metrics: Option<TcpListener>,
    tls: [Option<(Area, TcpListener, tls::Builder)>; 3],
    renewal: Renewal,
}

impl Doors {
    fn new(site: &Site, listeners: Listeners) -> Result<Self, ServeError> {
        // Taken first: what changes while the contexts are built is seen at the first look.
        let fingerprint = tls::fingerprint(site).ok();
        let mut contexts = Vec::new();
        let mut door = |area, listener: Option<TcpListener>| {
            let Some(listener) = listener else {
                return Ok(None);
            };
            let (renewable, builder) = tls::Renewable::new(site, area)?;
            contexts.push(renewable);
            Ok::<_, ServeError>(Some((area, listener, builder)))
        };
        let tls = [
            door(Area::Applicant, listeners.https)?,
            door(Area::Portal, listeners.portal)?,
            door(Area::Console, listeners.console)?,
        ];
        let proxied = site.config.proxy.listen;
        if listeners.http.is_none() && tls.iter().all(Option::is_none) && proxied.is_none() {
            return Err(ServeError::Nothing);
        }
        let maybe = |name, address: Option<_>| {
            let bound = address.map(|address| listen::bind(name, address));
            bound.transpose()
        };
        Ok(Self {
            http: listeners.http,
            proxied: maybe("[proxy] listen", proxied)?,
            metrics: maybe("[listen] metrics", site.config.listen.metrics.address())?,
            tls,
            renewal: Renewal::new(contexts, fingerprint),
        })
    }
}

fn why_ended(thread: JoinHandle<std::io::Result<()>>) -> std::io::Error {
    match thread.join() {
        Ok(Err(error)) => error,
        _ => std::io::Error::other("the web server ended at once"),
    }
}

async fn run(
    seat: Data<Seat>,
    doors: Doors,
    tell: mpsc::Sender<Vec<ServerHandle>>,
) -> std::io::Result<()> {
    let chores = [
        actix_web::rt::spawn(housekeeping::keep(seat.clone())),
        actix_web::rt::spawn(doors.renewal.keep(seat.clone())),
    ];
    let direct = Way::Direct;
    let open = |door: Option<(Area, TcpListener, tls::Builder)>| {
        let server =
            door.map(|(area, listener, tls)| start(&seat, (area, direct), listener, Some(tls)));
        server.transpose()
    };
    let in_plain = |listener| start(&seat, (Area::Plain, direct), listener, None);
    let plain = doors.http.map(in_plain).transpose()?;
    let [public, portal, console] = doors.tls.map(open);
    let (public, portal, console) = (public?, portal?, console?);
    let behind = |listener| start(&seat, (Area::Portal, Way::Proxied), listener, None);
    let proxied = doors.proxied.map(behind).transpose()?;
    let watched = |listener| start_metrics(&seat, listener);
    let metrics = doors.metrics.map(watched).transpose()?;
    let servers = [&plain, &public, &portal, &console, &proxied, &metrics];
    let handles = servers.into_iter().flatten();
    // Nobody listens any more only if the caller is gone: then there is nobody to serve for either.
    let _ = tell.send(handles.map(actix_web::dev::Server::handle).collect());
    let ended = tokio::try_join!(
        end(plain),
        end(public),
        end(portal),
        end(console),
        end(proxied),
        end(metrics)
    )
    .map(|_| ());
    for chore in chores {
        chore.abort();
    }
    ended
}

/// The end of a server; at once where there is none.
async fn end(server: Option<actix_web::dev::Server>) -> std::io::Result<()> {
    match server {
        Some(server) => server.await,
        None => Ok(()),
    }
}

/// The listener for monitoring has one page and none of what browsers need.
fn start_metrics(
    seat: &Data<Seat>,
    listener: TcpListener,
) -> std::io::Result<actix_web::dev::Server> {
    let seat = seat.clone();
    let app = move || {
        App::new()
            .app_data(seat.site())
            .app_data(seat.clone())
            .configure(metrics::routes)
            .wrap(from_fn(seat::offer))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .client_request_timeout(REQUEST_HEAD)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(STOP_SECONDS)
        .disable_signals();
    Ok(server.listen(listener)?.run())
}

fn start(
    seat: &Data<Seat>,
    (area, way): (Area, Way),
    listener: TcpListener,
    tls: Option<tls::Builder>,
) -> std::io::Result<actix_web::dev::Server> {
    let seat = seat.clone();
    let server = HttpServer::new(move || app_on(seat.clone(), area, way))
        .workers(if area.is_for_offices() { 2 } else { 1 })
        .client_request_timeout(REQUEST_HEAD)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(STOP_SECONDS)
        .disable_signals()
        .on_connect(peer::remember);
    let server = match tls {
        Some(tls) => server.listen_openssl(listener, tls)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}

/// The pages of one listener that browsers reach, as tests also build them.
pub fn app(
    site: Data<Site>,
    area: Area,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    app_by(site, area, Way::Direct)
}

/// The same, and how requests come to it.
pub(crate) fn app_by(
    site: Data<Site>,
    area: Area,
    way: Way,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    app_on(Seat::of(site), area, way)
}

/// The pages of one listener, of whichever site has the seat.
fn app_on(
    seat: Data<Seat>,
    area: Area,
    way: Way,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(seat.site())
        .app_data(seat)
        .app_data(Data::new(area))
        .configure(move |config| {
            if way == Way::Proxied {
                config.app_data(Data::new(proxy::Proxied));
            }
            routes(config, area);
        })
        .default_service(web::to(|| async { Err::<&str, _>(Problem::NotFound) }))
        .wrap(from_fn(guard::guard))
        .wrap(from_fn(proxy::vet))
        .wrap(from_fn(problem::dress))
        .wrap(from_fn(headers::complete))
        .wrap(from_fn(public::ocsp::answer))
        .wrap(from_fn(seat::offer))
}

/// Which pages a listener has. The console's are not reachable from the applicants' port at all.
fn routes(config: &mut ServiceConfig, area: Area) {
    config
        .configure(asset::routes)
        .configure(public::routes_everywhere)
        .configure(help::routes);
    match area {
        Area::Plain => config.configure(public::routes_plain),
        Area::Applicant => config
            .configure(public::routes)
            .configure(applicant::routes),
        Area::Portal => config.configure(portal::routes),
        Area::Console => config.configure(console::routes),
    };
}

#[cfg(test)]
mod tests;
