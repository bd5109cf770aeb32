//! A whole service as an organisation would set it up: by `ca-cli`, with a configuration file, a database,
//! a site and a worker of its own, all real processes on free ports.

mod on_token;
mod parts;

pub use on_token::signer;

use crate::applicant::Applicant;
use crate::calendar::always_open;
use crate::database::{Database, Engine};
use crate::folder::Folder;
use crate::letter::{Letter, letters};
use crate::operator::Operator;
use crate::port;
use crate::process::Process;
use crate::program::{self, Answer};
use crate::site::{Visitor, arriving};
use std::path::PathBuf;
use std::process::Command;

/// The passphrase of the CA's key.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// A service that is set up; its programs run once they are started.
pub struct Service {
    folder: Folder,
    /// Its database.
    pub database: Database,
    /// The ports of http, https, console and portal.
    pub ports: [u16; 4],
    runs: usize,
    clock: i64,
    environment: Vec<(String, String)>,
}

impl Service {
    /// Root, database, the site's certificate; nobody is registered and nothing runs.
    pub fn set_up(engine: Engine) -> Self {
        Self::set_up_with(engine, "")
    }

    /// The same with further lines of configuration.
    pub fn set_up_with(engine: Engine, more: &str) -> Self {
        let service = Self::configured(engine, more);
        if engine == Engine::Postgres {
            service.make_roles(more);
        }
        service.cli(&["ca", "init"]).ok();
        service.cli(&["certificate", "issue-server"]).ok();
        service
    }

    /// Only a configuration: what somebody has before the first command.
    pub fn configured(engine: Engine, more: &str) -> Self {
        Self::configured_at(0, engine, more)
    }

    /// A service that was set up under a clock so many days from today (before it: negative). Only the site's
    /// certificate is of today, because browsers come with today's clock.
    pub fn set_up_at(days: i64, engine: Engine) -> Self {
        let mut service = Self::configured_at(days, engine, "");
        service.cli(&["ca", "init"]).ok();
        service.set_clock(0);
        service.cli(&["certificate", "issue-server"]).ok();
        service.set_clock(days);
        service
    }

    /// Programs that start from now on have a clock so many days from today.
    pub fn set_clock(&mut self, days: i64) {
        self.clock = days;
    }

    fn configured_at(clock: i64, engine: Engine, more: &str) -> Self {
        Self::configured_on(clock, Database::new(engine), more)
    }

    pub(crate) fn configured_on(clock: i64, database: Database, more: &str) -> Self {
        let folder = Folder::new("service");
        let service = Self {
            folder,
            database,
            ports: port::free(),
            runs: 0,
            clock,
            environment: Vec::new(),
        };
        service
            .folder
            .write("passphrase", format!("{PASSPHRASE}\n"));
        service.folder.write("calendar.toml", always_open(clock));
        service.configure(more);
        service
    }

    /// A role for each program, as a careful administrator has it: all that follows runs with its verbs alone.
    fn make_roles(&self, more: &str) {
        let folder = self.folder.join("roles").display().to_string();
        let prefix = self.database.name();
        self.as_owner(&["database", "migrate"]).ok();
        self.as_owner(&["database", "roles", "--prefix", prefix, "--out", &folder])
            .ok();
        self.configure(more);
    }

    /// What `[database] url` has to say for a program: its own role, if there are roles, else the owner.
    pub fn url_for(&self, role: &str) -> String {
        let file = self.folder.join(&format!("roles/{role}.pgpass"));
        let owner = self.database.url();
        if !file.exists() {
            return owner.to_owned();
        }
        let (_, place) = owner.rsplit_once('@').expect("a URL with a host");
        let name = self.database.name();
        format!(
            "postgres://{name}_{role}@{place}?passfile={}",
            file.display()
        )
    }

    /// Runs `ca-cli` as the owner of the database.
    pub fn as_owner(&self, arguments: &[&str]) -> Answer {
        let mut command = self.command(arguments);
        program::run(command.env("INKAN__DATABASE__URL", self.database.url()))
    }

    /// Writes the configuration file anew.
    pub fn configure(&self, more: &str) {
        let [http, https, console, portal] = self.ports;
        let url = self.url_for("staff");
        let basic = format!(
            "service.public_url = \"https://localhost:{https}/\"\n\
             service.plain_url = \"http://localhost:{http}/\"\n\
             data.folder = \"data\"\n\
             database.url = \"{url}\"\n\
             listen.http = \"127.0.0.1:{http}\"\n\
             listen.https = \"127.0.0.1:{https}\"\n\
             listen.console = \"127.0.0.1:{console}\"\n\
             listen.portal = \"127.0.0.1:{portal}\"\n\
             authority.passphrase_file = \"passphrase\"\n\
             calendar.file = \"calendar.toml\"\n\
             pkcs12.iterations = 10000\n\
             password.memory_kib = 7168\n\
             password.iterations = 1\n\
             worker.poll_seconds = 1\n{more}\n"
        );
        self.folder.write("inkan.toml", basic);
    }

    /// The folder with configuration, data and whatever a test adds.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// A command of `ca-cli` on this service.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program::command_at("ca-cli", self.clock);
        command
            .arg("--config")
            .arg(self.folder.join("inkan.toml"))
            .args(arguments)
            .envs(self.environment.clone())
            .env("LOGNAME", "sato");
        command
    }

    /// Runs `ca-cli` on this service to its end.
    pub fn cli(&self, arguments: &[&str]) -> Answer {
        program::run(&mut self.command(arguments))
    }

    /// Registers accounts from the text of a CSV file.
    pub fn import(&self, csv: &str) -> Answer {
        let file = self.folder.write("accounts.csv", csv).display().to_string();
        self.cli(&["account", "import", &file])
    }

    /// Prints every letter that is due and reads them back.
    pub fn letters(&mut self) -> Vec<Letter> {
        self.runs += 1;
        let file = self.folder.join(&format!("letters-{}.pdf", self.runs));
        self.cli(&[
            "letter",
            "print",
            "--due",
            "--out",
            &file.display().to_string(),
        ])
        .ok();
        letters(&file)
    }

    /// One registered office with its letter, at the site with a browser that trusts the root.
    pub fn office(&mut self, user_id: &str) -> Applicant {
        self.import(&csv(&[row(user_id)])).ok();
        let letter = self
            .letters()
            .into_iter()
            .find(|letter| letter.user_id == user_id);
        Applicant {
            visitor: self.visitor(),
            letter: letter.expect("a letter for the new account"),
        }
    }

    /// That many registered offices with their letters, printed in one run.
    pub fn offices(&mut self, count: usize) -> Vec<Applicant> {
        let rows: Vec<String> = (1..=count)
            .map(|number| row(&format!("KJ27{number:08}")))
            .collect();
        self.import(&csv(&rows)).ok();
        let letters = self.letters();
        assert_eq!(letters.len(), count, "a letter for each");
        letters
            .into_iter()
            .map(|letter| Applicant {
                visitor: self.visitor(),
                letter,
            })
            .collect()
    }

    /// Adds an operator; the certificate's password is in the answer of the command.
    pub fn operator(&self, name: &str) -> Operator {
        Operator::add(self, name)
    }

    /// An operator who was added before.
    pub fn again(&self, name: &str) -> Operator {
        Operator::known(self, name)
    }

    /// The mails that left as files, raw, in the order of their names.
    pub fn mails(&self) -> Vec<String> {
        let folder = self.folder.join("data/mail");
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "eml"))
            .collect();
        paths.sort();
        paths
            .iter()
            .map(|path| std::fs::read_to_string(path).expect("a mail"))
            .collect()
    }

    /// Starts the web tier and waits until it answers.
    pub fn start_site(&self) -> Process {
        let mut site = self.start_with("ca-api", "console", &[]);
        for port in self.ports {
            site.until_it_listens(port);
        }
        site
    }

    /// Starts one more web tier of the same service beside the first, on ports of its own; returns the address of its
    /// applicants' pages.
    pub fn start_another_site(&self) -> (Process, String) {
        let ports: [u16; 4] = port::free();
        let [http, https, console, portal] = ports;
        let named = [
            ("HTTP", http),
            ("HTTPS", https),
            ("CONSOLE", console),
            ("PORTAL", portal),
        ];
        let listen = named.map(|(name, port)| {
            (
                format!("INKAN__LISTEN__{name}"),
                format!("127.0.0.1:{port}"),
            )
        });
        let mut site = self.start_with("ca-api", "console", &listen);
        for port in ports {
            site.until_it_listens(port);
        }
        (site, format!("https://localhost:{https}"))
    }

    /// Starts a worker with other values for some keys, named as in the environment.
    pub fn start_worker_with(&self, keys: &[(&str, &str)]) -> Process {
        let keys: Vec<_> = keys
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        self.start_with("ca-worker", "worker", &keys)
    }

    /// Starts a worker that runs for ever.
    pub fn start_worker(&self) -> Process {
        self.start_with("ca-worker", "worker", &[])
    }

    /// Lets a worker do all that is due, once.
    pub fn work_once(&self) -> Answer {
        let mut command = program::command_at("ca-worker", self.clock);
        command
            .arg("--config")
            .arg(self.folder.join("inkan.toml"))
            .arg("--once")
            .env("INKAN__DATABASE__URL", self.url_for("worker"))
            .envs(self.environment.clone());
        program::run(&mut command)
    }

    /// Starts a program that tells about every step, in JSON, and waits until it says `begun`.
    pub fn start_talkative(&self, name: &str, begun: &str) -> Process {
        let role = if name == "ca-api" {
            "console"
        } else {
            "worker"
        };
        let mut process = self.start_by(name, role, |command| {
            command.arg("--json").env("RUST_LOG", "trace");
        });
        process.until_it_says(begun);
        process
    }

    pub(crate) fn start_with(&self, name: &str, role: &str, keys: &[(String, String)]) -> Process {
        self.start_by(name, role, |command| {
            command.envs(keys.iter().cloned());
        })
    }

    fn start_by(&self, name: &str, role: &str, prepare: impl FnOnce(&mut Command)) -> Process {
        let mut command = program::command_at(name, self.clock);
        command
            .arg("--config")
            .arg(self.folder.join("inkan.toml"))
            .env("INKAN__DATABASE__URL", self.url_for(role))
            .envs(self.environment.clone());
        prepare(&mut command);
        let number = port::free::<1>()[0];
        Process::start(
            &mut command,
            self.folder.join(&format!("{name}-{number}.log")),
        )
    }

    /// The root certificate in PEM, by the command that staff would use.
    pub fn root_pem(&self) -> String {
        std::fs::read_to_string(self.root_file()).expect("the root in PEM")
    }

    /// The root certificate as a file in PEM.
    pub fn root_file(&self) -> PathBuf {
        let file = self.folder.join("root.pem");
        if !file.exists() {
            let out = file.display().to_string();
            self.cli(&["ca", "export", "--pem", "--out", &out]).ok();
        }
        file
    }

    /// Somebody at the applicants' site who trusts the root.
    pub fn visitor(&self) -> Visitor {
        arriving(&self.site(), &self.root_pem()).visitor()
    }

    /// The address of the applicants' site.
    pub fn site(&self) -> String {
        format!("https://localhost:{}", self.ports[1])
    }

    /// The address of the operators' console.
    pub fn console(&self) -> String {
        format!("https://localhost:{}", self.ports[2])
    }

    /// The address of the portal.
    pub fn portal(&self) -> String {
        format!("https://localhost:{}", self.ports[3])
    }

    /// The address of the plain http listener.
    pub fn plain(&self) -> String {
        format!("http://localhost:{}", self.ports[0])
    }
}

/// A CSV file as `account import` takes it.
pub fn csv(rows: &[String]) -> String {
    format!("{HEAD}\n{}\n", rows.join("\n"))
}

/// An ordinary line of that file.
pub fn row(user_id: &str) -> String {
    format!(
        "{user_id},さくら訪問介護ステーション,000-0001,見本県見本市桜木町１丁目１番１号,,,,sakura@example.jp"
    )
}

/// The columns.
pub const HEAD: &str = "user_id,name,postal_code,address1,address2,address3,recipient,mail_address";
