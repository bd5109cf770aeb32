//! What a crash leaves behind, and how the next run deals with it.

use std::fs;
use std::path::PathBuf;

use super::register::Office;
use super::*;

/// What a crash leaves that came after the commit and before the PDF had its name.
fn committed_not_placed() -> (Office, PathBuf) {
    let office = Office::new();
    let printed = office.print(&office.due()).unwrap();
    let draft = office.out().join(office.draft_name(&printed.run_id));
    fs::rename(office.target(), &draft).unwrap();
    (office, draft)
}

#[test]
fn after_the_commit_the_next_run_finishes_it_first() {
    let (office, draft) = committed_not_placed();
    let pdf = fs::read(&draft).unwrap();
    office.register("KJ2700000003", "三番目");
    let order = Order {
        target: office.out().join("other.pdf"),
        ..office.due()
    };
    let error = office.print(&order).unwrap_err();
    assert!(
        matches!(&error, PressError::EarlierRun { paths, letters: 2 } if *paths == office.target().display().to_string()),
        "{error}"
    );
    assert_eq!(fs::read(office.target()).unwrap(), pdf);
    assert_eq!(office.files(), ["letters.pdf"]);
    assert_eq!(office.print(&order).unwrap().letters.len(), 1);
}

#[test]
fn before_the_commit_the_draft_is_void_and_goes() {
    let office = Office::new();
    let draft = office.out().join(office.draft_name(&"0".repeat(32)));
    fs::write(&draft, "half a PDF").unwrap();
    assert_eq!(
        office.press().recover(&office.out()).unwrap(),
        [Recovered::Removed {
            path: office.target()
        }]
    );
    office.assert_untouched();
}

#[test]
fn a_draft_still_at_work_is_left_alone() {
    let office = Office::new();
    let draft = office.out().join(office.draft_name(&"0".repeat(32)));
    let at_work = fs::File::create(&draft).unwrap();
    at_work.lock().unwrap();
    assert_eq!(office.press().recover(&office.out()).unwrap(), []);
    assert!(draft.exists());
}

#[test]
fn a_recorded_draft_never_replaces_another_file() {
    let (office, draft) = committed_not_placed();
    fs::write(office.target(), "another").unwrap();
    let error = office.press().recover(&office.out()).unwrap_err();
    assert!(
        matches!(&error, PressError::Draft(DraftError::Place { .. })),
        "{error}"
    );
    assert_eq!(fs::read(office.target()).unwrap(), b"another");
    assert!(draft.exists());
}

#[test]
fn a_damaged_draft_is_not_passed_off_as_the_run() {
    let (office, draft) = committed_not_placed();
    fs::write(&draft, "damaged").unwrap();
    let error = office.press().recover(&office.out()).unwrap_err();
    assert!(
        matches!(&error, PressError::Draft(DraftError::Damaged(_))),
        "{error}"
    );
    assert!(!office.target().exists());
}

#[test]
fn files_of_others_are_no_drafts() {
    let office = Office::new();
    for name in ["notes.draft", "letters.pdf.abc.draft", "letters.pdf"] {
        fs::write(office.out().join(name), "mine").unwrap();
    }
    assert_eq!(office.press().recover(&office.out()).unwrap(), []);
    assert_eq!(office.files().len(), 3);
}

#[test]
fn another_installations_draft_is_left_alone() {
    let office = Office::new();
    let other = format!("letters.pdf.01234567.{}.draft", "0".repeat(32));
    fs::write(office.out().join(&other), "theirs").unwrap();
    assert_eq!(office.press().recover(&office.out()).unwrap(), []);
    assert_eq!(office.files(), [other]);
}
