//! Which role may do what to which table. What is not here is refused by the server.
//!
//! The console has everything of the web tier besides (it is a member of that role). Staff has every table but for
//! what [`super::statements`] takes away, and the backup role reads every table.
use super::Role;
use Role::{Auditor, Backup, Console, Web, Worker};

/// Table, role, verbs as SQL writes them. A row lock (`FOR UPDATE`) asks for UPDATE on one column at least.
pub(super) const GRANTS: &[(&str, Role, &str)] = &[
    ("account", Web, "SELECT"),
    (
        "account",
        Web,
        "UPDATE (login_password_hash, login_password_temporary, login_password_changed_at, \
         previous_login_password_hash, issuance_password_hash, mail_address, contact_changes, updated_at)",
    ),
    ("account", Console, "UPDATE (letter_due, status)"),
    ("account", Worker, "SELECT"),
    (
        "account",
        Auditor,
        "SELECT (id, user_id, name, status, registered_by, created_at, updated_at)",
    ),
    ("address_change", Web, "SELECT, INSERT, UPDATE"),
    ("approval", Console, "SELECT, INSERT, DELETE"),
    ("approval", Worker, "SELECT, DELETE"),
    ("approval", Auditor, "SELECT"),
    // Nobody changes or takes away what was written; the head moves with each entry.
    // Monitoring counts verbs, states and ages; what an entry or a mail says stays unread.
    ("audit", Web, "INSERT, SELECT (act, at, sequence)"),
    ("audit", Console, "SELECT"),
    ("audit", Worker, "SELECT, INSERT"),
    ("audit", Auditor, "SELECT"),
    ("audit", Backup, "INSERT"),
    ("audit_head", Web, "SELECT, UPDATE (sequence, hash)"),
    ("audit_head", Worker, "SELECT, UPDATE (sequence, hash)"),
    ("audit_head", Auditor, "SELECT"),
    ("audit_head", Backup, "UPDATE (sequence, hash)"),
    ("authority", Web, "SELECT"),
    ("authority", Console, "UPDATE (revocation_sequence)"),
    (
        "authority",
        Worker,
        "SELECT, UPDATE (crl_number, revocation_sequence)",
    ),
    ("authority", Auditor, "SELECT"),
    ("calendar_override", Web, "SELECT"),
    ("calendar_override", Console, "INSERT"),
    ("calendar_override", Worker, "SELECT"),
    ("calendar_override", Auditor, "SELECT"),
    ("certificate", Web, "SELECT"),
    (
        "certificate",
        Web,
        "UPDATE (download_count, first_downloaded_at, last_downloaded_at, installed_at, first_portal_login_at)",
    ),
    (
        "certificate",
        Console,
        "UPDATE (status, revoked_at, revocation_reason, pkcs12)",
    ),
    ("certificate", Worker, "SELECT, INSERT, UPDATE (pkcs12)"),
    (
        "certificate",
        Auditor,
        "SELECT (serial, purpose, generation, request_id, account_id, subject, not_before, not_after, certificate_der, \
         spki_sha256, sha1_thumbprint, issued_at, status, revoked_at, revocation_reason)",
    ),
    ("crl", Web, "SELECT"),
    ("crl", Worker, "SELECT, INSERT, UPDATE (der)"),
    ("crl", Auditor, "SELECT"),
    ("delegation", Web, "SELECT"),
    ("delegation", Console, "INSERT, UPDATE"),
    ("delegation", Auditor, "SELECT"),
    ("heartbeat", Web, "SELECT, INSERT, UPDATE"),
    ("intent", Web, "SELECT (state)"),
    ("intent", Console, "SELECT, UPDATE (state, settled_at)"),
    (
        "intent",
        Worker,
        "SELECT, INSERT, UPDATE (state, settled_at)",
    ),
    ("intent", Auditor, "SELECT"),
    ("journal_mark", Worker, "SELECT, INSERT, UPDATE"),
    ("letter", Auditor, "SELECT"),
    ("letter_run", Auditor, "SELECT"),
    ("mail_preference", Web, "SELECT, INSERT, UPDATE"),
    ("mail_preference", Worker, "SELECT"),
    ("notice", Web, "SELECT"),
    (
        "notice",
        Console,
        "INSERT, UPDATE (withdrawn_by, withdrawn_at)",
    ),
    (
        "notice",
        Worker,
        "SELECT, UPDATE (mailed_through, mailed_at)",
    ),
    ("notice_receipt", Web, "SELECT, INSERT, UPDATE"),
    ("ocsp_answer", Web, "SELECT"),
    ("ocsp_answer", Console, "INSERT, UPDATE"),
    ("ocsp_answer", Worker, "SELECT, INSERT, UPDATE, DELETE"),
    ("operator", Web, "SELECT (certificate_serial, status)"),
    // A hash follows a raised cost at its operator's next login.
    ("operator", Console, "SELECT, UPDATE (password_hash)"),
    ("operator", Worker, "SELECT"),
    (
        "operator",
        Auditor,
        "SELECT (id, name, display_name, certificate_serial, own_user_id, status, created_at)",
    ),
    // A mail may be owed by every program; only the worker sees whom the others owe one.
    ("outbox", Web, "INSERT, SELECT (created_at, state)"),
    // Sending again and dropping what did not leave.
    (
        "outbox",
        Console,
        "SELECT, UPDATE (state, to_address, facts, attempts, next_try_at, last_error)",
    ),
    ("outbox", Worker, "SELECT, INSERT, UPDATE"),
    ("reissue", Web, "SELECT, INSERT"),
    ("reissue", Console, "UPDATE"),
    ("reminder", Worker, "SELECT, INSERT"),
    ("request", Web, "SELECT, INSERT"),
    // Withdrawing writes the whole row that moves. A state alone is no approval.
    (
        "request",
        Web,
        "UPDATE (state, decided_at, rejection_reason, failure, sealed_password, attempts, lease_owner, lease_until, \
         updated_at)",
    ),
    ("request", Worker, "SELECT, UPDATE"),
    (
        "request",
        Auditor,
        "SELECT (id, account_id, kind, profile, subject, state, submitted_at, promised_at, decided_at, \
         rejection_reason, fence, attempts, failure, updated_at)",
    ),
    ("restoration", Worker, "SELECT"),
    ("revocation", Web, "SELECT"),
    ("revocation", Console, "INSERT"),
    ("revocation", Worker, "SELECT, INSERT"),
    ("revocation", Auditor, "SELECT"),
    ("seal_key", Web, "SELECT"),
    ("seal_key", Worker, "SELECT"),
    ("session", Web, "SELECT, INSERT, UPDATE, DELETE"),
    ("throttle", Web, "SELECT, INSERT, UPDATE, DELETE"),
    ("try_counter", Web, "SELECT, INSERT, UPDATE, DELETE"),
    ("worker_status", Web, "SELECT"),
    ("worker_status", Worker, "SELECT, INSERT, UPDATE, DELETE"),
    ("worker_status", Auditor, "SELECT"),
];
