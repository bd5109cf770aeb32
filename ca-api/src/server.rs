//! The listeners: plain http, https for applicants, for the portal and for operators; started and stopped together.

use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use actix_web::body::BoxBody;
use actix_web::dev::{ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::rt::System;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, Error, web};
use futures_util::future::try_join_all;

use crate::door::Door;
use crate::metrics::shown::Shown;
use crate::problem::Problem;
use crate::site::{Area, Site};
use crate::{applicant, asset, console, guard, headers, help, portal, problem, proxy, public};
use budgets::Budgets;
use listener::Listener;
use renewal::Renewal;
use seat::Seat;

mod budgets;
mod connection;
mod detach;
mod housekeeping;
mod listen;
mod listener;
pub mod lone;
mod measured;
mod peer;
mod renewal;
mod seat;
mod tls;

pub use listen::{Addresses, Listeners, ServeError};
pub use peer::PeerCertificate;
pub use tls::is_out_of_date;

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

/// Listeners with all that stands between their sockets and the pages.
struct Doors {
    pages: Vec<(Area, Way, Listener)>,
    metrics: Option<Listener>,
    renewal: Renewal,
}

impl Doors {
    fn new(site: &Site, listeners: Listeners) -> Result<Self, ServeError> {
        // Taken first: what changes while the contexts are built is seen at the first look.
        let fingerprint = tls::fingerprint(site).ok();
        let budgets = Budgets::of_this_process();
        let mut pages = Vec::new();
        if let Some(socket) = listeners.http {
            pages.push((Area::Plain, Way::Direct, budgets.http(socket)));
        }
        let mut contexts = Vec::new();
        for (area, socket) in [
            (Area::Applicant, listeners.https),
            (Area::Portal, listeners.portal),
            (Area::Console, listeners.console),
        ] {
            let Some(socket) = socket else { continue };
            let (renewable, tls) = tls::Renewable::new(site, area)?;
            contexts.push(renewable);
            pages.push((area, Way::Direct, budgets.https(area, socket, tls)));
        }
        if let Some(address) = site.config.proxy.listen {
            let socket = listen::bind("[proxy] listen", address)?;
            pages.push((Area::Portal, Way::Proxied, budgets.proxied(socket)));
        }
        if pages.is_empty() {
            return Err(ServeError::Nothing);
        }
        let metrics = site.config.listen.metrics.address();
        let bound = metrics.map(|address| listen::bind("[listen] metrics", address));
        Ok(Self {
            pages,
            metrics: bound.transpose()?.map(|socket| budgets.metrics(socket)),
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
    let contexts = doors.renewal.contexts();
    let shown = Shown::by(contexts.iter().map(tls::Renewable::shown).collect());
    let chores = [
        actix_web::rt::spawn(housekeeping::keep(seat.clone())),
        actix_web::rt::spawn(doors.renewal.keep(seat.clone())),
    ];
    let doors_of_pages = doors
        .pages
        .iter()
        .map(|(_, _, listener)| listener.door.clone());
    let mut watched: Vec<Arc<Door>> = doors_of_pages.collect();
    watched.extend(doors.metrics.iter().map(|listener| listener.door.clone()));
    let mut servers = Vec::new();
    for (area, way, listener) in doors.pages {
        servers.push(start(&seat, (area, way), listener)?);
    }
    if let Some(listener) = doors.metrics {
        servers.push(measured::start(&seat, watched, shown, listener)?);
    }
    // Nobody listens any more only if the caller is gone: then there is nobody to serve for either.
    let _ = tell.send(servers.iter().map(actix_web::dev::Server::handle).collect());
    let ended = try_join_all(servers).await.map(drop);
    for chore in chores {
        chore.abort();
    }
    ended
}

fn start(
    seat: &Data<Seat>,
    (area, way): (Area, Way),
    listener: Listener,
) -> std::io::Result<actix_web::dev::Server> {
    let own = seat.clone();
    listener.start(seat.clone(), move || app_on(own.clone(), area, way))
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
        .wrap(from_fn(detach::detach))
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
