//! The tables as diesel sees them; equal for SQLite and PostgreSQL.

diesel::table! {
    /// Offices and agents, as staff registered them. Times are epoch milliseconds (UTC) everywhere.
    account (id) {
        id -> BigInt,
        user_id -> Text,
        name -> Text,
        recipient -> Nullable<Text>,
        postal_code -> Text,
        address -> Text,
        mail_address -> Nullable<Text>,
        status -> Text,
        registered_by -> Text,
        login_password_hash -> Nullable<Text>,
        login_password_temporary -> Bool,
        login_password_changed_at -> Nullable<BigInt>,
        issuance_password_hash -> Nullable<Text>,
        letter_due -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
        community_support -> Bool,
        previous_login_password_hash -> Nullable<Text>,
        contact_changes -> Text,
    }
}

diesel::table! {
    /// An office lets an agent act for it.
    delegation (id) {
        id -> BigInt,
        office_id -> BigInt,
        agent_id -> BigInt,
        starts_at -> BigInt,
        ends_at -> Nullable<BigInt>,
        created_by -> Text,
        created_at -> BigInt,
        ended_by -> Nullable<Text>,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// One run of the letter printer: one PDF.
    letter_run (id) {
        id -> Text,
        printed_by -> Text,
        printed_at -> BigInt,
        letters -> BigInt,
        pdf_sha256 -> Text,
    }
}

diesel::table! {
    /// One posted letter; the passwords on it are hashes in account, nothing here.
    letter (number) {
        number -> Text,
        run_id -> Text,
        account_id -> BigInt,
        printed_at -> BigInt,
    }
}

diesel::table! {
    /// People who decide. Their certificate is bound by serial and public key, not by name.
    operator (id) {
        id -> BigInt,
        name -> Text,
        display_name -> Text,
        password_hash -> Text,
        certificate_serial -> Nullable<Text>,
        certificate_spki_sha256 -> Nullable<Text>,
        own_user_id -> Nullable<Text>,
        status -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// A browser's session; the cookie's value is kept as a hash only.
    session (id_hash) {
        id_hash -> Text,
        audience -> Text,
        account_id -> Nullable<BigInt>,
        operator_id -> Nullable<BigInt>,
        stage -> Text,
        draft_request_id -> Nullable<Text>,
        draft_key_id -> Nullable<Text>,
        draft_sealed_password -> Nullable<Binary>,
        created_at -> BigInt,
        last_seen_at -> BigInt,
        ends_at -> BigInt,
        certificate_serial -> Nullable<Text>,
        reference_account_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// Wrong tries in a row, by the user ID typed, whether or not it exists.
    try_counter (scope, user_id) {
        scope -> Text,
        user_id -> Text,
        failures -> BigInt,
        locked_until -> Nullable<BigInt>,
        updated_at -> BigInt,
    }
}

diesel::table! {
    /// Public halves of the workers' sealing keys.
    seal_key (id) {
        id -> Text,
        public_key -> Binary,
        status -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// Generations of the root.
    authority (generation) {
        generation -> BigInt,
        certificate_der -> Binary,
        subject -> Text,
        not_before -> BigInt,
        not_after -> BigInt,
        crl_number -> BigInt,
        status -> Text,
        created_at -> BigInt,
        revocation_sequence -> BigInt,
    }
}

diesel::table! {
    /// Requests for certificates.
    request (id) {
        id -> Text,
        account_id -> BigInt,
        kind -> Text,
        profile -> Text,
        subject -> Text,
        state -> Text,
        submitted_at -> BigInt,
        promised_at -> Nullable<BigInt>,
        seal_key_id -> Text,
        sealed_password -> Nullable<Binary>,
        decided_at -> Nullable<BigInt>,
        rejection_reason -> Nullable<Text>,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
        fence -> BigInt,
        attempts -> BigInt,
        failure -> Nullable<Text>,
        updated_at -> BigInt,
    }
}

diesel::table! {
    /// An operator's yes, with the digest of what was seen. A state column is not an approval.
    approval (request_id) {
        request_id -> Text,
        operator_id -> BigInt,
        approved_at -> BigInt,
        digest -> Text,
        mac -> Text,
    }
}

diesel::table! {
    /// What is about to be signed; committed before the CA key is used.
    intent (serial) {
        serial -> Text,
        purpose -> Text,
        generation -> BigInt,
        request_id -> Nullable<Text>,
        fence -> BigInt,
        tbs_sha256 -> Text,
        profile_sha256 -> Text,
        state -> Text,
        recorded_at -> BigInt,
        settled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// What was signed.
    certificate (serial) {
        serial -> Text,
        purpose -> Text,
        generation -> BigInt,
        request_id -> Nullable<Text>,
        account_id -> Nullable<BigInt>,
        subject -> Text,
        not_before -> BigInt,
        not_after -> BigInt,
        certificate_der -> Binary,
        spki_sha256 -> Text,
        sha1_thumbprint -> Text,
        pkcs12 -> Nullable<Binary>,
        issued_at -> BigInt,
        status -> Text,
        revoked_at -> Nullable<BigInt>,
        revocation_reason -> Nullable<Text>,
        download_count -> BigInt,
        first_downloaded_at -> Nullable<BigInt>,
        last_downloaded_at -> Nullable<BigInt>,
        installed_at -> Nullable<BigInt>,
        first_portal_login_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// What the CRL and the OCSP answers have to follow, in order and for ever.
    revocation (generation, sequence) {
        generation -> BigInt,
        sequence -> BigInt,
        serial -> Text,
        event -> Text,
        reason -> Text,
        at -> BigInt,
        ends_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// The signed OCSP answer for each serial, or that one is owed.
    ocsp_answer (serial) {
        serial -> Text,
        generation -> BigInt,
        version -> BigInt,
        due_at -> BigInt,
        this_update -> Nullable<BigInt>,
        next_update -> Nullable<BigInt>,
        der -> Nullable<Binary>,
    }
}

diesel::table! {
    /// Certificate revocation lists; the newest of a generation has its bytes.
    crl (generation, number) {
        generation -> BigInt,
        number -> BigInt,
        this_update -> BigInt,
        next_update -> BigInt,
        covered -> BigInt,
        regular_at -> BigInt,
        regular_covered -> BigInt,
        entries -> BigInt,
        sha256 -> Text,
        der -> Nullable<Binary>,
    }
}

diesel::table! {
    /// Mails that a committed act owes; sent at least once.
    outbox (id) {
        id -> BigInt,
        kind -> Text,
        to_address -> Text,
        facts -> Text,
        message_id -> Text,
        state -> Text,
        attempts -> BigInt,
        next_try_at -> BigInt,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
        created_at -> BigInt,
        sent_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// Every act, hash-chained in the order of commit.
    audit (sequence) {
        sequence -> BigInt,
        at -> BigInt,
        actor -> Text,
        act -> Text,
        object -> Text,
        detail -> Text,
        previous_hash -> Text,
        hash -> Text,
    }
}

diesel::table! {
    /// The chain's end; its row lock puts writers in order.
    audit_head (id) {
        id -> BigInt,
        sequence -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    /// An operator's order to sign outside business hours.
    calendar_override (id) {
        id -> BigInt,
        opened_by -> Text,
        reason -> Text,
        opened_at -> BigInt,
        ends_at -> BigInt,
    }
}

diesel::table! {
    /// What each worker last said of itself.
    worker_status (worker) {
        worker -> Text,
        seen_at -> BigInt,
        state -> Text,
        detail -> Text,
        place -> Text,
        missing_keys -> Text,
    }
}

diesel::table! {
    /// Applications for new passwords, as strangers typed them.
    reissue (id) {
        id -> Text,
        user_id -> Text,
        office_name -> Text,
        person -> Text,
        telephone -> Text,
        mail_address -> Nullable<Text>,
        lost -> Text,
        detail -> Nullable<Text>,
        source -> Text,
        state -> Text,
        submitted_at -> BigInt,
        decided_at -> Nullable<BigInt>,
        decided_by -> Nullable<Text>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    /// How often a public form was used since an instant.
    throttle (scope, subject, begins_at) {
        scope -> Text,
        subject -> Text,
        begins_at -> BigInt,
        uses -> BigInt,
    }
}

diesel::table! {
    /// Which reminder went out.
    reminder (subject, days, channel) {
        subject -> Text,
        days -> BigInt,
        channel -> Text,
        reminded_at -> BigInt,
    }
}

diesel::table! {
    /// What operators publish to one account, to a class or to everybody.
    notice (id) {
        id -> BigInt,
        title -> Text,
        body -> Text,
        readers -> Text,
        class -> Nullable<Text>,
        account_id -> Nullable<BigInt>,
        shown_from -> BigInt,
        shown_until -> Nullable<BigInt>,
        published_by -> Text,
        published_at -> BigInt,
        withdrawn_by -> Nullable<Text>,
        withdrawn_at -> Nullable<BigInt>,
        mailed_through -> BigInt,
        mailed_at -> Nullable<BigInt>,
        form_key -> Nullable<Text>,
    }
}

diesel::table! {
    /// What an account did with a notice. No row: not read yet.
    notice_receipt (notice_id, account_id) {
        notice_id -> BigInt,
        account_id -> BigInt,
        read_at -> Nullable<BigInt>,
        deleted_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// Which kinds of mail an account wants. No row: wanted.
    mail_preference (account_id, kind) {
        account_id -> BigInt,
        kind -> Text,
        wanted -> Bool,
        changed_at -> BigInt,
    }
}

diesel::table! {
    /// A mail address on its way to being changed; the codes are kept as hashes only.
    address_change (id) {
        id -> Text,
        account_id -> BigInt,
        old_address -> Nullable<Text>,
        new_address -> Text,
        new_code_hash -> Text,
        old_code_hash -> Nullable<Text>,
        state -> Text,
        new_proven_at -> Nullable<BigInt>,
        old_proven_at -> Nullable<BigInt>,
        confirmed_by -> Nullable<Text>,
        wrong_tries -> BigInt,
        requested_at -> BigInt,
        ends_at -> BigInt,
        settled_at -> Nullable<BigInt>,
    }
}

diesel::joinable!(letter -> letter_run (run_id));
diesel::joinable!(letter -> account (account_id));
diesel::joinable!(session -> account (account_id));
diesel::joinable!(session -> operator (operator_id));
diesel::joinable!(request -> account (account_id));
diesel::joinable!(approval -> request (request_id));
diesel::joinable!(approval -> operator (operator_id));
diesel::joinable!(intent -> authority (generation));
diesel::joinable!(intent -> request (request_id));
diesel::joinable!(certificate -> intent (serial));
diesel::joinable!(certificate -> authority (generation));
diesel::joinable!(certificate -> request (request_id));
diesel::joinable!(certificate -> account (account_id));
diesel::joinable!(address_change -> account (account_id));

diesel::allow_tables_to_appear_in_same_query!(
    account,
    delegation,
    letter_run,
    letter,
    operator,
    session,
    try_counter,
    seal_key,
    authority,
    request,
    approval,
    intent,
    certificate,
    revocation,
    crl,
    outbox,
    audit,
    audit_head,
    calendar_override,
    worker_status,
    notice,
    notice_receipt,
    mail_preference,
    address_change,
);

diesel::table! {
    /// How far each journal is known to agree with this database.
    journal_mark (journal) {
        journal -> Text,
        sequence -> BigInt,
        position -> BigInt,
        hash -> Text,
        marked_at -> BigInt,
        is_keyed -> Bool,
    }
}

diesel::table! {
    /// When each kind of program last proved that the database takes writes.
    heartbeat (program) {
        program -> Text,
        written_at -> BigInt,
    }
}

diesel::table! {
    /// Restorations from a backup; nothing is signed while one is not reconciled.
    restoration (archive) {
        archive -> Text,
        archive_made_at -> BigInt,
        restored_by -> Text,
        restored_at -> BigInt,
        reconciled_at -> Nullable<BigInt>,
    }
}
