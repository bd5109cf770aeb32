//! What an acceptance would end, told before anybody accepts; and what was typed beside what is registered.

use ca_core::domain::certificate::CertificateStatus;
use ca_core::domain::reissue::Lost;
use ca_core::domain::revocation::RevocationReason;
use ca_core::domain::search::folded;
use ca_core::store::account::Account;
use ca_core::store::certificate::{self, Certificate};
use ca_core::store::reissue::Reissue;
use ca_core::store::request::{self, Request};
use ca_core::store::{Db, StoreResult, reissue, session};
use chrono::{DateTime, Utc};

use crate::console::prospect::Fact;
use crate::console::revoke::reason_word;
use crate::console::words;
use crate::page::Page;

/// What the store says about the account that an application names.
pub(super) struct Standing {
    pub account: Account,
    pub dying: Vec<Certificate>,
    pub reason: RevocationReason,
    pub open: Option<Request>,
    pub sessions: i64,
}

impl Standing {
    /// The account's standing at `now`.
    pub fn of(db: &mut Db, account: Account, now: DateTime<Utc>) -> StoreResult<Self> {
        let all = certificate::of_account(db, account.id)?;
        let dies =
            |one: &Certificate| one.status != CertificateStatus::Revoked && one.not_after >= now;
        Ok(Self {
            dying: all.into_iter().filter(dies).collect(),
            reason: Lost::revocation_reason(&reissue::lost_of_waiting(db, &account.user_id)?),
            open: request::open_of_account(db, account.id)?,
            sessions: session::count_of_account(db, account.id, now)?,
            account,
        })
    }

    /// What would end, a line each.
    pub fn impact(&self, page: &Page) -> Vec<Fact> {
        let mut facts = Vec::new();
        let what = || page.t("reissues-impact-certificates");
        if self.dying.is_empty() {
            facts.push(Fact::new(what(), page.t("reissue-none")));
        }
        for one in &self.dying {
            let until = page.with(
                "reissues-impact-until",
                [("until", page.day(one.not_after))],
            );
            facts.push(Fact::code(what(), one.serial.to_hex()).with_note(until));
        }
        if !self.dying.is_empty() {
            let reason = reason_word(page, self.reason);
            facts.push(Fact::new(page.t("certificate-order-reason"), reason));
        }
        let open = match &self.open {
            Some(open) => page.with(
                "reissues-impact-open",
                [
                    ("kind", words::kind(page, open.kind)),
                    ("state", words::StateWord(open.state).label(page)),
                ],
            ),
            None => page.t("reissue-none"),
        };
        facts.push(Fact::new(page.t("reissues-impact-request"), open));
        let sessions = page.with("reissues-impact-count", [("count", self.sessions)]);
        facts.push(Fact::new(page.t("reissues-impact-sessions"), sessions));
        let letter = page.t("reissues-impact-letter-due");
        facts.push(Fact::new(page.t("reissues-impact-letter"), letter));
        let mail = self.account.mail_address.clone();
        let mail = mail.unwrap_or_else(|| page.t("console-no-mail"));
        facts.push(Fact::new(page.t("reissues-impact-mail"), mail));
        facts
    }
}

/// One line of the comparison.
#[derive(Debug)]
pub(super) struct Line {
    pub what: String,
    pub typed: String,
    pub registered: String,
    /// A mark that stands in for colour, and its word.
    pub mark: String,
    pub class: &'static str,
}

/// What was typed beside what is registered.
pub(super) fn comparison(page: &Page, applied: &Reissue, account: Option<&Account>) -> Vec<Line> {
    let none = || page.t("reissue-none");
    let line = |what: String, typed: Option<&str>, registered: Option<String>, compared: bool| {
        let (mark, class) = match (&registered, typed) {
            (Some(registered), Some(typed)) if compared => mark(page, typed, registered),
            _ => (String::new(), ""),
        };
        Line {
            what,
            typed: typed.map_or_else(none, str::to_owned),
            registered: registered.unwrap_or_else(none),
            mark,
            class,
        }
    };
    let name = account.map(|account| account.name.clone());
    let address = account.map(|account| {
        let lines: Vec<&str> = account.address_lines().collect();
        format!("〒{} {}", account.postal_code, lines.join(" "))
    });
    let recipient = account.and_then(|account| account.recipient.clone());
    let mail = account.and_then(|account| account.mail_address.clone());
    vec![
        line(
            page.t("reissue-office"),
            Some(&applied.office_name),
            name,
            true,
        ),
        line(
            page.t("reissue-person"),
            Some(&applied.person),
            recipient,
            false,
        ),
        line(
            page.t("reissue-mail"),
            applied.mail_address.as_deref(),
            mail,
            true,
        ),
        line(page.t("console-account-address"), None, address, false),
        Line {
            what: page.t("reissue-telephone"),
            typed: applied.telephone.clone(),
            registered: page.t("reissues-telephone-absent"),
            mark: String::new(),
            class: "",
        },
    ]
}

fn mark(page: &Page, typed: &str, registered: &str) -> (String, &'static str) {
    if folded(typed) == folded(registered) {
        (page.t("reissues-same"), "good")
    } else {
        (page.t("reissues-differs"), "bad")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_katakana_and_spaces_make_no_difference() {
        assert_eq!(folded("さくら　介護 ＡＢＣ"), folded("さくら介護 abc"));
        assert_eq!(folded("ｻｸﾗｹｱﾌﾟﾗｻﾞ"), folded("サクラケアプラザ"));
        assert_ne!(folded("さくら介護"), folded("さくら看護"));
    }
}
