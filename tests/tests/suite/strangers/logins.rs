//! One stranger with forty connections tries logins without an end: offices and operators come in beside it, and locks stay
//! exact.

use inkan_tests::applicant::Applicant;
use inkan_tests::database::Engine;
use inkan_tests::page::Page;
use inkan_tests::service::Service;
use inkan_tests::site::arriving;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CONNECTIONS: u64 = 40;
/// The figure that the report holds the times against.
const SOON: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Flood {
    stop: AtomicBool,
    tried: AtomicU64,
    turned_away: AtomicU64,
}

impl Flood {
    /// One connection: a login page once, then one try after the other at IDs that nobody has.
    fn pour(&self, service: &Service, number: u64) {
        let visitor = arriving(&service.site(), &service.root_pem())
            .from("203.0.113.9")
            .visitor();
        let form = visitor.open("/service/login").form("ログイン");
        for round in 0.. {
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let user_id = format!("KJ99{:08}", number * 1_000_000 + round);
            let form = form
                .clone()
                .fill("ユーザＩＤ", &user_id)
                .fill("パスワード", "Not-The-One-1");
            match form.send(&visitor).status {
                503 => {
                    self.turned_away.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(50));
                }
                _ => {
                    self.tried.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
    }
}

/// How long a login took, and whether it was one.
struct Login {
    entered: bool,
    took: Duration,
}

impl Login {
    fn of(log_in: impl FnOnce() -> Page, words: &str) -> Self {
        let begun = Instant::now();
        let page = log_in();
        Self {
            entered: page.status == 200 && page.text().contains(words),
            took: begun.elapsed(),
        }
    }
}

fn share(logins: &[Login], is: impl Fn(&Login) -> bool) -> f64 {
    logins.iter().filter(|login| is(login)).count() as f64 / logins.len() as f64
}

#[test]
fn a_flood_of_logins_waits_behind_itself() {
    let more = "proxy.source = \"x-forwarded-for\"";
    let mut service = Service::set_up_with(Engine::Sqlite, more);
    let _site = service.start_site();
    let operator = service.operator("suzuki");
    let mut offices = service.offices(20);
    let guessed = offices.pop().expect("an office whose password is guessed");
    let service = &service;
    let flood = &Flood::default();
    let (offices, operators) = std::thread::scope(|scope| {
        for number in 0..CONNECTIONS {
            scope.spawn(move || flood.pour(service, number));
        }
        inkan_tests::process::until("the flood", || {
            (flood.tried.load(Ordering::SeqCst) > 20).then_some(())
        });
        // At the same time, wrong passwords for a real ID, from the same stranger.
        let guessing = scope.spawn(|| {
            for _ in 0..6 {
                let stranger = Applicant {
                    visitor: arriving(&service.site(), &service.root_pem())
                        .from("203.0.113.10")
                        .visitor(),
                    letter: guessed.letter.clone(),
                };
                stranger.log_in_with(&guessed.letter.user_id, "Not-The-One-1");
            }
        });
        let operators = scope.spawn(|| {
            let log_in = |_| Login::of(|| operator.log_in(&operator.visitor()), "概況");
            (0..10).map(log_in).collect::<Vec<_>>()
        });
        let entering = offices.iter().enumerate().map(|(number, office)| {
            let office = Applicant {
                visitor: arriving(&service.site(), &service.root_pem())
                    .from(&format!("198.51.100.{number}"))
                    .visitor(),
                letter: office.letter.clone(),
            };
            scope.spawn(move || Login::of(|| office.log_in(), "パスワード変更"))
        });
        let entering: Vec<_> = entering.collect();
        let entered = entering.into_iter().map(|one| one.join().expect("a login"));
        let entered: Vec<Login> = entered.collect();
        let operators = operators.join().expect("operators");
        guessing.join().expect("guesses");
        flood.stop.store(true, Ordering::SeqCst);
        (entered, operators)
    });
    let report = serde_json::json!({
        "connections": CONNECTIONS,
        "flood_tried": flood.tried.load(Ordering::SeqCst),
        "flood_turned_away": flood.turned_away.load(Ordering::SeqCst),
        "offices_entered": share(&offices, |login| login.entered),
        "offices_soon": share(&offices, |login| login.entered && login.took < SOON),
        "operators_entered": share(&operators, |login| login.entered),
        "operators_soon": share(&operators, |login| login.entered && login.took < SOON),
    });
    println!("{report}");
    assert!(flood.turned_away.load(Ordering::SeqCst) > 0, "{report}");
    assert!(share(&offices, |login| login.entered) >= 0.95, "{report}");
    assert!(share(&operators, |login| login.entered) >= 1.0, "{report}");
    let mut sql = service.database.connect();
    let of_guessed = |verb: &str| {
        format!(
            "audit WHERE act = 'login.{verb}' AND object LIKE '%{}'",
            guessed.letter.user_id
        )
    };
    assert_eq!(sql.count(&of_guessed("refuse")), 2);
    assert_eq!(sql.count(&of_guessed("lock")), 1);
}
