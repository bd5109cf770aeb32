//! A run of invented letters: `ca-cli letter specimen` shows a template's author what comes out.

use ca_core::domain::thumbprint::Thumbprint;
use ca_core::domain::user_id::{Classes, UserId};
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{Addressee, Contact, LetterText, RunText, Sender};

/// A run of `printed_at` by an invented sender.
#[must_use]
pub fn specimen_run(printed_at: DateTime<Utc>) -> RunText {
    RunText {
        printed_at,
        sender: Sender {
            name: "見本県介護給付審査連合会".to_owned(),
            name_en: "Specimen Prefectural Review Federation".to_owned(),
            postal_code: "000-0000".to_owned(),
            address: vec!["見本県見本市中央一丁目２番３号".to_owned()],
        },
        contact: Contact {
            japanese: "電子証明書ヘルプデスク 0570-000-000（平日 9:00～17:00）".to_owned(),
            english: "Help desk 0570-000-000 (weekdays 9:00-17:00 JST)".to_owned(),
        },
        site_address: "https://ca.example.jp/".to_owned(),
        thumbprint: Thumbprint::of_der(b"specimen"),
        older_thumbprint: None,
        valid_until: None,
    }
}

/// An ordinary letter and one about as long as the window takes.
#[must_use]
pub fn specimen_letters() -> Vec<LetterText> {
    [
        letter(
            "2026-000001",
            "KJ2700000001",
            ordinary(),
            ["k7mpr3xtw9fh", "h4bncy8btgkx3wfj"],
        ),
        letter(
            "2026-000002",
            "HD2700000002",
            crowded(),
            ["w8gxj4dmr6nh", "m65tbr2kyc7jhb9p"],
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn letter(
    number: &str,
    user_id: &str,
    addressee: Addressee,
    passwords: [&str; 2],
) -> Option<LetterText> {
    let user_id = UserId::try_from(user_id.to_owned()).ok()?;
    let class = Classes::default().class_of(&user_id).ok()?.clone();
    let [login_password, issuance_password] = passwords.map(SecretString::from);
    Some(LetterText {
        number: number.to_owned(),
        user_id,
        class,
        addressee,
        login_password,
        issuance_password,
    })
}

fn ordinary() -> Addressee {
    Addressee {
        postal_code: "000-0001".to_owned(),
        address: vec![
            "見本県見本市桜木町１丁目１番１号".to_owned(),
            "さくらビル３階".to_owned(),
        ],
        name: "さくら訪問介護ステーション".to_owned(),
        recipient: None,
    }
}

fn crowded() -> Addressee {
    Addressee {
        postal_code: "000-0002".to_owned(),
        address: vec![
            "見本県北見本郡大字見本村字上見本一万二千三百四十五番地の六十七".to_owned(),
            "見本総合福祉センター別館 第二コミュニティプラザ１２階１２０３号室".to_owned(),
        ],
        name:
            "社会福祉法人見本県障害者総合支援事業団 特別養護老人ホーム見本の里 居宅介護支援事業所"
                .to_owned(),
        recipient: Some("請求事務ご担当 見本 太郎".to_owned()),
    }
}
