//! Where the portal's pages are.

pub(crate) const TOP: &str = "/portal";
pub(crate) const LOGIN: &str = "/portal/login";
pub(crate) const LOGOUT: &str = "/portal/logout";
pub(crate) const SIGNED_OUT: &str = "/portal/signed-out";
pub(crate) const NOTICES: &str = "/portal/notices";
pub(crate) const MAIL: &str = "/portal/mail";
pub(crate) const SETUP: &str = "/portal/setup";
pub(crate) const CERTIFICATES: &str = "/portal/certificates";
pub(crate) const PASSWORD: &str = "/portal/password";
pub(crate) const AGEING: &str = "/portal/password/ageing";
pub(crate) const REFERENCE: &str = "/portal/reference";
pub(crate) const AUTH_CHECK: &str = "/auth/check";
