//! Lines that fit: 34 full-width characters, broken as Japanese and English are.

/// The widest line, in columns; a full-width character takes two.
pub(super) const COLUMNS: usize = 68;

/// Characters that must not begin a line (JIS X 4051's 行頭禁則, the usual ones).
const NOT_FIRST: &str =
    "、。，．・：；？！）］｝」』】〕〉》ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;?!)]}";
/// Characters that must not end a line.
const NOT_LAST: &str = "（［｛「『【〔〈《([{";

/// Breaks every line of `text` that is too wide. A line without a place to break, such as an address on the
/// web, stays as it is.
pub(super) fn wrapped(text: &str) -> String {
    let lines: Vec<String> = text.lines().flat_map(wrapped_line).collect();
    lines.join("\n") + "\n"
}

/// The columns that `text` takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

fn columns(character: char) -> usize {
    // ASCII and half-width katakana; everything else is counted as wide, which errs on the safe side.
    if character.is_ascii() || ('\u{FF61}'..='\u{FF9F}').contains(&character) {
        1
    } else {
        2
    }
}

fn wrapped_line(line: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = line.trim_end();
    while width(rest) > COLUMNS {
        let Some((first, after)) =
            breaking_place(rest).and_then(|place| rest.split_at_checked(place))
        else {
            break;
        };
        lines.push(first.trim_end().to_owned());
        rest = after.trim_start();
    }
    lines.push(rest.to_owned());
    lines
}

/// The last byte index within the width at which a line may end.
fn breaking_place(line: &str) -> Option<usize> {
    let mut used = 0;
    let mut place = None;
    let mut previous: Option<char> = None;
    for (index, character) in line.char_indices() {
        if let Some(previous) = previous.filter(|before| may_break(*before, character)) {
            let trimmed = used - if previous == ' ' { 1 } else { 0 };
            if trimmed <= COLUMNS {
                place = Some(index);
            }
        }
        used += columns(character);
        if used > COLUMNS + 1 {
            break;
        }
        previous = Some(character);
    }
    place
}

fn may_break(before: char, after: char) -> bool {
    if before == ' ' {
        return after != ' ';
    }
    let inside_word = before.is_ascii() && after.is_ascii();
    !inside_word && !NOT_FIRST.contains(after) && !NOT_LAST.contains(before) && after != ' '
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn japanese_breaks_anywhere_but_before_a_closing_mark() {
        let line = "あ".repeat(34) + "。";
        assert_eq!(wrapped(&line), format!("{}\nあ。\n", "あ".repeat(33)));
        let line = "あ".repeat(33) + "「い」";
        assert_eq!(wrapped(&line), format!("{}\n「い」\n", "あ".repeat(33)));
    }

    #[test]
    fn english_breaks_at_spaces_and_addresses_stay_whole() {
        let line = "word ".repeat(20);
        let lines: Vec<_> = wrapped(&line).lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| width(line) <= COLUMNS));
        let address = format!("https://{}/", "a".repeat(80));
        assert_eq!(wrapped(&address), format!("{address}\n"));
    }

    #[test]
    fn exactly_full_lines_stay() {
        for line in ["あ".repeat(34), "a".repeat(68)] {
            assert_eq!(wrapped(&line), format!("{line}\n"));
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_japanese_always_fits(line in "[ぁ-んア-ン。、「」 a-z]{0,200}") {
            let text = wrapped(&line);
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&text), bare(&line));
        }

        #[test]
        fn lines_of_plain_kana_fit(line in "[ぁ-ん]{0,300}") {
            prop_assert!(wrapped(&line).lines().all(|line| width(line) <= COLUMNS));
        }
    }
}
