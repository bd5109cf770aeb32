//! The matrix written out: every (who, for whom, function, action) with its outcome, to be reviewed as text.

use std::fmt::Write;

use super::{AccessMatrix, Decision, ForWhom, Who, decide};
use crate::domain::user_id::{Class, ClassKind, Classes, UserId};

/// One case: who, for whom, and how a reader calls them.
struct Case {
    who: Who,
    for_whom: ForWhom,
    words: [String; 3],
}

/// The whole matrix as a table of text, a line a case.
#[must_use]
pub fn table(matrix: &AccessMatrix, classes: &Classes) -> String {
    let mut text = format!(
        "{:<20} {:<17} {:<8} {:<26} {:<18} outcome\n",
        "function", "action", "who", "for whom", "community-support"
    );
    let cases = cases(classes);
    for function in matrix.functions() {
        for action in &function.actions {
            text.push('\n');
            for case in &cases {
                let said = decide(matrix, &case.who, &case.for_whom, &function.key, action);
                let [who, whom, support] = &case.words;
                let key = &function.key;
                // Writing to a string cannot fail.
                let _ = write!(
                    text,
                    "{key:<20} {action:<17} {who:<8} {whom:<26} {support:<18} "
                );
                text.push_str(said.as_str());
                if let Decision::Refer(elsewhere) = said {
                    let _ = write!(text, ": {}", elsewhere.english);
                }
                text.push('\n');
            }
        }
    }
    text
}

fn cases(classes: &Classes) -> Vec<Case> {
    let of_kind = |kind| classes.iter().filter(move |class| class.kind == kind);
    let mut cases = Vec::new();
    for agent in of_kind(ClassKind::Agent) {
        let (own, other) = (member(agent, 1), member(agent, 2));
        cases.extend(case(agent, own.clone(), own.clone(), None, "itself"));
        cases.extend(case(agent, own.clone(), other, None, "another agent"));
        for office in of_kind(ClassKind::Applicant) {
            let id = member(office, 1);
            let letters = &office.letters;
            let whom = format!("{letters} that delegated to it");
            cases.extend(case(agent, own.clone(), id.clone(), own.clone(), &whom));
            let whom = format!("{letters} of another agent");
            cases.extend(case(
                agent,
                own.clone(),
                id.clone(),
                member(agent, 2),
                &whom,
            ));
            let whom = format!("{letters} without an agent");
            cases.extend(case(agent, own.clone(), id, None, &whom));
        }
    }
    let agent = of_kind(ClassKind::Agent).find_map(|agent| member(agent, 1));
    for office in of_kind(ClassKind::Applicant) {
        let own = member(office, 1);
        cases.extend(case(
            office,
            own.clone(),
            own.clone(),
            agent.clone(),
            "itself, with an agent",
        ));
        cases.extend(case(
            office,
            own.clone(),
            own.clone(),
            None,
            "itself, without an agent",
        ));
        cases.extend(case(office, own, member(office, 2), None, "another office"));
    }
    cases
}

/// The case with and without community-support services.
fn case(
    class: &Class,
    who: Option<UserId>,
    whom: Option<UserId>,
    agent: Option<UserId>,
    words: &str,
) -> Vec<Case> {
    let (Some(who), Some(whom)) = (who, whom) else {
        return Vec::new();
    };
    [false, true]
        .into_iter()
        .map(|community_support| Case {
            who: Who {
                user_id: who.clone(),
                kind: class.kind,
            },
            for_whom: ForWhom {
                user_id: whom.clone(),
                community_support,
                agent: agent.clone(),
            },
            words: [
                class.letters.clone(),
                words.to_owned(),
                if community_support { "yes" } else { "no" }.to_owned(),
            ],
        })
        .collect()
}

/// A member of a class to ask about.
fn member(class: &Class, number: u8) -> Option<UserId> {
    let only = Classes::try_from(vec![class.clone()]).ok()?;
    let read = UserId::parse(&format!("{}000000000{number}", class.letters), &only).ok()?;
    Some(read.user_id)
}
