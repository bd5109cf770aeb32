//! The fields of an account, by their names in files and on forms.

use std::fmt;

/// One field of an account as people fill it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountField {
    /// The user ID.
    UserId,
    /// Name of the office or agent.
    Name,
    /// Postal code.
    PostalCode,
    /// First address line.
    Address1,
    /// Second address line; may be empty.
    Address2,
    /// Third address line; may be empty.
    Address3,
    /// Person or section on the letter; may be empty.
    Recipient,
    /// Where notices go; may be empty.
    MailAddress,
    /// Whether the office runs community-support services; may be empty.
    CommunitySupport,
}

impl AccountField {
    /// Every field, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::UserId,
        Self::Name,
        Self::PostalCode,
        Self::Address1,
        Self::Address2,
        Self::Address3,
        Self::Recipient,
        Self::MailAddress,
        Self::CommunitySupport,
    ];

    /// Its English name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::Name => "name",
            Self::PostalCode => "postal_code",
            Self::Address1 => "address1",
            Self::Address2 => "address2",
            Self::Address3 => "address3",
            Self::Recipient => "recipient",
            Self::MailAddress => "mail_address",
            Self::CommunitySupport => "community_support",
        }
    }

    /// Its Japanese name.
    #[must_use]
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::UserId => "ユーザID",
            Self::Name => "名称",
            Self::PostalCode => "郵便番号",
            Self::Address1 => "住所1",
            Self::Address2 => "住所2",
            Self::Address3 => "住所3",
            Self::Recipient => "宛名",
            Self::MailAddress => "メールアドレス",
            Self::CommunitySupport => "地域生活支援",
        }
    }

    /// Whether an account cannot be registered without it.
    #[must_use]
    pub const fn is_required(self) -> bool {
        matches!(
            self,
            Self::UserId | Self::Name | Self::PostalCode | Self::Address1
        )
    }
}

impl fmt::Display for AccountField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
