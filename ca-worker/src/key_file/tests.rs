//! Key files keep their secret, refuse the wrong passphrase, and are never overwritten.
use std::fs;
use std::os::unix::fs::PermissionsExt;

use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::random::OsRandom;

use super::*;
use crate::signer::KeyPair;

fn passphrase(text: &str) -> SecretString {
    SecretString::from(text)
}

fn written() -> (tempfile::TempDir, PathBuf, KeyPair) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.key");
    let pair = KeyPair::generate(KeyAlgorithm::P384).unwrap();
    write(
        &path,
        pair.private(),
        &passphrase("correct horse battery"),
        &OsRandom,
    )
    .unwrap();
    (folder, path, pair)
}

#[test]
fn goes_round_and_keeps_its_secret() {
    let (_folder, path, pair) = written();
    let again = read(&path, &passphrase("correct horse battery")).unwrap();
    assert!(again.public_eq(pair.private()));
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let text = fs::read(&path).unwrap();
    let wrapped = pbes2::from_pem(&text).unwrap();
    let plain = pair.to_pkcs8().unwrap();
    assert!(
        !wrapped
            .windows(32)
            .any(|window| plain.windows(32).any(|secret| secret == window))
    );
    assert!(
        text.split(|byte| *byte == b'\n')
            .all(|line| line.len() <= 64)
    );
}

#[test]
fn openssls_own_pem_reader_opens_it() {
    let (_folder, path, pair) = written();
    let pem = fs::read(path).unwrap();
    let again = PKey::private_key_from_pem_passphrase(&pem, b"correct horse battery").unwrap();
    assert!(again.public_eq(pair.private()));
}

#[test]
fn refusals_say_what_is_wrong_and_what_to_do() {
    let (folder, path, pair) = written();
    let right = passphrase("correct horse battery");
    let wrong = read(&path, &passphrase("incorrect horse battery")).unwrap_err();
    assert!(matches!(wrong, KeyFileError::WrongPassphrase(_)));
    assert!(
        wrong.to_string().contains("authority.passphrase_file"),
        "{wrong}"
    );
    assert!(!wrong.to_string().contains("horse"));

    let missing = read(&folder.path().join("none.key"), &right).unwrap_err();
    assert!(missing.to_string().contains("from the backup"), "{missing}");

    let before = fs::read(&path).unwrap();
    let again = write(&path, pair.private(), &right, &OsRandom).unwrap_err();
    assert!(matches!(again, KeyFileError::Exists(_)));
    assert_eq!(fs::read(&path).unwrap(), before);

    let short = write(
        &folder.path().join("b.key"),
        pair.private(),
        &passphrase("short"),
        &OsRandom,
    );
    assert!(matches!(short, Err(KeyFileError::ShortPassphrase(5))));
    assert!(!folder.path().join("b.key").exists());

    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let open = read(&path, &right).unwrap_err().to_string();
    assert!(
        open.contains("mode 640") && open.contains("chmod 600"),
        "{open}"
    );
}

#[test]
fn damaged_and_unprotected_files_are_told_apart_from_a_wrong_passphrase() {
    let (folder, _, pair) = written();
    let right = passphrase("correct horse battery");
    let place = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        private_file::create(&path, bytes, 0o600).unwrap();
        read(&path, &right).unwrap_err()
    };
    assert!(matches!(place("a", b"rubbish"), KeyFileError::Damaged(..)));
    assert!(matches!(place("b", &[0xff; 10]), KeyFileError::Damaged(..)));
    let bare = pair.private().private_key_to_pem_pkcs8().unwrap();
    assert!(matches!(place("c", &bare), KeyFileError::Unprotected(_)));
}
