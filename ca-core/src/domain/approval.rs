//! An approval speaks for exactly one request: a digest over everything that the operator saw.
mod key;

use sha2::{Digest, Sha256};

use super::request::{RequestId, RequestKind};
use super::seal::SealedPassword;
use super::user_id::UserId;

pub use key::{ApprovalKey, ApprovalKeyForm, Statement};

/// What an approval covers, as the worker will issue it.
#[derive(Debug, Clone, Copy)]
pub struct ApprovalScope<'a> {
    /// The request.
    pub request_id: &'a RequestId,
    /// The account that asked.
    pub user_id: &'a UserId,
    /// The subject to be certified, as text.
    pub subject: &'a str,
    /// First, renewal or reissue.
    pub kind: RequestKind,
    /// The profile's name.
    pub profile: &'a str,
    /// The password that will open the PKCS#12, sealed.
    pub sealed_password: &'a SealedPassword,
}

/// SHA-256 over the scope, each part preceded by its length, as 64 lower-case hex digits.
///
/// Lengths are written so that no two different scopes share their bytes.
pub fn digest(scope: &ApprovalScope<'_>) -> String {
    let mut hash = Sha256::new();
    hash.update(b"inkan/approval/v1");
    let parts: [&[u8]; 7] = [
        scope.request_id.as_str().as_bytes(),
        scope.user_id.as_str().as_bytes(),
        scope.subject.as_bytes(),
        scope.kind.as_str().as_bytes(),
        scope.profile.as_bytes(),
        scope.sealed_password.key_id.as_bytes(),
        &scope.sealed_password.bytes,
    ];
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_change_of_any_part_changes_the_digest() {
        let id = RequestId::parse("0192f5a0-0000-7000-8000-000000000001").unwrap();
        let other_id = RequestId::parse("0192f5a0-0000-7000-8000-000000000002").unwrap();
        let user = UserId::try_from("KJ2700000001".to_owned()).unwrap();
        let other_user = UserId::try_from("KJ2700000002".to_owned()).unwrap();
        let sealed = SealedPassword {
            key_id: "k1".into(),
            bytes: vec![1, 2, 3],
        };
        let swapped = SealedPassword {
            key_id: "k1".into(),
            bytes: vec![1, 2, 4],
        };
        let rekeyed = SealedPassword {
            key_id: "k2".into(),
            bytes: vec![1, 2, 3],
        };
        let scope = ApprovalScope {
            request_id: &id,
            user_id: &user,
            subject: "CN=KJ2700000001",
            kind: RequestKind::First,
            profile: "client",
            sealed_password: &sealed,
        };
        let changed = [
            ApprovalScope {
                request_id: &other_id,
                ..scope
            },
            ApprovalScope {
                user_id: &other_user,
                ..scope
            },
            ApprovalScope {
                subject: "CN=KJ2700000001,O=X",
                ..scope
            },
            ApprovalScope {
                kind: RequestKind::Renewal,
                ..scope
            },
            ApprovalScope {
                profile: "clientx",
                ..scope
            },
            ApprovalScope {
                sealed_password: &swapped,
                ..scope
            },
            ApprovalScope {
                sealed_password: &rekeyed,
                ..scope
            },
        ];
        let mut digests: Vec<_> = changed.iter().map(digest).collect();
        digests.push(digest(&scope));
        let unique: std::collections::HashSet<_> = digests.iter().collect();
        assert_eq!(unique.len(), 8);
        assert_eq!(digest(&scope), digest(&scope.clone()));
    }
}
