//! Real input: accounts from files, several at once.

use inkan_tests::database::Engine;
use inkan_tests::folder::Folder;
use inkan_tests::letter::letters;
use inkan_tests::pkcs12::{READERS, open};
use inkan_tests::service::csv;
use inkan_tests::walkthrough::Walkthrough;

#[test]
fn three_accounts_of_a_file_are_issued() {
    let input = Folder::new("accounts");
    let file = input.write(
        "accounts.csv",
        csv(&[
            "KJ2700000011,髙橋訪問介護﨑ステーション,000-0001,見本県見本市桜木町１丁目１番１号,,,,taka@example.jp".into(),
            "HJ2700000012,社会福祉法人「あおぞら」,000-0002,見本県見本市青空２－３,ビル①,,山田 太郎,".into(),
            "HD2700000013,代理人 鈴木,000-0003,見本県見本市３,,,,suzuki@example.jp".into(),
        ]),
    );
    let walk = Walkthrough::play(
        Engine::Sqlite,
        &["--count", "3", "--accounts", &file.display().to_string()],
    );
    let mut sql = walk.database.connect();
    assert_eq!(
        sql.count("certificate WHERE purpose = 'client' AND download_count > 0"),
        3
    );
    assert_eq!(
        sql.count("outbox WHERE state = 'sent'"),
        2,
        "one of the three has no mail address"
    );
    let names = sql.lines("SELECT name AS line FROM account ORDER BY user_id DESC");
    assert_eq!(
        names,
        [
            "髙橋訪問介護﨑ステーション",
            "社会福祉法人「あおぞら」",
            "代理人 鈴木"
        ]
    );
    for letter in letters(&walk.file("letter")) {
        let p12 = walk
            .folder()
            .join(&format!("download/Cert{}.p12", letter.user_id));
        for reader in READERS {
            open(reader, &p12, &letter.issuance_password)
                .unwrap_or_else(|said| panic!("{reader:?}: {said}"));
        }
    }
}

#[test]
fn a_bad_file_stops_the_walkthrough_before_anything_is_issued() {
    let input = Folder::new("accounts");
    let file = input.write(
        "accounts.csv",
        csv(&["XX2700000011,名前,000-0001,住所,,,,".into()]),
    );
    let folder = Folder::new("walkthrough");
    let database = inkan_tests::database::Database::new(Engine::Sqlite);
    let file = file.display().to_string();
    let mut command = inkan_tests::walkthrough::command(&folder, &database, &["--accounts", &file]);
    inkan_tests::program::run(&mut command).refused(&["line 2, user_id"]);
    assert!(
        !folder.join("result.json").exists(),
        "no result of a journey that was not made"
    );
}
