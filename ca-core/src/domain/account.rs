//! stub
use super::request::words;
use super::user_id::UserId;
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountDetails {
    pub user_id: UserId,
    pub name: String,
    pub recipient: Option<String>,
    pub postal_code: String,
    pub address: Vec<String>,
    pub mail_address: Option<String>,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    Active,
    Disabled,
}
words!(
    AccountStatus,
    "status of an account",
    Active = "active",
    Disabled = "disabled"
);
