//! What a letter says: parsed and final, so that printing can only fail on fonts and the template.

use ca_core::domain::thumbprint::Thumbprint;
use ca_core::domain::user_id::{Class, UserId};
use chrono::{DateTime, Utc};
use secrecy::SecretString;

/// What is the same on every letter of one run.
#[derive(Debug, Clone)]
pub struct RunText {
    /// When the letters are printed; the day in Tokyo is the letters' date.
    pub printed_at: DateTime<Utc>,
    /// Who sends them.
    pub sender: Sender,
    /// Whom a reader calls.
    pub contact: Contact,
    /// The site's top page as it is typed into a browser; printed and put into the QR code.
    pub site_address: String,
    /// Of the root certificate: what readers compare with their screen.
    pub thumbprint: Thumbprint,
    /// Of the root before it, while both are in use.
    pub older_thumbprint: Option<Thumbprint>,
    /// Until when the temporary login password works, if it ends.
    pub valid_until: Option<DateTime<Utc>>,
}

/// One account's letter. The two passwords exist here and on the paper, nowhere else in the clear.
#[derive(Debug)]
pub struct LetterText {
    /// The letter's number, which staff and reader can name on the phone without naming the account.
    pub number: String,
    /// Whose letter it is.
    pub user_id: UserId,
    /// The class of that user ID.
    pub class: Class,
    /// What the envelope's window shows.
    pub addressee: Addressee,
    /// First login password; the reader changes it at the first login.
    pub login_password: SecretString,
    /// 「クライアント証明書発行用パスワード」, also the password of the PKCS#12 file.
    pub issuance_password: SecretString,
}

/// One account's reminder that its certificate ends. Nothing on it is secret.
#[derive(Debug)]
pub struct ReminderText {
    /// The letter's number.
    pub number: String,
    /// Whose letter it is.
    pub user_id: UserId,
    /// The class of that user ID.
    pub class: Class,
    /// What the envelope's window shows.
    pub addressee: Addressee,
    /// The certificate's last valid second.
    pub until: DateTime<Utc>,
}

/// The address block.
#[derive(Debug, Clone)]
pub struct Addressee {
    /// `540-0001`, printed after 〒.
    pub postal_code: String,
    /// The address, each entry on a line of its own; long ones wrap.
    pub address: Vec<String>,
    /// Name of the office; 御中 follows unless somebody is named.
    pub name: String,
    /// Person or section in the office; 様 follows.
    pub recipient: Option<String>,
}

/// The sender block at the top right.
#[derive(Debug, Clone)]
pub struct Sender {
    /// Name in Japanese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// `540-0001`, printed after 〒.
    pub postal_code: String,
    /// The address, each entry on a line of its own.
    pub address: Vec<String>,
}

/// The box at the foot: whom to call, with number and hours.
#[derive(Debug, Clone)]
pub struct Contact {
    /// One line in Japanese.
    pub japanese: String,
    /// One line in English.
    pub english: String,
}
