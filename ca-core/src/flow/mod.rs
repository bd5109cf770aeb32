//! What the service does: one verb, one file, one transaction (or a few numbered ones), with its
//! audit entry inside. Pages, jobs and commands call these and write no query of their own.
mod abandon;
pub mod accept_reissue;
pub mod add_operator;
pub mod apply_reissue;
pub mod approve_requests;
pub mod change_login_password;
pub mod download_certificate;
pub mod export_audit;
pub mod fail_request;
pub mod give_back;
pub mod import_accounts;
pub mod log_in;
pub mod log_in_operator;
pub mod log_out;
pub mod override_calendar;
pub mod pass_gate;
pub mod print_letters;
pub mod record_authority;
pub mod record_certificate;
pub mod record_intents;
pub mod record_issued;
pub mod recover;
pub mod reject_reissue;
pub mod reject_requests;
pub mod resume_session;
pub mod retry_request;
pub mod revoke_certificates;
mod session_token;
pub mod set_account_status;
pub mod set_operator_status;
pub mod submit_request;
mod try_password;
pub mod unlock_account;
pub mod verify_audit;
pub mod withdraw_request;

pub use session_token::SessionToken;
