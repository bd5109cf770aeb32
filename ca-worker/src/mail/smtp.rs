//! Mails over SMTP: under TLS with the server's name checked, or not at all (RFC 3207, RFC 8314).
use std::path::Path;
use std::time::Duration;

use ca_core::config::{SmtpConfig, SmtpSecurity, text_file};
use ca_core::store::outbox::Mail;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{SmtpTransport, Transport as _};
use zeroize::Zeroizing;

use super::{MailSetupError, SendError, Transport};

/// One SMTP server.
#[derive(Debug)]
pub struct SmtpMail {
    server: SmtpTransport,
}

impl SmtpMail {
    /// As configured. The connection is made when there is a mail.
    pub fn of(config: &SmtpConfig) -> Result<Self, MailSetupError> {
        let tls = match config.security {
            SmtpSecurity::Starttls => Tls::Required(parameters(config)?),
            SmtpSecurity::Tls => Tls::Wrapper(parameters(config)?),
            // The configuration allows this for loopback addresses alone.
            SmtpSecurity::Loopback => Tls::None,
        };
        let mut server = SmtpTransport::builder_dangerous(&config.host)
            .port(config.port)
            .tls(tls)
            .timeout(Some(Duration::from_secs(config.timeout_seconds.into())));
        if let Some(path) = &config.credentials_file {
            server = server.credentials(credentials(path)?);
        }
        Ok(Self {
            server: server.build(),
        })
    }
}

impl Transport for SmtpMail {
    fn send(&self, _mail: &Mail, message: &lettre::Message) -> Result<(), SendError> {
        self.server
            .send(message)
            .map(|_| ())
            .map_err(|error| classed(&error))
    }
}

/// 4xx means later, 5xx never; but a server that refuses our login or our TLS refuses every mail, for now.
fn classed(error: &lettre::transport::smtp::Error) -> SendError {
    let text = spelled_out(error);
    let code = error.status().map(|status| status.to_string());
    match code.as_deref() {
        Some("421" | "454" | "530" | "534" | "535" | "538") => SendError::Unreachable(text),
        _ if error.is_permanent() => SendError::Never(text),
        _ if error.is_transient() => SendError::Later(text),
        _ => SendError::Unreachable(text),
    }
}

/// The error with its causes: "Connection error: Connection refused".
fn spelled_out(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}

fn parameters(config: &SmtpConfig) -> Result<TlsParameters, MailSetupError> {
    let wrong = |error: lettre::transport::smtp::Error| MailSetupError::Smtp(spelled_out(&error));
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
