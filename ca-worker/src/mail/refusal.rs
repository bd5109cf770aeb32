//! What a server's refusal means: it depends on the command that drew it, not on the reply code alone.
//!
//! Only a refusal of the recipient is about one mail. All others are about the sender, that is about this installation.
use lettre::transport::smtp::Error;

use super::SendError;
use super::smtp::spelled_out;

/// The commands of a delivery, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Banner, EHLO, STARTTLS, AUTH.
    Greeting,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA and what follows.
    Content,
}

/// What to do with the mail after `error` at `step`.
pub(super) fn classed(step: Step, error: &Error) -> SendError {
    let text = spelled_out(error);
    let Some(code) = error.status().map(|status| status.to_string()) else {
        return SendError::Unreachable(text);
    };
    // The reply's text: the enhanced code is its first word.
    let reply = std::error::Error::source(error).map(ToString::to_string);
    let meant = meaning(step, &code, &reply.unwrap_or_default());
    meant(text)
}

/// The meaning of a reply to a command: `code` as in RFC 5321 §4.2, `reply` the text after it.
fn meaning(step: Step, code: &str, reply: &str) -> fn(String) -> SendError {
    // 421: the server is closing; the others: it wants another login or TLS first (RFC 4954 §6, RFC 3207 §4).
    let wants_login = ["421", "454", "530", "534", "535", "538"].contains(&code);
    if wants_login || matches!(step, Step::Greeting | Step::Sender) {
        return SendError::Unreachable;
    }
    let for_good = code.starts_with('5');
    if step == Step::Content {
        return if for_good {
            SendError::Refused
        } else {
            SendError::Later
        };
    }
    match enhanced(reply) {
        // A sender's address that the server does not like, reported at the recipient (RFC 3463 §3.2).
        Some((1, 7 | 8)) => SendError::Refused,
        // An address that does not exist, has moved, is ambiguous; a mailbox that is switched off.
        Some((1, _) | (2, 1)) if for_good => SendError::Never,
        // A full mailbox may have room tomorrow.
        Some((1 | 2, _)) => SendError::Later,
        // Policy, routing, the server's own state, the protocol.
        Some(_) => SendError::Refused,
        // Servers without enhanced codes say these of the sender, with the codes of a missing mailbox.
        None if for_good && is_about_the_sender(reply) => SendError::Refused,
        None if ["550", "551", "553", "556"].contains(&code) => SendError::Never,
        None if for_good => SendError::Refused,
        None => SendError::Later,
    }
}

/// What such a server writes when it means this installation and not the recipient.
fn is_about_the_sender(reply: &str) -> bool {
    const WORDS: [&str; 12] = [
        "relay",
        "authenti",
        "log in",
        "policy",
        "spam",
        "blacklist",
        "blocklist",
        "blocked",
        "listed",
        "spf",
        "dmarc",
        "sender",
    ];
    let reply = reply.to_ascii_lowercase();
    WORDS.iter().any(|word| reply.contains(word))
}

/// Subject and detail of an enhanced status code at the beginning of a reply (RFC 3463 §2, RFC 2034 §4).
fn enhanced(reply: &str) -> Option<(u16, u16)> {
    let mut parts = reply.split_whitespace().next()?.split('.');
    let class = parts.next()?;
    let (subject, detail) = (parts.next()?, parts.next()?);
    if !matches!(class, "2" | "4" | "5") || parts.next().is_some() {
        return None;
    }
    Some((subject.parse().ok()?, detail.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(step: Step, code: &str, reply: &str) -> &'static str {
        match meaning(step, code, reply)(String::new()) {
            SendError::Unreachable(_) => "away",
            SendError::Refused(_) => "refused",
            SendError::Later(_) => "later",
            SendError::Never(_) => "never",
        }
    }

    #[test]
    fn only_a_refusal_of_the_recipient_is_for_good() {
        for (code, reply, what) in [
            ("550", "no such user", "never"),
            ("551", "user not local", "never"),
            ("553", "mailbox name not allowed", "never"),
            ("550", "5.1.1 no such user", "never"),
            ("554", "5.1.1 no such user", "never"),
            ("550", "5.1.10 null MX", "never"),
            ("550", "5.2.1 mailbox switched off", "never"),
            ("552", "5.2.2 mailbox full", "later"),
            ("450", "greylisted", "later"),
            ("450", "4.2.1 too much mail", "later"),
            ("451", "4.7.1 policy", "refused"),
            ("550", "5.1.7 sender's address", "refused"),
            ("550", "5.1.8 sender's domain", "refused"),
            ("550", "5.7.1 relay access denied", "refused"),
            ("550", "5.3.2 system not accepting", "refused"),
            ("550", "5.4.1 no route", "refused"),
            ("501", "5.5.4 bad parameters", "refused"),
            ("554", "relay access denied", "refused"),
            ("550", "5.1 is no enhanced code", "never"),
            ("550", "Relaying denied", "refused"),
            ("550", "your host is blocked by our policy", "refused"),
            ("556", "the domain takes no mail", "never"),
            ("530", "log in first", "away"),
            ("421", "4.3.2 closing", "away"),
        ] {
            assert_eq!(said(Step::Recipient, code, reply), what, "{code} {reply}");
        }
    }

    #[test]
    fn a_refusal_at_any_other_command_costs_no_mail() {
        for code in ["421", "450", "500", "521", "550", "554"] {
            for reply in ["no", "5.1.1 no such user", "5.7.1 policy"] {
                for step in [Step::Greeting, Step::Sender] {
                    assert_eq!(said(step, code, reply), "away", "{step:?} {code} {reply}");
                }
                let content = said(Step::Content, code, reply);
                assert_ne!(content, "never", "{code} {reply}");
            }
        }
        assert_eq!(said(Step::Content, "552", "5.3.4 too big"), "refused");
        assert_eq!(said(Step::Content, "451", "try again"), "later");
    }
}
