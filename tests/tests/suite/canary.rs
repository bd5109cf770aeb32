//! A whole journey with known secrets; then they are looked for in logs, database, mails, files and the worker's memory.

use inkan_tests::database::Engine;
use inkan_tests::member::Member;
use inkan_tests::operator::{Operator, PASSWORD};
use inkan_tests::process::Process;
use inkan_tests::program;
use inkan_tests::secret::Secrets;
use inkan_tests::service::{PASSPHRASE, Service};
use inkan_tests::site::Visitor;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::PKey;
use std::process::{Command, Output};

/// What somebody types who mistakes the password; near to the right one more often than not.
const MISTYPED: &str = "Sakura-2025-ume";

/// A site that runs and tells about every step.
struct Running {
    service: Service,
    site: Process,
    worker: Process,
    said: String,
}

/// The journey's people, with what they know.
struct Played {
    member: Member,
    secrets: Secrets,
}

impl Running {
    fn start(engine: Engine) -> Self {
        let service = Service::set_up(engine);
        let site = service.start_talkative("ca-api", "serving");
        let worker = service.start_talkative("ca-worker", "the worker begins");
        Self {
            service,
            site,
            worker,
            said: String::new(),
        }
    }

    /// Letter, application, approval, signing, mail, download, portal, console.
    fn play(&mut self) -> Played {
        let mut office = self.service.offices(1).pop().expect("an office");
        let temporary = office.letter.login_password.clone();
        office.apply_first();
        let applying = cookie(&office.visitor, "__Host-inkan");
        office.visitor = self.service.visitor();
        let operator = self.add_operator();
        operator.approve_all();
        let console = operator.signed_in();
        self.until_issued();
        let member = Member::download(&self.service, office);
        let portal = member.signed_in();
        member.log_in_with(&member.visitor(), member.user_id(), MISTYPED);
        let letter = &member.applicant.letter;
        let secrets = Secrets::new()
            .word("the temporary login password", &temporary)
            .word("the login password", &letter.login_password)
            .word("a mistyped password", MISTYPED)
            .word("the issuance password", &letter.issuance_password)
            .word("the operator's password", PASSWORD)
            .word("the passphrase of the CA key", PASSPHRASE)
            .word("the applicant's cookie", &applying)
            .word(
                "the operator's cookie",
                &cookie(&console, "__Host-inkan-console"),
            )
            .word(
                "the portal's cookie",
                &cookie(&portal, "__Host-inkan-portal"),
            )
            .number("the issued private key", &private_number(&member));
        Played { member, secrets }
    }

    fn add_operator(&mut self) -> Operator {
        let operator = self.service.operator("suzuki");
        // The same command once more, for what it says.
        let again = self.service.cli(&["operator", "list"]);
        self.said = format!("{}\n{}", again.out, again.err);
        operator
    }

    fn until_issued(&mut self) {
        let mut sql = self.service.database.connect();
        self.worker.until("a certificate and its mail", || {
            let sent = sql.count("outbox WHERE state = 'sent'");
            (sql.count("request WHERE state = 'issued'") == 1 && sent > 0).then_some(())
        });
    }
}

fn cookie(visitor: &Visitor, name: &str) -> String {
    visitor
        .cookie(name)
        .unwrap_or_else(|| panic!("a cookie {name}"))
}

/// The secret number of the issued key, 32 bytes.
fn private_number(member: &Member) -> Vec<u8> {
    let bytes = std::fs::read(&member.file).expect("the PKCS#12");
    let parsed = Pkcs12::from_der(&bytes).expect("DER");
    let parsed = parsed.parse2(&member.applicant.letter.issuance_password);
    number_of(&parsed.expect("its password").pkey.expect("a key"))
}

fn number_of(key: &PKey<openssl::pkey::Private>) -> Vec<u8> {
    let key = key.ec_key().expect("a key on a curve");
    let number = key.private_key();
    number.to_vec_padded(number.num_bytes()).expect("bytes")
}

/// The secret number of the CA's key, by the passphrase.
fn authority_number(service: &Service) -> Vec<u8> {
    let files = inkan_tests::secret::files_below(&service.folder().join("data"));
    let opened = files.iter().find_map(|file| {
        let bytes = std::fs::read(file).ok()?;
        let key = PKey::private_key_from_pem_passphrase(&bytes, PASSPHRASE.as_bytes()).ok()?;
        let is_sites = file.to_string_lossy().contains("/tls/");
        (!is_sites).then_some(key)
    });
    number_of(&opened.expect("the key file of the CA"))
}

fn nothing_is_left_behind(engine: Engine) {
    let mut running = Running::start(engine);
    let Played { member, secrets } = running.play();
    let secrets = secrets.number("the CA's private key", &authority_number(&running.service));
    assert!(running.site.stop().success() && running.worker.stop().success());

    for (program, log) in [("ca-api", &running.site), ("ca-worker", &running.worker)] {
        let said = log.said();
        assert!(
            said.contains("\"INFO\"") && said.contains("\"TRACE\""),
            "{program} should have told much:\n{said}"
        );
        assert!(said.contains("leaves no core dump"), "{program}:\n{said}");
        secrets.are_not_in(&format!("the log of {program}"), said.as_bytes());
    }
    secrets.are_not_in("what ca-cli said", running.said.as_bytes());
    let mails = running.service.mails();
    assert!(!mails.is_empty(), "a notice was sent");
    for mail in mails {
        secrets.are_not_in("a mail", mail.as_bytes());
    }
    let parts = running.service.database.dump();
    let hashes = parts.iter().any(|(_, bytes)| {
        let text = String::from_utf8_lossy(bytes);
        text.contains("$argon2id$") && text.contains(member.user_id())
    });
    assert!(hashes, "the dump should hold the account with its hashes");
    for (part, bytes) in parts {
        secrets.are_not_in(&part, &bytes);
    }
    let data = running.service.folder().join("data");
    assert!(
        secrets.are_not_below(&data, &[]) > 3,
        "the data folder has files"
    );
}

#[test]
fn no_secret_is_left_behind_on_sqlite() {
    nothing_is_left_behind(Engine::Sqlite);
}

#[test]
fn no_secret_is_left_behind_on_postgres() {
    nothing_is_left_behind(Engine::Postgres);
}

/// `gcore` with the rights of the machine's owner: of root, or by `sudo`.
fn gcore(process: &Process, to: &str) -> Output {
    let is_root = program::tool("id", ["-u"]).out.trim() == "0";
    let mut command = if is_root {
        Command::new("gcore")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "gcore"]);
        sudo
    };
    command.args(["-o", to, &process.id().to_string()]);
    command
        .output()
        .expect("gcore: install the Debian package gdb (tests/run does)")
}

/// The whole memory of a program that closed itself off; none where even the machine's owner may not look into it, since
/// then nothing can be in what he sees.
fn image_of(process: &Process, service: &Service, name: &str) -> Option<Vec<u8>> {
    let id = process.id();
    let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).expect("its limits");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let core: Vec<&str> = core.expect("a limit").split_whitespace().collect();
    assert_eq!(
        core[4..6],
        ["0", "0"],
        "the kernel would write a core: {limits}"
    );
    let to = service.folder().join("core").display().to_string();
    let dumped = gcore(process, &to);
    let Ok(image) = std::fs::read(format!("{to}.{id}")) else {
        let said = String::from_utf8_lossy(&dumped.stderr).to_lowercase();
        assert!(
            said.contains("ptrace") && said.contains("not permitted"),
            "{said}"
        );
        return None;
    };
    assert!(image.len() > 1 << 20, "an image of a whole program");
    let is_its_own = image
        .windows(name.len())
        .any(|window| window == name.as_bytes());
    assert!(is_its_own, "the image of {name}");
    Some(image)
}

#[test]
fn the_memory_of_an_idle_worker_holds_no_issued_key_and_no_password() {
    let mut running = Running::start(Engine::Sqlite);
    let Played { secrets, .. } = running.play();
    let Some(image) = image_of(&running.worker, &running.service, "ca-worker") else {
        return;
    };
    let found = secrets.found_in(&image);
    assert!(
        found.is_empty(),
        "the memory of the idle worker holds {found:?}"
    );
}

/// How many connections of the program numbered `id` are open: its sockets that the kernel calls established.
fn connections(id: u32) -> usize {
    let open = std::fs::read_dir(format!("/proc/{id}/fd")).expect("its files");
    let sockets: Vec<String> = open
        .flatten()
        .filter_map(|entry| {
            let target = std::fs::read_link(entry.path()).ok()?;
            let target = target.to_string_lossy().into_owned();
            let number = target.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(number.to_owned())
        })
        .collect();
    let table = std::fs::read_to_string(format!("/proc/{id}/net/tcp")).expect("its connections");
    let is_open = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.get(3) == Some(&"01")
            && words
                .get(9)
                .is_some_and(|of| sockets.iter().any(|own| own == of))
    };
    table.lines().filter(is_open).count()
}

/// What people type who mistake themselves, at each of the other doors.
const MISTYPED_AT: [&str; 3] = [
    "Kaigo-2024-Osaka",
    "WRONGWRONGWRONG2",
    "Operators-2024-wrong",
];

#[test]
fn the_memory_of_idle_offices_holds_nothing_that_was_typed() {
    let mut running = Running::start(Engine::Sqlite);
    let Played {
        mut member,
        secrets,
    } = running.play();
    member.applicant.visitor = running.service.visitor();
    let [at_login, at_gate, at_console] = MISTYPED_AT;
    let office = &member.applicant;
    office.log_in_with(&office.letter.user_id, at_login);
    let page = office.log_in();
    office.pass_gate_with(&page, at_gate);
    let operator = Operator::known(&running.service, "suzuki");
    operator.log_in_with(&operator.visitor(), at_console);
    let secrets = MISTYPED_AT.iter().fold(secrets, |secrets, typed| {
        secrets.word("a password mistyped at another door", typed)
    });
    drop((member, operator));
    let id = running.site.id();
    running.site.until("the end of every connection", || {
        (connections(id) == 0).then_some(())
    });
    let Some(image) = image_of(&running.site, &running.service, "ca-api") else {
        return;
    };
    let found = secrets.found_in(&image);
    assert!(
        found.is_empty(),
        "the memory of the idle offices holds {found:?}"
    );
}
