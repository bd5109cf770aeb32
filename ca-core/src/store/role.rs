//! PostgreSQL roles: one for each program, with the verbs that it needs and no other.
//!
//! The statements are data definition, which diesel does not speak; this is the one place outside the migrations
//! where SQL is written by hand.
mod grant;
mod scram;

use std::fmt;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{Db, StoreError, StoreResult};
use grant::GRANTS;
pub use scram::verifier;

/// Who connects to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// `ca-api` for offices: pages and portal. Cannot approve, sign, revoke or read the audit.
    Web,
    /// `ca-api` for operators: everything of [`Role::Web`], decisions and revocation.
    Console,
    /// `ca-worker`: claims, certificates, lists, answers, mail.
    Worker,
    /// `ca-cli` in the hands of staff: everything but approvals and the past of the audit.
    Staff,
    /// Reads what an audit needs; no secret, no hash of a password.
    Auditor,
    /// Reads everything for an archive, and writes the audit's entry about it and nothing else.
    Backup,
}

impl Role {
    /// Every role. A role stands after those it contains.
    pub const ALL: [Self; 6] = [
        Self::Web,
        Self::Console,
        Self::Worker,
        Self::Staff,
        Self::Auditor,
        Self::Backup,
    ];

    /// Its word in names of roles and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Console => "console",
            Self::Worker => "worker",
            Self::Staff => "staff",
            Self::Auditor => "auditor",
            Self::Backup => "backup",
        }
    }
}

/// What the roles of one installation begin with, `inkan` in `inkan_web`. A PostgreSQL server may serve several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

/// A prefix that cannot be part of a role's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a prefix is 1 to 48 small letters, digits and underscores and begins with a letter")]
pub struct PrefixError;

impl std::str::FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        if begins && text.len() <= 48 && text.chars().all(rest) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PrefixError)
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Prefix {
    /// The name of a role, as one logs in with it.
    pub fn name(&self, role: Role) -> String {
        format!("{self}_{}", role.as_str())
    }
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

/// The database's own name.
///
/// # Errors
/// On SQLite, which knows no roles.
pub fn database_name(db: &mut Db) -> StoreResult<String> {
    let found = words(db, "SELECT current_database()::text AS word")?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| StoreError::Missing("the database's name".into()))
}

/// Those of the installation's roles that are there already.
pub fn existing(db: &mut Db, prefix: &Prefix) -> StoreResult<Vec<Role>> {
    let names = words(db, "SELECT rolname::text AS word FROM pg_roles")?;
    let is_there = |role: &Role| names.contains(&prefix.name(*role));
    Ok(Role::ALL.into_iter().filter(is_there).collect())
}

/// The prefix of the roles that were granted their verbs in this database, if any were: after a migration they are
/// granted those on new tables too. On SQLite none.
pub fn granted_prefix(db: &mut Db) -> StoreResult<Option<Prefix>> {
    if matches!(db, Db::Sqlite(_)) {
        return Ok(None);
    }
    let workers = words(
        db,
        "SELECT DISTINCT r.rolname::text AS word FROM pg_class c \
         CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee \
         WHERE c.oid = to_regclass('public.worker_status') AND a.privilege_type = 'INSERT' ORDER BY 1",
    )?;
    let suffix = format!("_{}", Role::Worker.as_str());
    let prefixes = workers.iter().filter_map(|name| name.strip_suffix(&suffix));
    Ok(prefixes.filter_map(|prefix| prefix.parse().ok()).next())
}

/// Makes the role, or gives an existing one a new password.
///
/// `verifier` is what the server keeps ([`verifier`]): the password itself never travels there, so no log has it.
pub fn set_password(
    db: &mut Db,
    prefix: &Prefix,
    role: Role,
    verifier: &str,
    is_new: bool,
) -> StoreResult<()> {
    let name = prefix.name(role);
    if is_new {
        run(db, &create(&name))?;
    }
    run(db, &format!("ALTER ROLE {name} PASSWORD '{verifier}'"))
}

/// Takes every verb back from those of the roles that are there and grants what [`statements`] says of them: a role
/// that came with this version is made by `ca-cli database roles`, and a migration does not wait for it.
pub fn grant_all(db: &mut Db, prefix: &Prefix) -> StoreResult<()> {
    let (database, there) = (database_name(db)?, existing(db, prefix)?);
    for statement in statements(prefix, &database, &there) {
        run(db, &statement)?;
    }
    Ok(())
}

/// The statements that make a role that is not there yet.
pub fn create(name: &str) -> String {
    format!(
        "CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    )
}

/// The statements that give these roles their verbs, in order; they may be run again and again.
pub fn statements(prefix: &Prefix, database: &str, roles: &[Role]) -> Vec<String> {
    let database = format!("\"{}\"", database.replace('"', "\"\""));
    let mut all = vec![
        format!("REVOKE ALL ON DATABASE {database} FROM PUBLIC"),
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC".to_owned(),
    ];
    for role in roles {
        let name = prefix.name(*role);
        all.push(format!("GRANT CONNECT ON DATABASE {database} TO {name}"));
        all.push(format!("GRANT USAGE ON SCHEMA public TO {name}"));
        all.push(format!(
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}"
        ));
        all.push(format!(
            "GRANT SELECT ON __diesel_schema_migrations TO {name}"
        ));
        all.extend(on_all_tables(*role, &name));
    }
    if roles.contains(&Role::Web) && roles.contains(&Role::Console) {
        let (web, console) = (prefix.name(Role::Web), prefix.name(Role::Console));
        all.push(format!("GRANT {web} TO {console}"));
    }
    for (table, role, verbs) in GRANTS.iter().filter(|(_, role, _)| roles.contains(role)) {
        all.push(format!(
            "GRANT {verbs} ON {table} TO {}",
            prefix.name(*role)
        ));
    }
    all
}

/// What a role may do to every table, but for what is taken away again.
fn on_all_tables(role: Role, name: &str) -> Vec<String> {
    let verbs = match role {
        Role::Staff => "SELECT, INSERT, UPDATE, DELETE",
        Role::Backup => "SELECT",
        Role::Web | Role::Console | Role::Worker | Role::Auditor => return Vec::new(),
    };
    let mut all = vec![
        format!("GRANT {verbs} ON ALL TABLES IN SCHEMA public TO {name}"),
        // For dumps.
        format!("GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}"),
    ];
    if role == Role::Staff {
        all.extend([
            format!("REVOKE INSERT, UPDATE, DELETE ON __diesel_schema_migrations FROM {name}"),
            format!("REVOKE UPDATE, DELETE ON audit FROM {name}"),
            format!("REVOKE INSERT, DELETE ON audit_head FROM {name}"),
            format!("REVOKE INSERT, UPDATE ON approval FROM {name}"),
        ]);
    }
    all
}

fn words(db: &mut Db, query: &str) -> StoreResult<Vec<String>> {
    let Db::Postgres(db) = db else {
        return Err(StoreError::NoRoles);
    };
    let found: Vec<Word> = diesel::sql_query(query).load(db)?;
    Ok(found.into_iter().map(|row| row.word).collect())
}

fn run(db: &mut Db, statement: &str) -> StoreResult<()> {
    let Db::Postgres(db) = db else {
        return Err(StoreError::NoRoles);
    };
    Ok(db.batch_execute(statement)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_part_of_a_name_and_nothing_else() {
        for good in ["inkan", "a", "test_12", &"a".repeat(48)] {
            assert!(good.parse::<Prefix>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "1a",
            "_a",
            "Inkan",
            "a-b",
            "a b",
            "a\"; DROP",
            "名",
            &"a".repeat(49),
        ] {
            assert_eq!(bad.parse::<Prefix>(), Err(PrefixError), "{bad}");
        }
    }

    #[test]
    fn a_database_with_a_strange_name_stays_one_name() {
        let all = statements(
            &Prefix("inkan".into()),
            "a\"; DROP DATABASE b; --",
            &Role::ALL,
        );
        assert_eq!(
            all.first().map(String::as_str),
            Some("REVOKE ALL ON DATABASE \"a\"\"; DROP DATABASE b; --\" FROM PUBLIC")
        );
    }

    #[test]
    fn a_role_that_is_not_there_is_in_no_statement() {
        let prefix = Prefix("inkan".into());
        for absent in Role::ALL {
            let rest: Vec<Role> = Role::ALL
                .into_iter()
                .filter(|role| *role != absent)
                .collect();
            let name = prefix.name(absent);
            let named = statements(&prefix, "inkan", &rest)
                .into_iter()
                .find(|statement| statement.contains(&name));
            assert_eq!(named, None);
        }
    }
}
