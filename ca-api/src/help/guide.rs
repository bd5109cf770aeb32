//! The two import guides: steps with a picture each, Japanese Windows 10 and 11, Edge and Chrome.

use actix_web::HttpResponse;
use askama::Template;

use super::picture::Picture;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::visit::Visit;

/// One step: the keys of its texts in `help.ftl`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Its place in the page, for links from elsewhere.
    pub anchor: &'static str,
    /// What to do, in a line.
    pub title: &'static str,
    /// The same in full.
    pub text: &'static str,
    /// Further remarks.
    pub more: &'static [&'static str],
    /// What must not be missed.
    pub caution: &'static [&'static str],
    /// The drawing.
    pub picture: Picture,
    /// The step in words, for whoever does not see the drawing.
    pub alt: &'static str,
}

macro_rules! step {
    ($anchor:literal, $key:literal, $picture:ident $(, more: [$($more:literal),*])? $(, caution: $caution:literal)?) => {
        Step {
            anchor: $anchor,
            title: concat!($key, "-title"),
            text: concat!($key, "-text"),
            more: &[$($($more),*)?],
            caution: &[$($caution)?],
            picture: Picture::$picture,
            alt: concat!($key, "-alt"),
        }
    };
}

/// The root certificate.
pub(super) const ROOT: [Step; 6] = [
    step!("step-1", "help-root-1", RootOpen, more: ["help-root-1-chrome"]),
    step!("step-2", "help-root-2", RootCertificate),
    step!("step-3", "help-root-3", Location),
    step!("step-4", "help-root-4", RootStore, caution: "help-root-4-caution"),
    step!("step-5", "help-root-5", RootFinish),
    step!("step-6", "help-root-6", RootWarning, more: ["help-root-6-same"], caution: "help-root-6-different"),
];

/// One's own certificate.
pub(super) const CLIENT: [Step; 6] = [
    step!("step-1", "help-client-1", Location),
    step!("step-2", "help-client-2", ClientFile),
    step!("step-3", "help-client-3", ClientPassword, caution: "help-client-3-export"),
    step!("step-4", "help-client-4", ClientStore),
    step!("step-5", "help-client-5", ClientFinish, more: ["help-client-5-warning"]),
    step!("step-6", "help-client-6", Imported),
];

#[derive(Template)]
#[template(path = "help/root.html")]
struct RootGuide {
    page: Page,
    steps: &'static [Step],
}

#[derive(Template)]
#[template(path = "help/client.html")]
struct ClientGuide {
    page: Page,
    steps: &'static [Step],
    chooser: Picture,
}

pub(super) async fn root(visit: Visit) -> Result<HttpResponse, Problem> {
    page::show(&RootGuide {
        page: visit.page(),
        steps: &ROOT,
    })
}

pub(super) async fn client(visit: Visit) -> Result<HttpResponse, Problem> {
    page::show(&ClientGuide {
        page: visit.page(),
        steps: &CLIENT,
        chooser: Picture::Chooser,
    })
}
