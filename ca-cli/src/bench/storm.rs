//! Many who try passwords at the same time, over the real login page.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use super::house::Site;
use super::meter::cpu_of_thread;
use super::pace::Times;
use crate::browser::{Browser, Form};

/// Browsers at a time: more than there are turns, less than the site turns away.
pub(super) const BROWSERS: usize = 32;

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
    /// Half of the IDs exist, half do not; no password is right.
    pub(super) fn gather(site: &Site) -> anyhow::Result<Self> {
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
        let visitors = (0..BROWSERS).map(visitor);
        Ok(Self {
            visitors: visitors.collect::<anyhow::Result<_>>()?,
        })
    }

    /// Tries again and again while `work` is done.
    pub(super) fn around<T>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Stormed)> {
        let over = &AtomicBool::new(false);
        thread::scope(|scope| {
            let visitors: Vec<_> = self
                .visitors
                .iter()
                .map(|(browser, form)| scope.spawn(move || insist(browser, form, over)))
                .collect();
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
}

fn insist(browser: &Browser, form: &Form, over: &AtomicBool) -> anyhow::Result<Stormed> {
    let began = cpu_of_thread();
    let mut done = Stormed::default();
    while !over.load(Ordering::SeqCst) {
        let sent = Instant::now();
        let page = browser.send(form)?;
        match page.status {
            503 => done.turned_away += 1,
            200..500 => {
                done.tries += 1;
                done.times.push(sent.elapsed());
            }
            status => bail!("a login was answered by {status}: {}", page.gist()),
        }
    }
    done.cpu = cpu_of_thread().saturating_sub(began);
    Ok(done)
}
