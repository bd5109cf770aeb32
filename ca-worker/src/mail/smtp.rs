//! Mails over SMTP: under TLS with the server's name checked, or not at all (RFC 3207, RFC 8314).
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use ca_core::config::{SmtpConfig, SmtpSecurity, text_file};
use ca_core::store::outbox::Mail;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{self, Data, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use zeroize::Zeroizing;

use super::refusal::{Step, classed};
use super::{MailSetupError, SendError, Transport};

/// One SMTP server.
pub struct SmtpMail {
    server: (String, u16),
    security: SmtpSecurity,
    tls: Option<TlsParameters>,
    hello: ClientId,
    timeout: Duration,
    credentials: Option<Credentials>,
}

impl SmtpMail {
    /// As configured. The connection is made when there is a mail. `host` is what EHLO says where `hello` is not set.
    pub fn of(config: &SmtpConfig, host: &str) -> Result<Self, MailSetupError> {
        let tls = match config.security {
            SmtpSecurity::Starttls | SmtpSecurity::Tls => Some(parameters(config)?),
            // The configuration allows this for loopback addresses alone.
            SmtpSecurity::Loopback => None,
        };
        let credentials = config.credentials_file.as_deref().map(credentials);
        Ok(Self {
            server: (config.host.clone(), config.port),
            security: config.security,
            tls,
            hello: hello(config.hello.as_deref().unwrap_or(host)),
            timeout: Duration::from_secs(config.timeout_seconds.into()),
            credentials: credentials.transpose()?,
        })
    }

    /// A connection that is ready for a sender: greeted, protected, logged in.
    fn connect(&self) -> Result<SmtpConnection, lettre::transport::smtp::Error> {
        let from_the_start = match self.security {
            SmtpSecurity::Tls => self.tls.as_ref(),
            SmtpSecurity::Starttls | SmtpSecurity::Loopback => None,
        };
        let server = (self.server.0.as_str(), self.server.1);
        let timeout = Some(self.timeout);
        let mut connection =
            SmtpConnection::connect(server, timeout, &self.hello, from_the_start, None)?;
        // A connection whose TLS failed has no stream left to say QUIT on; dropping it closes it.
        self.secure(&mut connection)?;
        Ok(connection)
    }

    fn secure(
        &self,
        connection: &mut SmtpConnection,
    ) -> Result<(), lettre::transport::smtp::Error> {
        if let (SmtpSecurity::Starttls, Some(tls)) = (self.security, &self.tls) {
            connection.starttls(tls, &self.hello)?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials)?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for SmtpMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpMail({}:{})", self.server.0, self.server.1)
    }
}

impl Transport for SmtpMail {
    fn send(&self, _mail: &Mail, message: &lettre::Message) -> Result<(), SendError> {
        let mut connection = self
            .connect()
            .map_err(|error| classed(Step::Greeting, &error))?;
        let sent = hand_over(&mut connection, message);
        match &sent {
            // The server has taken it: what it says to QUIT changes nothing.
            Ok(()) => drop(connection.quit()),
            Err(_) => connection.abort(),
        }
        sent
    }
}

/// Sender, recipients, content: one command after the other, so that it is known which one was refused.
fn hand_over(connection: &mut SmtpConnection, message: &lettre::Message) -> Result<(), SendError> {
    let envelope = message.envelope();
    connection
        .command(commands::Mail::new(envelope.from().cloned(), Vec::new()))
        .map_err(|error| classed(Step::Sender, &error))?;
    for to in envelope.to() {
        connection
            .command(Rcpt::new(to.clone(), Vec::new()))
            .map_err(|error| classed(Step::Recipient, &error))?;
    }
    connection
        .command(Data)
        .and_then(|_| connection.message(&message.formatted()))
        .map_err(|error| classed(Step::Content, &error))?;
    Ok(())
}

/// What EHLO says: a host name, or an address as a literal (RFC 5321 §4.1.3).
fn hello(name: &str) -> ClientId {
    match name.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(name.to_owned()),
    }
}

/// The error with its causes: "Connection error: Connection refused".
pub(super) fn spelled_out(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}

fn parameters(config: &SmtpConfig) -> Result<TlsParameters, MailSetupError> {
    let wrong = |error: Error| MailSetupError::Smtp(spelled_out(&error));
    let mut parameters = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.root_certificates {
        let pem = std::fs::read(path).map_err(|error| unreadable(path, &error.to_string()))?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(wrong)?);
    }
    parameters.build().map_err(wrong)
}

fn credentials(path: &Path) -> Result<Credentials, MailSetupError> {
    let text = text_file::read(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let text = Zeroizing::new(text);
    let mut lines = text.lines();
    match (lines.next(), lines.next()) {
        (Some(user), Some(password)) if !user.is_empty() && !password.is_empty() => {
            Ok(Credentials::new(user.to_owned(), password.to_owned()))
        }
        _ => Err(unreadable(
            path,
            "the user name belongs on its first line, the password on its second",
        )),
    }
}

fn unreadable(path: &Path, why: &str) -> MailSetupError {
    MailSetupError::File(path.to_owned(), why.to_owned())
}
