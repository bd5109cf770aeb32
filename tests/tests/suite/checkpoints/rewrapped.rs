//! Mails with checkpoints that others re-wrapped: what can be read is read, what cannot be read is said so and accuses
//! nobody, and only what is read and does not fit is called tampering.

use super::Place;
use super::chain::{put, read};
use ca_worker::run::run_once;
use inkan_tests::database::Engine;
use inkan_tests::program::tool;
use std::path::{Path, PathBuf};

/// What a gateway does to a mail, by a program that is not ours.
const REWRAP: &str = r#"
import base64, email, email.policy, sys, textwrap
from email.message import EmailMessage

kind, source, target = sys.argv[1:]
raw = open(source, "rb").read()
mail = email.message_from_bytes(raw, policy=email.policy.default)
text = mail.get_content()
begin, end = "-----BEGIN CMS-----", "-----END CMS-----"
head, rest = text.split(begin)
block, tail = rest.split(end)
packed = "".join(block.split())

def written(text, cte, policy=email.policy.SMTP):
    made = EmailMessage(policy=policy)
    made["Subject"] = mail["Subject"]
    made.set_content(text, cte=cte)
    return made

def wrapped(width, between="\n"):
    lines = between.join(textwrap.wrap(packed, width))
    return f"{head}{begin}\n{lines}\n{end}{tail}"

def forwarded():
    made = EmailMessage(policy=email.policy.SMTP)
    made["Subject"] = "Fwd"
    made.set_content("見てください\n")
    made.add_attachment(mail)
    return made.as_bytes()

def with_footer():
    made = written(text, "base64")
    made.make_mixed()
    made.add_attachment("社外秘\nConfidential\n", cte="quoted-printable")
    return made.as_bytes()

def attached():
    made = EmailMessage(policy=email.policy.SMTP)
    made.set_content("付けました\n")
    made.add_attachment(base64.b64decode(packed), maintype="application", subtype="pkcs7-signature", filename="x.p7s")
    return made.as_bytes()

print_able = written(text, "quoted-printable").as_bytes()
b64 = written(text, "base64").as_bytes()
kinds = {
    "crlf": lambda: raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "quoted-printable": lambda: print_able,
    "base64": lambda: b64,
    "base64 of other lines": lambda: b64.split(b"\r\n\r\n")[0] + b"\r\n\r\n"
        + b"\r\n".join(textwrap.wrap(b"".join(b64.split(b"\r\n\r\n", 1)[1].split()).decode(), 40)[i].encode()
                       for i in range(len(textwrap.wrap(b"".join(b64.split(b"\r\n\r\n", 1)[1].split()).decode(), 40))))
        + b"\r\n\r\n-- \r\nThis mail was scanned.\r\n",
    "lines of 40": lambda: written(wrapped(40), "8bit").as_bytes(),
    "one line": lambda: written(wrapped(100000), "quoted-printable").as_bytes(),
    "blank lines": lambda: written(wrapped(64, "\n\n"), "8bit").as_bytes(),
    "footer and head": lambda: written("[外部]\nCaution\n\n" + text + "\n-- \nConfidential\n", "8bit").as_bytes(),
    "reply": lambda: "".join(f"> {line}\r\n" for line in text.splitlines()).encode(),
    "utf-16": lambda: text.encode("utf-16"),
    "multipart with footer": with_footer,
    "forwarded": forwarded,
    "attached": attached,
    "bare base64": lambda: "\r\n".join(textwrap.wrap(packed, 76)).encode(),
    "half of it": lambda: written(f"{head}{begin}\n{packed[: len(packed) // 2]}\n{end}{tail}", "8bit").as_bytes(),
    "without it": lambda: written(head + tail, "8bit").as_bytes(),
}
if kind == "list":
    print("\n".join(kinds))
else:
    open(target, "wb").write(kinds[kind]())
"#;

/// A place with a mailed checkpoint, and an empty folder to look into instead of the checkpoints'.
fn mailed() -> (Place, PathBuf, String) {
    let mut place = Place::new(Engine::Sqlite);
    place.entries(4);
    run_once(&place.worker);
    run_once(&place.worker);
    let folder = std::fs::read_dir(place.foundry.folder.join("mail")).expect("mails");
    let mut mails = folder.map(|file| file.expect("a mail").path());
    let mail = mails.find(|mail| {
        let text = std::fs::read_to_string(mail).expect("a mail");
        text.contains("BEGIN CMS")
    });
    let empty = place.foundry.folder.join("empty");
    std::fs::create_dir(&empty).expect("a folder");
    let empty = empty.display().to_string();
    (place, mail.expect("a mail with a checkpoint"), empty)
}

fn rewrap(place: &Place, kind: &str, mail: &Path) -> String {
    let target = place.foundry.folder.join("rewrapped.eml");
    let (source, target) = (mail.display().to_string(), target.display().to_string());
    tool("python3", ["-c", REWRAP, kind, &source, &target]).ok();
    target
}

fn assert_unreadable(place: &Place, empty: &str, what: &str, file: &str) {
    let answer = place.verify(&["--checkpoints", empty, "--checkpoint", file]);
    let said = format!("{}{}", answer.out, answer.err);
    for accusing in [
        "does not stand up",
        "evidence",
        "signature",
        "not the site's",
    ] {
        assert!(!said.contains(accusing), "{what}: {accusing}: {said}");
    }
    assert_eq!(answer.status, Some(1), "{what}: {said}");
    answer.refused(&[
        "cannot be read",
        file,
        "another recipient",
        "shows that the audit",
    ]);
}

#[test]
fn what_a_gateway_re_wrapped_is_read_and_what_it_broke_accuses_nobody() {
    let (place, mail, empty) = mailed();
    let kinds = tool(
        "python3",
        ["-c", REWRAP, "list", &mail.display().to_string(), ""],
    )
    .ok()
    .out;
    let kinds: Vec<&str> = kinds.lines().collect();
    assert_eq!(kinds.len(), 16, "{kinds:?}");
    for kind in &kinds {
        let file = rewrap(&place, kind, &mail);
        if matches!(*kind, "half of it" | "without it") {
            assert_unreadable(&place, &empty, kind, &file);
            continue;
        }
        let answer = place.verify(&["--checkpoints", &empty, "--checkpoint", &file]);
        assert_eq!(answer.status, Some(0), "{kind}: {answer:?}");
        assert!(
            answer.out.contains("Checkpoints: 1 looked at"),
            "{kind}: {}",
            answer.out
        );
    }
    let said = place.verify(&[
        "--checkpoints",
        &empty,
        "--checkpoint",
        &rewrap(&place, "half of it", &mail),
        "--json",
    ]);
    let said: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(said["findings"][0]["kind"], "unreadable", "{said}");

    // The same mails against a chain whose end is gone.
    let entries = read(&place.foundry.store);
    put(&mut place.foundry.database.connect(), &entries[..2]);
    for kind in ["multipart with footer", "lines of 40"] {
        let file = rewrap(&place, kind, &mail);
        let answer = place.verify(&["--checkpoints", &empty, "--checkpoint", &file]);
        answer.refused(&["the database has 2", "does not stand up", "evidence"]);
    }
}

#[test]
fn openssl_writes_a_checkpoint_in_other_forms_and_each_is_read_in_the_folder_too() {
    let (place, _, _) = mailed();
    let file = place.path(&place.files()[0]);
    let kept = std::fs::read(&file).expect("a checkpoint");
    let source = place.foundry.folder.write("kept.p7s", &kept);
    for form in ["PEM", "SMIME"] {
        let (source, target) = (source.display().to_string(), file.display().to_string());
        let command = [
            "cms", "-cmsout", "-inform", "DER", "-in", &source, "-outform", form, "-out", &target,
        ];
        tool("openssl", command).ok();
        assert_ne!(std::fs::read(&file).expect("a file"), kept, "{form}");
        assert_eq!(place.found(), [], "{form}");
        assert_eq!(
            place.later().troubles,
            [""; 0],
            "{form}: the worker goes on from it"
        );
        assert_eq!(place.found(), [], "{form}");
    }
    let appended = [&kept[..], b"\r\n"].concat();
    std::fs::write(&file, appended).expect("written");
    assert_eq!(place.found(), []);
}

#[test]
fn an_unreadable_file_in_the_folder_is_not_called_missing_and_the_worker_says_what_to_do() {
    let mut place = Place::new(Engine::Sqlite);
    run_once(&place.worker);
    for _ in 0..2 {
        place.entries(3);
        place.later();
    }
    let files = place.files();
    let kept = std::fs::read(place.path(&files[1])).expect("a checkpoint");
    std::fs::write(place.path(&files[1]), &kept[..100]).expect("cut");
    let found = place.found();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].0.contains(&files[1]) && found[0].0.contains("cannot be read"),
        "{found:?}"
    );
    std::fs::write(place.path(&files[1]), &kept).expect("put back");
    assert_eq!(place.found(), []);
    std::fs::write(place.path(&files[2]), b"nothing").expect("lost");
    let said = place.later().troubles.join("; ");
    assert!(
        said.contains("cannot be read") && said.contains("Nothing shows that the audit"),
        "{said}"
    );
    assert!(said.contains("put back from a copy"), "{said}");
}
