//! Where the issuance password must not be: anywhere but on the letter and in the result of the demo.

use inkan_tests::secret::{Secrets, files_below};
use inkan_tests::walkthrough::Walkthrough;
use std::path::Path;

pub(super) fn judge(walk: &Walkthrough) {
    let secret = walk.word("issuance_password");
    let secrets = Secrets::new().word("the issuance password", secret);
    let allowed = [walk.file("letter"), walk.folder().join("result.json")];
    let looked_into = secrets.are_not_below(walk.folder().path(), &allowed);
    assert!(
        looked_into > 5,
        "the walkthrough should leave files behind: {looked_into}"
    );
    for file in files_below(walk.folder().path()) {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let key = b"BEGIN PRIVATE KEY";
        assert!(
            !bytes.windows(key.len()).any(|window| window == key) || is_the_sites_own(&file),
            "{} holds a bare key",
            file.display()
        );
    }
    for (table, bytes) in walk.database.dump() {
        secrets.are_not_in(&table, &bytes);
    }
    the_database_holds_hashes(walk);
}

/// The site's TLS key has to be readable by the web server.
fn is_the_sites_own(file: &Path) -> bool {
    file.to_string_lossy().contains("/tls/")
}

fn the_database_holds_hashes(walk: &Walkthrough) {
    let hashes = walk.database.connect().lines(
        "SELECT login_password_hash AS line FROM account WHERE login_password_hash IS NOT NULL",
    );
    assert!(!hashes.is_empty(), "an account with a password");
    assert!(
        hashes.iter().all(|hash| hash.starts_with("$argon2id$")),
        "{hashes:?}"
    );
}
