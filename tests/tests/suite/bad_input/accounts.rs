//! Files of accounts as people really have them, and as they should not.

use inkan_tests::database::Engine;
use inkan_tests::program::tool;
use inkan_tests::service::{HEAD, Service, csv, row};

fn register() -> Service {
    let service = Service::configured(Engine::Sqlite, "");
    service.cli(&["database", "migrate"]).ok();
    service
}

/// How many accounts there are.
fn accounts(service: &Service) -> i64 {
    service.database.connect().count("account")
}

fn import_bytes(service: &Service, bytes: &[u8]) -> inkan_tests::program::Answer {
    let file = service
        .folder()
        .write("given.csv", bytes)
        .display()
        .to_string();
    service.cli(&["account", "import", &file])
}

#[test]
fn a_file_as_japanese_excel_writes_it_keeps_every_name() {
    let names = "株式会社髙橋①﨑㈱ケア";
    let text = csv(&[format!(
        "KJ2700000001,{names},000-0001,見本県見本市１丁目,,,,taka@example.jp"
    )]);
    let with_mark = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    for (kind, bytes) in [
        ("UTF-8 with a mark", with_mark.into_bytes()),
        ("CP932", cp932(&text)),
    ] {
        let service = register();
        import_bytes(&service, &bytes).ok();
        let shown = service
            .cli(&["account", "show", "KJ2700000001", "--json"])
            .ok()
            .out;
        let account: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!(account["name"], names, "{kind}");
        assert_eq!(account["address"][0], "見本県見本市１丁目", "{kind}");
    }
}

/// The bytes of a file that an older Excel saves, made by the C library.
fn cp932(text: &str) -> Vec<u8> {
    let folder = inkan_tests::folder::Folder::new("cp932");
    let from = folder
        .write("utf8", text.replace('\n', "\r\n"))
        .display()
        .to_string();
    let to = folder.join("cp932").display().to_string();
    tool("iconv", ["-f", "UTF-8", "-t", "CP932", "-o", &to, &from]).ok();
    std::fs::read(to).expect("the converted file")
}

#[test]
fn every_bad_line_is_named_and_nothing_is_kept() {
    let service = register();
    let text = csv(&[
        row("KJ2700000001"),
        row("XX2700000002"),
        row("KJ27000003"),
        "KJ2700000004,,000-0001,住所,,,,".into(),
        "KJ2700000005,名前,0000001x,住所,,,,a@b".into(),
        row("KJ2700000001"),
        "KJ2700000007,悪\u{202e}い名前,000-0001,住所,,,,".into(),
        format!("KJ2700000008,{},000-0001,住所,,,,", "長".repeat(500)),
        "KJ2700000009,\"二行の\n名前\",000-0001,住所,,,,".into(),
    ]);
    let answer = service.import(&text).refused(&[
        "line 3, user_id",
        "line 4, user_id",
        "line 5, name",
        "line 6, postal_code",
        "line 6, mail_address",
        "line 7",
        "line 8, name",
        "line 9, name",
        "line 10: cell 2",
        "行目",
    ]);
    assert!(
        !answer.err.contains("  line 2"),
        "the good line is not blamed:\n{}",
        answer.err
    );
    assert!(
        !answer.err.contains('\u{202e}'),
        "what was refused is not printed as it is"
    );
    assert_eq!(accounts(&service), 0, "nothing half imported");
    assert_eq!(service.database.connect().count("audit"), 0);
}

#[test]
fn a_rehearsal_keeps_nothing_and_a_second_run_changes_nothing() {
    let service = register();
    let file = service.folder().write(
        "accounts.csv",
        csv(&[row("KJ2700000001"), row("HD2700000002")]),
    );
    let file = file.display().to_string();
    service.cli(&["account", "import", &file, "--dry-run"]).ok();
    assert_eq!(accounts(&service), 0);
    service.cli(&["account", "import", &file]).ok();
    let before = service
        .database
        .connect()
        .lines("SELECT user_id || updated_at AS line FROM account ORDER BY 1");
    let again = service
        .cli(&["account", "import", &file, "--json"])
        .ok()
        .out;
    let report: serde_json::Value = serde_json::from_str(&again).expect("JSON");
    assert_eq!(
        report["unchanged"].as_array().map(Vec::len),
        Some(2),
        "{again}"
    );
    let after = service
        .database
        .connect()
        .lines("SELECT user_id || updated_at AS line FROM account ORDER BY 1");
    assert_eq!(before, after);
    assert_eq!(
        service
            .database
            .connect()
            .count("audit WHERE act = 'account.register'"),
        2
    );
}

#[test]
fn files_that_are_something_else_are_refused_by_what_they_are() {
    let service = register();
    let utf16: Vec<u8> = format!("\u{feff}{HEAD}\n")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let cases: [(&[u8], &str); 6] = [
        (b"", ""),
        (HEAD.as_bytes(), ""),
        (&utf16, "CSV UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\x0d", ""),
        (b"name,mail\nx,y\n", "column"),
        (
            b"user_id,name,postal_code,address1,favourite_colour\n",
            "favourite_colour",
        ),
    ];
    for (bytes, word) in cases {
        import_bytes(&service, bytes).refused(&[word]);
        assert_eq!(accounts(&service), 0);
    }
    service
        .cli(&["account", "import", "/nonexistent.csv"])
        .refused(&["/nonexistent.csv", "cannot read"]);
}

#[test]
fn what_a_spreadsheet_would_run_is_defused() {
    let service = register();
    for start in ["=", "+", "-", "@", "＝", "\t="] {
        let line = format!("KJ2700000001,{start}cmd|' /C calc'!A0,000-0001,住所,,,,");
        service.import(&csv(&[line])).refused(&["line 2, name"]);
    }
    assert_eq!(accounts(&service), 0);
}
