//! The form: what it takes, what it refuses, and that every field speaks for itself.
use super::*;

fn form() -> ReissueForm {
    let mut form = ReissueForm::default();
    for (field, typed) in [
        (ReissueField::UserId, "ＫＪ２７００ ０００ ００１"),
        (ReissueField::OfficeName, "ひまわり介護センター"),
        (ReissueField::Person, "山田 花子"),
        (ReissueField::Telephone, "０６（１２３４）５６７８"),
        (ReissueField::Lost, "letter"),
    ] {
        form.set(field, typed);
    }
    form
}

fn refused(field: ReissueField, typed: &str) -> Vec<(ReissueField, ReissueFieldReason)> {
    let mut form = form();
    form.set(field, typed);
    form.check(&Classes::default()).unwrap_err()
}

#[test]
fn a_filled_in_form_becomes_an_application() {
    let read = form().check(&Classes::default()).unwrap();
    assert_eq!((read.user_id.as_str(), read.folded), ("KJ2700000001", true));
    assert_eq!(read.telephone, "06-1234-5678");
    assert_eq!((read.mail_address, read.detail), (None, None));
    assert_eq!(read.lost, Lost::Letter);
}

#[test]
fn an_empty_form_names_every_required_field_in_order() {
    let errors = ReissueForm::default()
        .check(&Classes::default())
        .unwrap_err();
    let named: Vec<_> = errors.iter().map(|(field, _)| field.name()).collect();
    assert_eq!(
        named,
        ["user_id", "office_name", "person", "telephone", "lost"]
    );
    assert!(
        errors
            .iter()
            .all(|(_, reason)| *reason == ReissueFieldReason::Empty)
    );
}

#[test]
fn each_wrong_field_is_named_alone() {
    use ReissueField as F;
    for (field, typed) in [
        (F::UserId, "KJ27"),
        (F::UserId, "AB2700000001"),
        (F::OfficeName, "ひまわり\u{202E}"),
        (F::OfficeName, "=1+1"),
        (F::Person, "山田\u{0}"),
        (F::Person, "　"),
        (F::Telephone, "1234-5678"),
        (F::Telephone, "06-1234-5678 内線 3"),
        (F::Telephone, "+81612345678"),
        (F::MailAddress, "office＠example.jp"),
        (F::MailAddress, "a@b"),
        (F::Lost, "everything"),
        (F::Detail, "一行目\n二\u{202E}行目"),
    ] {
        let errors = refused(field, typed);
        let named: Vec<_> = errors.iter().map(|(field, _)| *field).collect();
        assert_eq!(named, [field], "{typed:?}");
    }
    assert_eq!(refused(F::OfficeName, &"字".repeat(65)).len(), 1);
    assert_eq!(refused(F::Detail, &"字".repeat(201)).len(), 1);
}

#[test]
fn something_else_has_to_be_said() {
    let errors = refused(ReissueField::Lost, "other");
    assert_eq!(errors, [(ReissueField::Detail, ReissueFieldReason::Empty)]);
}

#[test]
fn telephone_numbers_are_read_as_people_write_them() {
    let read = |typed| telephone::parse(typed);
    assert_eq!(read("0612345678").as_deref(), Ok("0612345678"));
    assert_eq!(read("090ー1234ー5678").as_deref(), Ok("090-1234-5678"));
    assert_eq!(read("(06)1234-5678").as_deref(), Ok("06-1234-5678"));
    assert_eq!(read("9012345678"), Err(TelephoneError::Digits));
    assert_eq!(
        telephone::parse(&"0".repeat(200)),
        Err(TelephoneError::Digits)
    );
    assert_eq!(read("06-1234-567a"), Err(TelephoneError::Characters));
}
