//! Mail addresses: the plain form of RFC 5321 that every mail server takes.

use thiserror::Error;

/// RFC 5321 section 4.5.3.1.3: a path of 256 octets, less its angle brackets.
const LONGEST: usize = 254;
/// RFC 5321 section 4.5.3.1.1.
const LONGEST_LOCAL: usize = 64;
/// RFC 1035 section 2.3.4.
const LONGEST_LABEL: usize = 63;

/// Why something is not a mail address here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MailAddressError {
    /// Characters other than visible half-width ASCII.
    #[error("a mail address has half-width letters, digits and signs only, and no space")]
    Characters,
    /// Not exactly one `@`.
    #[error("a mail address has one @")]
    At,
    /// Too long for the protocol.
    #[error("a mail address has at most 254 characters, 64 of them before the @")]
    TooLong,
    /// Not allowed before the `@`.
    #[error(
        "before the @ only letters, digits and !#$%&'*+-/=?^_`{{|}}~. are allowed, and no dot at \
         either end or twice in a row"
    )]
    Local,
    /// Not a domain name.
    #[error("after the @ comes a domain name with a dot, such as example.jp")]
    Domain,
}

impl MailAddressError {
    /// The reason in Japanese.
    #[must_use]
    pub fn japanese(self) -> String {
        match self {
            Self::Characters => "メールアドレスは半角の英数字と記号だけで、空白なしで入力してください",
            Self::At => "メールアドレスには@が1つ必要です",
            Self::TooLong => "メールアドレスは254文字以内（@の前は64文字以内）です",
            Self::Local => {
                "メールアドレスの@の前に使えない文字があるか、ピリオドが端にある、または続いています"
            }
            Self::Domain => {
                "メールアドレスの@の後ろはピリオドを含むドメイン名です（例：example.jp）"
            }
        }
        .to_owned()
    }
}

/// Checks an address; quoted local parts, comments and addresses in other scripts are refused, since
/// not every server on the way takes them.
pub fn parse(entered: &str) -> Result<String, MailAddressError> {
    if entered.len() > LONGEST {
        return Err(MailAddressError::TooLong);
    }
    if !entered.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(MailAddressError::Characters);
    }
    let (local, domain) = entered.split_once('@').ok_or(MailAddressError::At)?;
    if domain.contains('@') {
        return Err(MailAddressError::At);
    }
    if local.len() > LONGEST_LOCAL {
        return Err(MailAddressError::TooLong);
    }
    if !local.split('.').all(is_atom) {
        return Err(MailAddressError::Local);
    }
    if !domain.contains('.') || !domain.split('.').all(is_label) || is_number(domain) {
        return Err(MailAddressError::Domain);
    }
    Ok(entered.to_owned())
}

/// RFC 5322 section 3.2.3, `atext`.
fn is_atom(part: &str) -> bool {
    let sign = |byte: u8| b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    !part.is_empty()
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || sign(byte))
}

fn is_label(label: &str) -> bool {
    (1..=LONGEST_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// `192.0.2.1` is an address of a machine, not a domain name.
fn is_number(domain: &str) -> bool {
    domain
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_addresses_are_kept_as_written() {
        for address in [
            "office@example.jp",
            "Taro.Yamada+inkan@mail.example.co.jp",
            "a_b-c@xn--wgv71a.jp",
        ] {
            assert_eq!(parse(address).as_deref(), Ok(address));
        }
    }

    #[test]
    fn each_refusal_has_its_own_reason() {
        use MailAddressError as Error;
        let long_local = format!("{}@example.jp", "a".repeat(65));
        let long = format!("a@{}.jp", "b.".repeat(130));
        for (address, reason) in [
            ("office", Error::At),
            ("a@b@example.jp", Error::At),
            ("a b@example.jp", Error::Characters),
            ("a@example.jp\r\nBcc: x@example.jp", Error::Characters),
            ("ａ@example.jp", Error::Characters),
            ("太郎@example.jp", Error::Characters),
            ("@example.jp", Error::Local),
            ("a..b@example.jp", Error::Local),
            ("a.@example.jp", Error::Local),
            ("\"a\"@example.jp", Error::Local),
            ("a<b>@example.jp", Error::Local),
            ("a@localhost", Error::Domain),
            ("a@example..jp", Error::Domain),
            ("a@-example.jp", Error::Domain),
            ("a@exa_mple.jp", Error::Domain),
            ("a@192.0.2.1", Error::Domain),
            ("a@", Error::Domain),
            (&long_local, Error::TooLong),
            (&long, Error::TooLong),
        ] {
            assert_eq!(parse(address), Err(reason), "{address:?}");
        }
    }

    proptest! {
        /// Nothing accepted can end a header line or add a second recipient.
        #[test]
        fn an_accepted_address_is_one_harmless_token(entered in "[a-z.@<>,;:\"() \r\n\\-+é]{0,20}") {
            if let Ok(address) = parse(&entered) {
                prop_assert_eq!(address.matches('@').count(), 1);
                prop_assert!(!address.contains(['\r', '\n', ' ', ',', ';', '<', '>', '"', '(', ':']));
            }
        }
    }
}
