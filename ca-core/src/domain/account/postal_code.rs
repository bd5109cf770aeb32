//! Japanese postal codes.

use crate::domain::text::half_width;

/// More characters than any way of writing seven digits needs.
const LONGEST_TYPED: usize = 32;

/// Reads seven digits as people write them (`〒100-0001`, `１００ー０００１`, `1000001`) and gives
/// `NNN-NNNN`; none when they are not seven.
pub(super) fn parse(entered: &str) -> Option<String> {
    if entered.chars().nth(LONGEST_TYPED).is_some() {
        return None;
    }
    let digits: String = entered
        .chars()
        .map(half_width)
        .filter(|character| !is_ornament(*character))
        .collect();
    let seven = digits.len() == 7 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let (area, rest) = digits.split_at_checked(3).filter(|_| seven)?;
    Some(format!("{area}-{rest}"))
}

fn is_ornament(character: char) -> bool {
    character == ' ' || matches!(character, '〒' | '-' | '‐'..='―' | '−' | 'ー' | 'ｰ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_usual_ways_of_writing() {
        for written in [
            "100-0001",
            "1000001",
            "〒100-0001",
            " １００－０００１ ",
            "１００ー０００１",
            "100−0001",
        ] {
            assert_eq!(parse(written).as_deref(), Some("100-0001"), "{written:?}");
        }
    }

    #[test]
    fn refuses_everything_that_is_not_seven_digits() {
        let long = "-".repeat(40) + "1000001";
        for written in [
            "",
            "100000",
            "10000011",
            "100-000A",
            "百",
            "٢٢٢٢٢٢٢",
            "100\n0001",
            &long,
        ] {
            assert_eq!(parse(written), None, "{written:?}");
        }
    }
}
