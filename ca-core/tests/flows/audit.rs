//! The audit chain finds every kind of tampering, and names the first bad entry.
use ca_core::flow::verify_audit::{AuditVerdict, verify_audit};

use crate::world::{World, on_both};

fn broken_at(world: &World) -> i64 {
    match verify_audit(&world.store).unwrap() {
        AuditVerdict::Broken { sequence, .. } => sequence,
        AuditVerdict::Whole { entries, .. } => panic!("{entries} entries, and none found bad"),
    }
}

on_both!(a_whole_chain_is_whole, world => {
    world.pending("2700000001");
    let verdict = verify_audit(&world.store).unwrap();
    assert!(matches!(verdict, AuditVerdict::Whole { entries, .. } if entries == world.acts().len() as i64));
});

on_both!(an_edit_is_found, world => {
    world.pending("2700000001");
    world.sql("UPDATE audit SET actor = 'staff:nobody' WHERE sequence = 3");
    assert_eq!(broken_at(&world), 3);
});

on_both!(a_deletion_is_found, world => {
    world.pending("2700000001");
    world.sql("DELETE FROM audit WHERE sequence = 2");
    assert_eq!(broken_at(&world), 2);
});

on_both!(a_cut_at_the_end_is_found, world => {
    world.pending("2700000001");
    let last = world.acts().len() as i64;
    world.sql(&format!("DELETE FROM audit WHERE sequence > {}", last - 2));
    assert_eq!(broken_at(&world), last - 1);
});

on_both!(a_reordering_is_found, world => {
    world.pending("2700000001");
    world.sql("UPDATE audit SET sequence = -1 WHERE sequence = 2; \
               UPDATE audit SET sequence = 2 WHERE sequence = 3; \
               UPDATE audit SET sequence = 3 WHERE sequence = -1");
    assert_eq!(broken_at(&world), 2);
});

on_both!(an_insertion_is_found, world => {
    world.pending("2700000001");
    let last = world.acts().len();
    world.sql(&format!(
        "INSERT INTO audit SELECT {}, at, actor, act, object, detail, hash, hash FROM audit WHERE sequence = {last}; \
         UPDATE audit_head SET sequence = {}",
        last + 1, last + 1
    ));
    assert_eq!(broken_at(&world), last as i64 + 1);
});
