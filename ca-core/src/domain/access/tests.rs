//! The matrix cell by cell, against the table of J9 as it is printed, and as a text to be reviewed.

use super::*;
use crate::domain::user_id::Classes;
use Standing::{Agent, AgentForOffice, Office, OfficeWithAgent};

fn built_in() -> AccessMatrix {
    AccessMatrix::from_toml(BUILT_IN, &Classes::default()).unwrap()
}

fn id(text: &str) -> UserId {
    UserId::parse(text, &Classes::default()).unwrap().user_id
}

fn whom(text: &str, community_support: bool, agent: Option<&str>) -> ForWhom {
    ForWhom {
        user_id: id(text),
        community_support,
        agent: agent.map(id),
    }
}

/// The two of a standing: who logged in, and the reference user of that class.
fn pair(standing: Standing, class: &str, community_support: bool) -> (Who, ForWhom) {
    let office = format!("{class}2700000001");
    let agent = "HD2700000009";
    let (who, whom) = match standing {
        Agent => (agent, whom(agent, community_support, None)),
        AgentForOffice => (agent, whom(&office, community_support, Some(agent))),
        OfficeWithAgent => (&*office, whom(&office, community_support, Some(agent))),
        Office => (&*office, whom(&office, community_support, None)),
    };
    let kind = match standing {
        Agent | AgentForOffice => ClassKind::Agent,
        _ => ClassKind::Applicant,
    };
    let user_id = id(who);
    (Who { user_id, kind }, whom)
}

/// What a cell of the printed table means.
#[derive(Clone, Copy, PartialEq)]
enum Cell {
    /// `–`
    Nothing,
    /// `own`, `the office's`
    All,
    /// `…, no X`
    But(&'static str),
    /// `if community-support`
    IfSupport,
    /// `same condition, no X`
    IfSupportBut(&'static str),
    /// `the office's (care); disability: refers`
    CareElseRefers,
}
use Cell::{All, But, CareElseRefers, IfSupport, IfSupportBut, Nothing};

/// J9 as the manual prints it, with the row and the columns in its order.
const J9: [(&str, &[&str], [Cell; 3]); 8] = [
    ("notices", &["view", "delete"], [All, But("delete"), All]),
    (
        "results-intake",
        &["view", "upload"],
        [Nothing, IfSupport, IfSupportBut("upload")],
    ),
    (
        "claim-status",
        &["view", "request-deletion"],
        [Nothing, All, But("request-deletion")],
    ),
    (
        "returned-claims",
        &["view"],
        [Nothing, IfSupport, IfSupport],
    ),
    (
        "office-register",
        &["view"],
        [Nothing, CareElseRefers, CareElseRefers],
    ),
    ("mail-notices", &["view", "settings"], [All, Nothing, All]),
    ("password", &["view", "settings"], [All, Nothing, All]),
    ("settled-information", &["view"], [Nothing, All, All]),
];

fn meant(cell: Cell, action: &str, class: &str, support: bool) -> &'static str {
    let allowed = match cell {
        Nothing => false,
        All => true,
        But(not) => action != not,
        IfSupport => support,
        IfSupportBut(not) => support && action != not,
        CareElseRefers if class == "HJ" => return "refer",
        CareElseRefers => true,
    };
    if allowed { "allow" } else { "deny" }
}

#[test]
fn every_cell_of_j9_is_as_printed() {
    let matrix = built_in();
    let named: Vec<&str> = matrix.functions().map(|found| found.key.as_str()).collect();
    assert_eq!(named, J9.map(|(key, _, _)| key));
    let mut cells = 0;
    for (key, actions, columns) in J9 {
        assert_eq!(matrix.function(key).unwrap().actions, actions, "{key}");
        let standings = [Agent, AgentForOffice, OfficeWithAgent];
        for (standing, cell) in standings.into_iter().zip(columns) {
            for class in ["KJ", "HJ"] {
                for support in [false, true] {
                    for action in actions {
                        let (who, whom) = pair(standing, class, support);
                        let said = decide(&matrix, &who, &whom, key, action).as_str();
                        let meant = meant(cell, action, class, support);
                        assert_eq!(said, meant, "{standing} {class} {support} {key} {action}");
                        cells += 1;
                    }
                }
            }
        }
    }
    assert_eq!(cells, 13 * 3 * 4);
}

#[test]
fn an_office_without_an_agent_may_do_everything() {
    let matrix = built_in();
    for function in matrix.functions() {
        for action in &function.actions {
            for (class, support) in [("KJ", false), ("KJ", true), ("HJ", false), ("HJ", true)] {
                let (who, whom) = pair(Office, class, support);
                let said = decide(&matrix, &who, &whom, &function.key, action);
                assert_eq!(said, Decision::Allow, "{} {action} {class}", function.key);
            }
        }
    }
}

#[test]
fn without_a_standing_everything_is_denied() {
    let matrix = built_in();
    let agent = |own: &str| Who {
        user_id: id(own),
        kind: ClassKind::Agent,
    };
    let office = Who {
        user_id: id("KJ2700000002"),
        kind: ClassKind::Applicant,
    };
    let strangers = [
        (agent("HD2700000009"), whom("KJ2700000001", true, None)),
        (
            agent("HD2700000009"),
            whom("KJ2700000001", true, Some("HD2700000008")),
        ),
        (agent("HD2700000009"), whom("HD2700000008", true, None)),
        (office.clone(), whom("KJ2700000001", true, None)),
        // An office that somebody entered as an agent of another one: its class is not an agent's.
        (office, whom("KJ2700000001", true, Some("KJ2700000002"))),
    ];
    for (who, whom) in strangers {
        assert_eq!(Standing::of(&who, &whom), None);
        for function in matrix.functions() {
            for action in &function.actions {
                let said = decide(&matrix, &who, &whom, &function.key, action);
                assert_eq!(said, Decision::Deny);
            }
        }
    }
}

#[test]
fn what_the_matrix_does_not_name_is_denied() {
    let matrix = built_in();
    let (who, whom) = pair(Office, "KJ", true);
    let ask = |function: &str, action: &str| decide(&matrix, &who, &whom, function, action);
    assert_eq!(ask("notices", "view"), Decision::Allow);
    for (function, action) in [
        ("notices", "upload"),
        ("notices", ""),
        ("notices", "VIEW"),
        ("Notices", "view"),
        ("", ""),
        ("../notices", "view"),
    ] {
        assert_eq!(ask(function, action), Decision::Deny, "{function} {action}");
    }
    let none = AccessMatrix::from_toml("function = []", &Classes::default()).unwrap();
    assert_eq!(
        decide(&none, &who, &whom, "notices", "view"),
        Decision::Deny
    );
}

#[test]
fn the_matrix_written_out_is_the_file_in_config() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/access-matrix.txt");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    let now = table(&built_in(), &Classes::default());
    assert!(
        written == now,
        "look at the difference, then run: ca-cli config access-matrix > config/access-matrix.txt\n{now}"
    );
}

/// The built-in matrix with one text replaced by another.
fn refused(from: &str, to: &str) -> String {
    let changed = BUILT_IN.replacen(from, to, 1);
    assert_ne!(changed, BUILT_IN, "{from} is in the file");
    AccessMatrix::from_toml(&changed, &Classes::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn a_matrix_with_a_fault_is_refused_by_name() {
    for (from, to, named) in [
        ("outcome = \"allow\"", "outcome = \"alow\"", "alow"),
        ("outcome = \"allow\"", "outcom = \"allow\"", "outcom"),
        ("\"agent\", ", "\"agents\", ", "agents"),
        ("who = [\"office\"]", "who = []", "who"),
        ("classes = [\"KJ\"]", "classes = [\"ZZ\"]", "ZZ"),
        ("actions = [\"view\"]", "actions = [\"look\"]", "look"),
        ("\"view\", \"delete\"", "\"delete\"", "view"),
        ("key = \"claim-status\"", "key = \"notices\"", "notices"),
        (
            "key = \"claim-status\"",
            "key = \"Claim status\"",
            "Claim status",
        ),
        (
            "url = \"/portal/mail\"",
            "url = \"javascript:alert(1)\"",
            "javascript",
        ),
        (
            "url = \"/portal/mail\"",
            "url = \"//evil.example/\"",
            "//evil",
        ),
        ("outcome = \"refer\"", "outcome = \"allow\"", "refer_to"),
        ("name = \"お知らせ\"", "name = \"\"", "name"),
    ] {
        let said = refused(from, to);
        assert!(said.contains(named), "{to}: {said}");
    }
}
