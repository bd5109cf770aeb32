//! The next step for a role that PostgreSQL refuses.
use diesel::result::Error;

/// How PostgreSQL says that a role lacks a right, in English and in Japanese; the driver hands on no SQLSTATE.
const WORDS: [&str; 3] = [
    "permission denied for",
    "must be owner of",
    "アクセスが拒否されました",
];

/// What to do when a role lacks a right; empty for every other error.
pub(super) fn advice(error: &Error) -> &'static str {
    match error {
        Error::DatabaseError(_, facts) if lacks_a_right(facts.message()) => {
            "; the role of [database] url lacks a right: run `ca-cli database roles` as the database's owner, \
             after every restore too, or log in as the owner for what only the owner may do"
        }
        _ => "",
    }
}

fn lacks_a_right(said: &str) -> bool {
    let is_hidden = said.starts_with("relation ") && said.ends_with("does not exist");
    // A schema that a role may not use hides its tables; whether they are there was seen before anything is asked.
    is_hidden || WORDS.iter().any(|words| said.contains(words))
}

#[cfg(test)]
mod tests {
    use diesel::result::DatabaseErrorKind;

    use super::*;

    fn refused(said: &str) -> String {
        let error = Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(said.to_owned()));
        crate::store::StoreError::from(error).to_string()
    }

    #[test]
    fn a_role_without_a_right_is_led_to_database_roles_in_either_language() {
        for said in [
            "permission denied for table account",
            "permission denied for schema public",
            "must be owner of table account",
            "relation \"account\" does not exist",
            "テーブルaccountへのアクセスが拒否されました",
        ] {
            let text = refused(said);
            assert!(
                text.contains(said) && text.contains("ca-cli database roles"),
                "{text}"
            );
        }
        assert!(!refused("disk full").contains("roles"));
    }
}
