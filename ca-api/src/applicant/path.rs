//! Where the applicants' pages are.

pub(crate) const SERVICE: &str = "/service";
pub(crate) const LOGIN: &str = "/service/login";
pub(crate) const LOGOUT: &str = "/service/logout";
pub(crate) const SIGNED_OUT: &str = "/service/signed-out";
pub(crate) const PASSWORD: &str = "/service/password";
pub(crate) const GATE: &str = "/service/gate";
pub(crate) const CERTIFICATES: &str = "/service/certificates";
pub(crate) const DOWNLOAD: &str = "/service/certificates/download";
pub(crate) const REQUEST: &str = "/service/request";
pub(crate) const DONE: &str = "/service/request/done";
pub(crate) const WITHDRAW: &str = "/service/request/withdraw";
pub(crate) const REISSUE: &str = "/reissue";
pub(crate) const REISSUE_DONE: &str = "/reissue/done";
