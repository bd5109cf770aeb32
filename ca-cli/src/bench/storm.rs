//! Many who try passwords at the same time, over the real login page.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use super::house::Site;
use super::meter::cpu_of_thread;
use super::pace::Times;
use crate::browser::{Browser, Form};

/// Browsers that have the login page open.
pub(super) struct Storm {
    visitors: Vec<(Browser, Form)>,
}

/// What a storm did.
#[derive(Debug, Default)]
pub(super) struct Stormed {
    /// Tries that were answered.
    pub(super) tries: usize,
    /// Tries that were told that the site is busy.
    pub(super) turned_away: usize,
    /// How long the answers took.
    pub(super) times: Times,
    /// CPU time of the browsers.
    pub(super) cpu: Duration,
}

impl Storm {
    /// So many browsers. Half of the IDs exist, half do not; no password is right.
    pub(super) fn gather(site: &Site, browsers: usize) -> anyhow::Result<Self> {
        let visitor = |number: usize| {
            let browser = Browser::trusting(site.root(), site.url(), None);
            let page = browser.open("/service/login")?.well()?;
            let known = site
                .user_ids()
                .get(number / 2)
                .filter(|_| number.is_multiple_of(2));
            let typed = known.map_or_else(|| format!("KJ99{number:08}"), ToString::to_string);
            let form = page.form_with_field("user_id")?;
            let form = form
                .fill("user_id", &typed)?
                .fill("password", "not-the-one")?;
            Ok((browser, form))
        };
        let visitors = (0..browsers).map(visitor);
        Ok(Self {
            visitors: visitors.collect::<anyhow::Result<_>>()?,
        })
    }

    /// One browser of them tries for so long, one try after the other.
    pub(super) fn a_drop(&self, turn: Duration) -> anyhow::Result<Times> {
        let (browser, form) = self.visitors.first().context("a browser")?;
        let end = Instant::now() + turn;
        let done = insist(browser, form, None, || Instant::now() >= end)?;
        ensure!(done.turned_away == 0, "one alone was turned away");
        Ok(done.times)
    }

    /// Tries again and again while `work` is done. It begins when every browser had its first answer: what is measured is
    /// the checking of passwords, not the beginning of so many connections.
    pub(super) fn around<T>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Stormed)> {
        let over = &AtomicBool::new(false);
        thread::scope(|scope| {
            let (arrived, arriving) = channel();
            let visitors: Vec<_> = self
                .visitors
                .iter()
                .map(|(browser, form)| {
                    let arrived = Some(arrived.clone());
                    let is_over = || over.load(Ordering::SeqCst);
                    scope.spawn(move || insist(browser, form, arrived, is_over))
                })
                .collect();
            drop(arrived);
            // Their handshakes, all at once, are over when nobody is left who could say something.
            let _ = arriving.recv();
            let done = work();
            over.store(true, Ordering::SeqCst);
            let mut all = Stormed::default();
            for visitor in visitors {
                match visitor.join() {
                    Ok(one) => all.add(one?),
                    Err(_) => bail!("a browser of the bench panicked"),
                }
            }
            ensure!(all.tries > 0, "nobody's try was answered");
            Ok((done?, all))
        })
    }
}

impl Stormed {
    pub(super) fn add(&mut self, other: Self) {
        self.tries += other.tries;
        self.turned_away += other.turned_away;
        self.times.add(other.times);
        self.cpu += other.cpu;
    }

    fn try_once(&mut self, browser: &Browser, form: &Form) -> anyhow::Result<()> {
        let sent = Instant::now();
        let page = browser.send(form)?;
        match page.status {
            503 => self.turned_away += 1,
            200..500 => {
                self.tries += 1;
                self.times.push(sent.elapsed());
            }
            status => bail!("a login was answered by {status}: {}", page.gist()),
        }
        Ok(())
    }
}

/// Tries until it is over, once at least. `arrived` is dropped when the first try was answered, or will never be.
fn insist(
    browser: &Browser,
    form: &Form,
    arrived: Option<Sender<()>>,
    is_over: impl Fn() -> bool,
) -> anyhow::Result<Stormed> {
    let began = cpu_of_thread();
    let mut done = Stormed::default();
    done.try_once(browser, form)?;
    drop(arrived);
    while !is_over() {
        done.try_once(browser, form)?;
    }
    done.cpu = cpu_of_thread().saturating_sub(began);
    Ok(done)
}
