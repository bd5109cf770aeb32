//! The accounts that the demo registers when no file is given.

/// The file in config/, which also shows what such a file looks like.
const BUILT_IN: &str = include_str!("../../../config/demo-accounts.csv");

/// The built-in accounts, and as many made-up ones as `count` needs.
pub(crate) fn built_in(count: u16) -> Vec<u8> {
    let known = u16::try_from(BUILT_IN.lines().skip(1).count()).unwrap_or(u16::MAX);
    let mut text = BUILT_IN.to_owned();
    for number in known + 1..=count {
        let id = format!("KJ27{number:08}");
        let line = format!(
            "{id},介護事業所　第{number}号,540-0008,大阪府大阪市中央区大手前{number}番,,,,office{number}@example.jp\n"
        );
        text.push_str(&line);
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use ca_core::domain::account::Update;
    use ca_core::domain::account_csv::{CsvLimits, read};
    use ca_core::domain::user_id::Classes;

    use super::*;

    #[test]
    fn the_built_in_accounts_are_right_and_show_every_class_and_one_without_mail() {
        let accounts = read(&built_in(1), &Classes::default(), CsvLimits::default())
            .unwrap()
            .lines;
        assert_eq!(accounts.len(), 8);
        for class in ["KJ", "HJ", "HD"] {
            assert!(
                accounts
                    .iter()
                    .any(|line| line.details.user_id.letters() == class)
            );
        }
        assert_eq!(
            accounts
                .iter()
                .filter(|line| line.details.mail_address == Update::Clear)
                .count(),
            1
        );
        let first = &accounts.first().unwrap().details.mail_address;
        assert!(matches!(first, Update::Set(_)));
    }

    #[test]
    fn more_are_made_up_when_more_are_asked_for() {
        let accounts = read(&built_in(200), &Classes::default(), CsvLimits::default())
            .unwrap()
            .lines;
        assert_eq!(accounts.len(), 200);
    }
}
