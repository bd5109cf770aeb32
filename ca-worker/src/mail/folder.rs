//! Mails as `.eml` files in a folder: for one machine without a mail server, and for trying things out.
use std::path::PathBuf;

use ca_core::config::Config;
use ca_core::domain::time::tokyo;
use ca_core::store::outbox::Mail;

use super::{SendError, Transport};
use ca_core::private_file;

/// Writes one file a mail. Sent twice, a mail is one file all the same.
#[derive(Debug)]
pub struct FolderTransport {
    folder: PathBuf,
}

impl FolderTransport {
    /// The folder `mail.folder`, or `mail` in the data folder.
    pub fn of(config: &Config) -> Self {
        let folder = config.mail.folder.clone();
        Self {
            folder: folder.unwrap_or_else(|| config.data.folder.join("mail")),
        }
    }
}

impl Transport for FolderTransport {
    fn send(&self, mail: &Mail, message: &lettre::Message) -> Result<(), SendError> {
        let path = self.folder.join(file_name(mail));
        private_file::replace(&path, &message.formatted(), 0o600)
            .map_err(|error| SendError::Unreachable(format!("{}: {error}", path.display())))
    }
}

/// Time in Japan, kind, and the Message-ID's own part, which was checked when the mail was composed.
fn file_name(mail: &Mail) -> String {
    let at = mail
        .created_at
        .with_timezone(&tokyo())
        .format("%Y%m%d-%H%M%S");
    let id = mail.message_id.split('@').next().unwrap_or_default();
    format!("{at}-{}-{id}.eml", mail.kind)
}
