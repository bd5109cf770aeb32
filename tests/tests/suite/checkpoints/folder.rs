//! What happens to the folder: full, gone, a file taken out, swapped or cut; a crash between the file and its entry.

use super::Place;
use ca_worker::run::run_once;
use inkan_tests::database::Engine;
use inkan_tests::program;
use inkan_tests::service::Service;
use inkan_tests::small_disk::{SmallDisk, with_own_disks};

#[test]
fn a_folder_that_is_full_pauses_signing_and_it_goes_on_by_itself() {
    with_own_disks(
        "checkpoints::folder::a_folder_that_is_full_pauses_signing_and_it_goes_on_by_itself",
        || {
            let place = Place::new(Engine::Sqlite);
            let desk = &place.foundry.desk;
            let disk = SmallDisk::mount(&place.foundry.checkpoint_folder(), "64k");
            assert_eq!(run_once(&place.worker).troubles, [""; 0]);
            disk.fill();
            let early = desk.approved(1);
            assert_eq!(run_once(&place.worker).troubles, [""; 0]);
            assert_eq!(desk.state(&early).as_str(), "issued", "none is due yet");
            let late = desk.approved(2);
            let said = place.later().troubles.join("; ");
            assert!(
                said.contains("No space left") && said.contains("checkpoint"),
                "{said}"
            );
            assert_eq!(desk.state(&late).as_str(), "approved");
            let mut sql = place.foundry.database.connect();
            assert_eq!(
                sql.count("request WHERE state = 'approved' AND attempts > 0"),
                0
            );
            let told = "worker_status WHERE state = 'trouble' AND detail LIKE '%No space left%'";
            assert_eq!(sql.count(told), 1, "operators see it");
            assert_eq!(place.files().len(), 1, "half a checkpoint is left");
            disk.free();
            assert_eq!(run_once(&place.worker).troubles, [""; 0]);
            assert_eq!(desk.state(&late).as_str(), "issued");
            assert_eq!(place.files().len(), 2);
            assert_eq!(place.found(), []);
        },
    );
}

#[test]
fn a_folder_that_is_gone_is_waited_for_and_never_made_anew_in_silence() {
    let place = Place::new(Engine::Sqlite);
    run_once(&place.worker);
    let folder = place.foundry.checkpoint_folder();
    let aside = folder.with_extension("unmounted");
    std::fs::rename(&folder, &aside).expect("to move it");
    let request = place.foundry.desk.approved(1);
    let said = place.later().troubles.join("; ");
    assert!(
        said.contains("is gone") && said.contains("docs/audit.md"),
        "{said}"
    );
    assert!(!folder.exists());
    assert_eq!(place.foundry.desk.state(&request).as_str(), "approved");
    let unseen = place.verify(&[]).ok().out;
    assert!(
        unseen.contains("No checkpoint was held against it"),
        "{unseen}"
    );
    std::fs::rename(&aside, &folder).expect("to move it back");
    assert_eq!(place.later().troubles, [""; 0]);
    assert_eq!(place.foundry.desk.state(&request).as_str(), "issued");
}

#[test]
fn a_file_that_is_gone_cut_or_swapped_is_named() {
    let mut place = Place::new(Engine::Sqlite);
    run_once(&place.worker);
    for _ in 0..2 {
        place.entries(3);
        place.later();
    }
    assert_eq!(place.found(), []);
    let files = place.files();
    let [first, second, third] = [0, 1, 2].map(|index| place.path(&files[index]));
    let kept = std::fs::read(&second).expect("a checkpoint");

    std::fs::remove_file(&second).expect("to take it out");
    let said: Vec<String> = place.found().into_iter().map(|(said, _)| said).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains(&files[2]) && said[0].contains("follows one"),
        "{said:?}"
    );
    assert!(
        said[1].contains(&files[1]) && said[1].contains("does not hold it"),
        "{said:?}"
    );

    std::fs::write(&second, &kept[..kept.len() - 9]).expect("to cut it");
    let said = place.found().remove(place.found().len() - 1).0;
    assert!(
        said.contains(&files[1]) && said.contains("was damaged"),
        "{said}"
    );

    std::fs::copy(&first, &second).expect("to swap it");
    let said = format!("{:?}", place.found());
    assert!(said.contains("says of itself that it is"), "{said}");
    std::fs::write(&second, &kept).expect("to put it back");
    assert_eq!(place.found(), []);

    // The last one is what the worker holds the chain against.
    std::fs::write(&third, &kept[..40]).expect("to damage it");
    let said = place.later().troubles.join("; ");
    assert!(
        said.contains(&files[2]) && said.contains("put back from a copy"),
        "{said}"
    );
}

fn a_crash(engine: Engine) {
    let service = Service::set_up(engine);
    let mut dying = service.worker_command();
    let answer = program::run(dying.env("FAILPOINTS", "checkpoint.before=1*return(abort)"));
    assert_ne!(answer.status, Some(0), "{answer:?}");
    let files = || {
        let folder = service.folder().join("data/checkpoints");
        let files = std::fs::read_dir(folder).expect("the folder");
        files.count()
    };
    let mut sql = service.database.connect();
    let entries = "audit WHERE act = 'audit.checkpoint'";
    assert_eq!((files(), sql.count(entries)), (1, 0));
    service.work_once().ok();
    assert_eq!(
        (files(), sql.count(entries)),
        (1, 1),
        "told, not made again"
    );
    service.work_once().ok();
    assert_eq!((files(), sql.count(entries)), (1, 1));
    service.cli(&["audit", "verify"]).ok();
    let said = service.cli(&["audit", "check"]).ok().out;
    assert!(said.contains(", 1 checkpoints"), "{said}");
    let folder = service.folder().join("data/checkpoints");
    let file = std::fs::read_dir(folder).expect("the folder").next();
    let file = file.expect("a checkpoint").expect("a file").path();
    std::fs::write(file, "x").expect("to damage it");
    let said = service.cli(&["audit", "check"]).out;
    assert!(
        said.contains("checkpoint ") && said.contains("was damaged"),
        "{said}"
    );
}

#[test]
fn a_crash_between_a_checkpoint_and_its_entry_is_mended_on_sqlite() {
    a_crash(Engine::Sqlite);
}

#[test]
fn a_crash_between_a_checkpoint_and_its_entry_is_mended_on_postgres() {
    a_crash(Engine::Postgres);
}
