//! The files and folders that a configuration names, and whether the account of this process can use them.
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::authority::first_key_file;
use super::{Config, DatabaseUrl, MailTransport};
use crate::domain::token_uri::SignerPlace;

/// Which program is to use the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `ca-api`, with the listeners that the configuration opens.
    Api,
    /// `ca-worker`.
    Worker,
    /// `ca-cli`, which looks at everything.
    Cli,
}

/// What a program does with a file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Reads the file, or the files of the folder.
    Read,
    /// Reads a file that is refused when others may read or write it (mode 0600 or less): the pass file, by libpq,
    /// and what opens or is a key of ours.
    Secret,
    /// Writes the file.
    Write,
    /// Makes files in the folder, and the folder itself if it is not there.
    Fill,
}

/// A file or a folder that a program needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The key that names it, as `section.key`; after a space what it is, where the key says several things.
    pub key: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// What for.
    pub purpose: Use,
    /// The command that makes it, for what an installation begins without.
    pub made_by: Option<&'static str>,
    /// Where to correct the key.
    pub place: String,
}

/// Why a file or a folder cannot be used; says which key names it and what to do.
#[derive(Debug)]
pub struct Unusable {
    need: Need,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Missing,
    System(io::Error),
    Open(u32),
    Folder,
}

impl Unusable {
    /// Whether it is not there yet and a command makes it.
    pub fn is_to_be_made(&self) -> bool {
        matches!(self.why, Why::Missing) && self.need.made_by.is_some()
    }
}

impl std::error::Error for Unusable {}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Need {
            key,
            path,
            purpose,
            made_by,
            place,
        } = &self.need;
        let path = path.display();
        let may = match purpose {
            Use::Read | Use::Secret => "read",
            Use::Write => "written",
            Use::Fill => "written into",
        };
        write!(f, "{key}: {path} ")?;
        match (&self.why, made_by) {
            (Why::Missing, Some(command)) => write!(
                f,
                "is not there; make it by `{command}`, or copy it from the machine that has it"
            ),
            (Why::Missing, None) => write!(f, "is not there; put it there, or correct the key"),
            (Why::Folder, _) => write!(f, "is a folder, and a file is wanted; correct the key"),
            (Why::Open(mode), _) => write!(
                f,
                "is open to others than its owner (mode {mode:04o}); `chmod 600` it, and change the secret if others \
                 may have read it"
            ),
            (Why::System(error), _) => write!(
                f,
                "cannot be {may} by the account that runs this ({error}); give it to that account, with every folder \
                 above it open for passing through"
            ),
        }?;
        write!(f, " (the key comes from {place})")
    }
}

impl Need {
    /// Opens it, or asks the system whether it may be written, as the account of this process.
    ///
    /// # Errors
    /// When it cannot be used. Nothing is written.
    pub fn check(&self) -> Result<(), Unusable> {
        let checked = match self.purpose {
            Use::Read => readable(&self.path),
            Use::Secret => secret(&self.path),
            Use::Write => writable(&self.path),
            Use::Fill => fillable(&self.path),
        };
        checked.map_err(|why| Unusable {
            need: self.clone(),
            why,
        })
    }
}

fn system(error: io::Error) -> Why {
    match error.kind() {
        io::ErrorKind::NotFound => Why::Missing,
        _ => Why::System(error),
    }
}

fn readable(path: &Path) -> Result<(), Why> {
    if std::fs::metadata(path).map_err(system)?.is_dir() {
        return std::fs::read_dir(path).map(drop).map_err(system);
    }
    File::open(path).map(drop).map_err(system)
}

fn secret(path: &Path) -> Result<(), Why> {
    let facts = std::fs::metadata(path).map_err(system)?;
    if facts.is_dir() {
        return Err(Why::Folder);
    }
    let mode = facts.permissions().mode() & 0o7777;
    File::open(path).map_err(system)?;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(Why::Open(mode)),
    }
}

fn may(path: &Path, access_for: Access) -> Result<(), Why> {
    access(path, access_for).map_err(|error| system(error.into()))
}

fn writable(path: &Path) -> Result<(), Why> {
    may(path, Access::READ_OK | Access::WRITE_OK)
}

/// The folder, or where it is not there yet the nearest one above it.
fn fillable(path: &Path) -> Result<(), Why> {
    let there = path
        .ancestors()
        .find(|path| path.symlink_metadata().is_ok());
    let folder = there.unwrap_or(Path::new("."));
    if !std::fs::metadata(folder).map_err(system)?.is_dir() {
        return Err(Why::System(io::ErrorKind::NotADirectory.into()));
    }
    may(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)
}

/// Gathers what a program needs.
struct Needs<'a> {
    config: &'a Config,
    all: Vec<Need>,
}

impl Config {
    /// Every file and folder that a program uses under this configuration.
    pub fn needs(&self, program: Program) -> Vec<Need> {
        let mut needs = Needs {
            config: self,
            all: Vec::new(),
        };
        needs.common();
        if program != Program::Worker {
            needs.of_pages(program);
        }
        if program != Program::Api {
            needs.of_signing();
        }
        if program == Program::Cli {
            needs.configured("letter.template", self.letter.template.as_ref());
            for font in &self.letter.fonts {
                needs.configured("letter.fonts", Some(font));
            }
        }
        needs.all
    }

    /// What a program could not use, each with what to do, and whether the addresses fit together.
    pub fn faults(&self, program: Program) -> Vec<String> {
        let needs = self.needs(program).into_iter();
        let unusable = needs.filter_map(|need| need.check().err());
        let unusable = unusable.map(|unusable| unusable.to_string());
        unusable.chain(self.check_host().err()).collect()
    }

    /// The host of `public_url` is that of the site's certificate, or browsers warn at the address that letters print.
    ///
    /// # Errors
    /// The two, and what to do.
    pub fn check_host(&self) -> Result<(), String> {
        let address = self.service.public_url.trim_start_matches("https://");
        let authority = address.split('/').next().unwrap_or_default();
        let host = host_of(authority);
        let own = self
            .service
            .host
            .trim_start_matches('[')
            .trim_end_matches(']');
        if host.eq_ignore_ascii_case(own) {
            return Ok(());
        }
        Err(format!(
            "service.public_url ({}) leads to {host}, and service.host, whose name the site's certificate has, is {own}: \
             make them one host, then `ca-cli certificate issue-server` (public_url comes from {}, host from {})",
            self.service.public_url,
            self.sources.place("service.public_url"),
            self.sources.place("service.host")
        ))
    }
}

/// The host of `HOST[:PORT]`, an IPv6 address without its brackets.
fn host_of(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    authority.split(':').next().unwrap_or_default()
}

impl Needs<'_> {
    fn add(
        &mut self,
        key: &'static str,
        path: PathBuf,
        purpose: Use,
        made_by: Option<&'static str>,
    ) {
        let named = key.split(' ').next().unwrap_or(key);
        let place = self.config.sources.place(named);
        self.all.push(Need {
            key,
            path,
            purpose,
            made_by,
            place,
        });
    }

    fn configured(&mut self, key: &'static str, path: Option<&PathBuf>) {
        if let Some(path) = path {
            self.add(key, path.clone(), Use::Read, None);
        }
    }

    fn in_data(&self, configured: Option<&PathBuf>, usual: &str) -> PathBuf {
        configured
            .cloned()
            .unwrap_or_else(|| self.config.data.folder.join(usual))
    }

    fn common(&mut self) {
        let config = self.config;
        match config.database.target(&config.data.folder) {
            DatabaseUrl::Sqlite(file) => {
                let folder = file.parent().unwrap_or(Path::new(".")).to_owned();
                let made_by = Some("ca-cli ca init");
                self.add("database.url", file, Use::Write, made_by);
                // For what SQLite keeps beside it.
                self.add("database.url", folder, Use::Fill, None);
            }
            target => {
                for (name, key, purpose) in [
                    ("passfile", "database.url (the pass file)", Use::Secret),
                    ("sslrootcert", "database.url (sslrootcert)", Use::Read),
                    ("sslcert", "database.url (sslcert)", Use::Read),
                    ("sslkey", "database.url (sslkey)", Use::Read),
                ] {
                    // `system` stands for the machine's own roots.
                    let path = target.parameter(name).filter(|path| path != "system");
                    if let Some(path) = path {
                        self.add(key, path.into(), purpose, None);
                    }
                }
            }
        }
        self.configured("calendar.file", config.calendar.file.as_ref());
        self.configured("authority.profiles", config.authority.profiles.as_ref());
    }

    fn of_pages(&mut self, program: Program) {
        let config = self.config;
        self.configured("portal.access_matrix", config.portal.access_matrix.as_ref());
        let listen = &config.listen;
        let is_tls = [listen.https, listen.portal, listen.console]
            .iter()
            .any(|listen| !listen.is_off());
        if is_tls || program == Program::Cli {
            let made_by = Some("ca-cli certificate issue-server");
            let tls = &config.tls;
            let certificate = self.in_data(tls.certificate.as_ref(), "tls/server.crt");
            let key = self.in_data(tls.key.as_ref(), "tls/server.key");
            self.add("tls.certificate", certificate, Use::Read, made_by);
            self.add("tls.key", key, Use::Read, made_by);
        }
        // The worker's look at it covers `ca-cli`.
        if program == Program::Api && !listen.console.is_off() {
            self.approval_key();
        }
    }

    fn approval_key(&mut self) {
        let made_by = Some("ca-cli operator approval-key");
        let file = self.config.approval_key_file();
        self.add("console.approval_key_file", file, Use::Secret, made_by);
    }

    fn of_signing(&mut self) {
        let config = self.config;
        let (authority, mail) = (&config.authority, &config.mail);
        self.approval_key();
        let made_by = Some("ca-cli ca init");
        match &authority.signer {
            SignerPlace::File => {
                let first = self.in_data(authority.key_file.as_ref(), "keys/ca.key");
                // A retired root's key may be destroyed.
                let key = first_key_file(&first);
                self.add("authority.key_file", key, Use::Secret, made_by);
            }
            SignerPlace::Token(token) => {
                self.add(
                    "authority.signer",
                    token.pin_file.clone(),
                    Use::Secret,
                    None,
                );
            }
        }
        let sealing = self.in_data(authority.sealing_key_file.as_ref(), "keys/sealing.key");
        self.add("authority.sealing_key_file", sealing, Use::Secret, made_by);
        if let Some(file) = &authority.passphrase_file {
            self.add("authority.passphrase_file", file.clone(), Use::Read, None);
        }
        self.add(
            "worker.journal_folder",
            config.journal_folder(),
            Use::Fill,
            None,
        );
        self.add(
            "audit.checkpoint_folder",
            config.checkpoint_folder(),
            Use::Fill,
            None,
        );
        self.configured("mail.templates", mail.templates.as_ref());
        match mail.transport {
            MailTransport::Folder => {
                let folder = self.in_data(mail.folder.as_ref(), "mail");
                self.add("mail.folder", folder, Use::Fill, None);
            }
            MailTransport::Smtp => {
                if let Some(file) = &mail.smtp.credentials_file {
                    self.add("mail.smtp.credentials_file", file.clone(), Use::Read, None);
                }
                let roots = mail.smtp.root_certificates.as_ref();
                self.configured("mail.smtp.root_certificates", roots);
            }
        }
    }
}

#[cfg(test)]
mod tests;
