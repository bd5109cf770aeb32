//! The organisation's own template: what it may do, and how its errors read.

use std::path::Path;

use super::reading::text;
use super::*;

#[test]
fn prints_with_what_lies_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "logo.svg",
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>"#,
    );
    write(folder.path(), "greeting.typ", "#let greeting = [拝啓]");
    let source = "#import sys: inputs\n#import \"greeting.typ\": greeting\n#set document(date: datetime(year: 2026, month: 1, day: 1))\n\
                  #set text(font: \"BIZ UDPGothic\")\n#image(\"logo.svg\", width: 1cm) #greeting #inputs.letters.first().user-id";
    let template = written(folder.path(), source);
    assert!(
        text(&render(&run(), &specimen_letters(), &template).unwrap())
            .contains("拝啓 KJ2700000001")
    );
}

#[test]
fn reaches_nothing_above_its_folder_and_no_package() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "secret.txt", "secret");
    let below = folder.path().join("letter");
    std::fs::create_dir(&below).unwrap();
    for source in [
        "#read(\"../secret.txt\")",
        "#read(\"/etc/hostname\")",
        "#import \"@preview/cetz:0.3.0\"",
    ] {
        let error = render(&run(), &specimen_letters(), &written(&below, source)).unwrap_err();
        assert!(
            matches!(error, LetterError::Template { line: Some(1), .. }),
            "{source}: {error}"
        );
    }
}

#[test]
fn an_error_says_file_line_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let template = written(folder.path(), "= 一\n\n#unknown-name\n");
    let error = render(&run(), &specimen_letters(), &template)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&format!(
            "{}:3: unknown variable: unknown-name",
            template.name
        )),
        "{error}"
    );
}

#[test]
fn an_error_in_a_file_beside_it_names_that_file() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "part.typ", "\n#let wrong = (");
    let error = render(
        &run(),
        &specimen_letters(),
        &written(folder.path(), "#import \"part.typ\": wrong"),
    )
    .unwrap_err();
    assert!(
        error.to_string().contains("part.typ:2: unclosed delimiter"),
        "{error}"
    );
}

#[test]
fn a_font_that_is_not_there_is_an_error_not_another_look() {
    let folder = tempfile::tempdir().unwrap();
    let template = written(
        folder.path(),
        "#set text(font: \"Mincho of the house\")\n字",
    );
    let error = render(&run(), &specimen_letters(), &template)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(":1: unknown font family: mincho of the house"),
        "{error}"
    );
}

#[test]
fn no_error_shows_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let template = written(
        folder.path(),
        "#import sys: inputs\n#panic(inputs.letters.map(l => l.login-password.join()))",
    );
    let error = render(&run(), &specimen_letters(), &template)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("panicked with") && !error.contains("k7mpr3xtw9fh"),
        "{error}"
    );
    let template = written(folder.path(), "#import sys: inputs\n#panic(inputs.letters)");
    let error = render(&run(), &specimen_letters(), &template)
        .unwrap_err()
        .to_string();
    assert!(
        !error.contains("k7mp") && !error.contains("3wfj"),
        "{error}"
    );
}

#[test]
fn missing_files_are_named() {
    let nowhere = Path::new("/nowhere/letter.typ");
    assert!(
        Template::read(nowhere)
            .unwrap_err()
            .to_string()
            .contains("/nowhere/letter.typ")
    );
    let template = Template::built_in().with_fonts(vec!["/nowhere/font.ttf".into()]);
    let error = render(&run(), &specimen_letters(), &template).unwrap_err();
    assert!(error.to_string().contains("/nowhere/font.ttf"), "{error}");
}

#[test]
fn a_file_that_is_no_font_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "font.ttf", "no font");
    let template = Template::built_in().with_fonts(vec![folder.path().join("font.ttf")]);
    assert!(matches!(
        render(&run(), &specimen_letters(), &template),
        Err(LetterError::NotAFont(_))
    ));
}

#[test]
fn the_built_in_one_read_from_a_file_prints_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let template = written(folder.path(), DEFAULT_TEMPLATE);
    assert_eq!(
        render(&run(), &specimen_letters(), &template)
            .unwrap()
            .to_vec(),
        specimen_pdf()
    );
}

fn written(folder: &Path, source: &str) -> Template {
    write(folder, "own.typ", source);
    Template::read(&folder.join("own.typ")).unwrap()
}

fn write(folder: &Path, name: &str, content: &str) {
    std::fs::write(folder.join(name), content).unwrap();
}
