//! What checkpoints show of a chain, and of each other.
use super::*;

fn seen(entries: i64, previous: Option<&Seen>) -> Seen {
    let checkpoint = Checkpoint {
        version: VERSION,
        host: "ca.example.jp".into(),
        machine: "ca1".into(),
        at: DateTime::from_timestamp(1_700_000_000 + entries, 0).unwrap(),
        entries,
        head: format!("hash {entries}"),
        previous: previous.map(|seen| seen.sha256.clone()),
    };
    Seen {
        file: checkpoint.file_name(),
        sha256: format!("file {entries}"),
        checkpoint,
        is_filed: true,
    }
}

fn none() -> BTreeSet<String> {
    BTreeSet::new()
}

fn three() -> Vec<Seen> {
    let first = seen(10, None);
    let second = seen(20, Some(&first));
    let third = seen(30, Some(&second));
    vec![first, second, third]
}

fn chain(entries: i64) -> Chain {
    let named = three().into_iter().map(|seen| Named {
        sequence: seen.checkpoint.entries + 1,
        file: seen.file,
        sha256: seen.sha256,
    });
    Chain {
        entries,
        is_whole: true,
        hashes: [10, 20, 30]
            .into_iter()
            .filter(|place| *place <= entries)
            .map(|place| (place, format!("hash {place}")))
            .collect(),
        named: named.filter(|named| named.sequence <= entries).collect(),
    }
}

#[test]
fn what_fits_is_no_finding() {
    assert_eq!(compare(&chain(40), &three(), &none()), []);
    assert_eq!(
        compare(&chain(40), &[], &none()),
        [],
        "another machine's folder"
    );
}

#[test]
fn a_cut_chain_is_measured_by_the_checkpoint_that_saw_most() {
    let findings = compare(&chain(25), &three(), &none());
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].entry(), Some(26));
    let said = findings[0].to_string();
    assert!(
        said.contains("saw 30 entries, the database has 25"),
        "{said}"
    );
}

#[test]
fn a_rewritten_chain_is_bounded_by_the_checkpoints_around_the_first_change() {
    let mut changed = chain(40);
    for place in [20, 30] {
        changed.hashes.insert(place, "another".into());
    }
    let findings = compare(&changed, &three(), &none());
    let [Finding::Rewritten { from, to, file, .. }] = findings.as_slice() else {
        panic!("{findings:?}");
    };
    assert_eq!((*from, *to), (11, 20));
    assert_eq!(file, "000000000020-ca1.p7s");
}

#[test]
fn files_that_are_gone_swapped_or_renamed_are_named() {
    let mut files = three();
    files.remove(1);
    let said = |files: &[Seen]| -> Vec<String> {
        let findings = compare(&chain(40), files, &none());
        findings.iter().map(ToString::to_string).collect()
    };
    let gone = said(&files);
    assert_eq!(gone.len(), 2, "{gone:?}");
    assert!(
        gone[0].contains("000000000030-ca1.p7s follows one"),
        "{gone:?}"
    );
    assert!(
        gone[1].contains("entry 21 names checkpoint 000000000020-ca1.p7s"),
        "{gone:?}"
    );
    let mut files = three();
    files[2].sha256 = "another file".into();
    let swapped = said(&files);
    assert_eq!(swapped.len(), 1, "{swapped:?}");
    assert!(
        swapped[0].contains("another file than entry 31 names"),
        "{swapped:?}"
    );
    let mut files = three();
    files[0].file = "000000000011-ca1.p7s".into();
    assert!(said(&files)[0].contains("says of itself"), "{files:?}");
}

#[test]
fn a_file_that_was_given_by_itself_answers_for_the_chain_alone() {
    let mut alone = seen(30, Some(&seen(20, None)));
    alone.is_filed = false;
    alone.file = "mail.eml".into();
    assert_eq!(
        compare(&chain(40), std::slice::from_ref(&alone), &none()),
        []
    );
    assert_eq!(compare(&chain(5), &[alone], &none())[0].entry(), Some(6));
}

#[test]
fn names_of_files_are_told_from_others() {
    assert_eq!(machine_of("000000000030-ca-1.p7s"), Some("ca-1"));
    for other in [
        "30-ca1.p7s",
        "000000000030-.p7s",
        "000000000030-ca1.p7s.7.part",
        "x.p7s",
    ] {
        assert_eq!(machine_of(other), None, "{other}");
    }
}

#[test]
fn a_file_that_could_not_be_opened_is_neither_missing_nor_does_its_follower_hang_in_the_air() {
    let mut files = three();
    let unopened: BTreeSet<String> = [files.remove(1).file].into();
    assert_eq!(compare(&chain(40), &files, &unopened), []);
    let others = ["000000000020-ca2.p7s".to_owned()].into();
    assert_eq!(
        compare(&chain(40), &files, &others).len(),
        2,
        "another machine's"
    );
    files.remove(0);
    let first = BTreeSet::from(["000000000010-ca1.p7s".to_owned()]);
    let said = compare(&chain(40), &files, &first);
    let [Finding::Missing { file, .. }] = said.as_slice() else {
        panic!("{said:?}");
    };
    assert_eq!(file, "000000000020-ca1.p7s");
}

#[test]
fn the_gravest_finding_is_that_something_does_not_fit() {
    let file = || "x".to_owned();
    let mut kinds = [
        Finding::Missing {
            sequence: 1,
            file: file(),
        }
        .kind(),
        Finding::Unreadable {
            file: file(),
            reason: file(),
        }
        .kind(),
        Finding::Unsound {
            file: file(),
            reason: file(),
        }
        .kind(),
    ];
    kinds.sort_unstable();
    let words = kinds.map(FindingKind::as_str);
    assert_eq!(words, ["unreadable", "unsound", "does-not-fit"]);
}
