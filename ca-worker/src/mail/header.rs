//! Headers that keep our mails out of loops and out of the spam folder, beyond those the library knows.
use lettre::message::header::{Header, HeaderName, HeaderValue};

/// Declares a header with a fixed name.
macro_rules! header {
    ($(#[$note:meta])* $type:ident, $name:literal) => {
        $(#[$note])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(super) struct $type(pub(super) String);

        impl Header for $type {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(value.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.clone())
            }
        }
    };
}

header!(
    /// Nobody wrote this by hand; do not answer by machine (RFC 3834 §5).
    AutoSubmitted, "Auto-Submitted"
);
header!(
    /// The same for Exchange.
    AutoResponseSuppress, "X-Auto-Response-Suppress"
);
header!(
    /// Names the stream of notices, for filters (RFC 2919).
    ListId, "List-Id"
);
header!(
    /// Where to ask about these notices (RFC 2369 §3.1).
    ListHelp, "List-Help"
);
