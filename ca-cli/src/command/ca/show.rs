//! `ca-cli ca show`: every root, and which workers lack its key.

use std::io::Write;

use anyhow::bail;
use ca_core::domain::thumbprint::Thumbprint;
use ca_core::domain::time::iso_datetime;
use ca_core::store::authority::{self, Authority};
use ca_core::store::worker_status::{self, WorkerStatus};
use ca_worker::authority::AuthorityError;
use openssl::x509::X509;
use serde::Serialize;

use crate::desk::Desk;
use crate::table::write_json;

/// A root as listings show it.
#[derive(Serialize)]
struct Row {
    generation: i64,
    /// Whether it signs what is new.
    in_use: bool,
    status: String,
    subject: String,
    issuer: String,
    key: String,
    serial: String,
    not_before: String,
    not_after: String,
    thumbprint_sha1: String,
    thumbprint_windows: String,
    thumbprint_sha256: String,
    crl_number: i64,
    /// The workers that cannot use its key, with where they look for it.
    missing_key: Option<Vec<String>>,
}

impl Row {
    fn of(root: &Authority, in_use: Option<i64>, workers: &[WorkerStatus]) -> anyhow::Result<Self> {
        let thumbprint = Thumbprint::of_der(&root.certificate_der);
        let certificate = X509::from_der(&root.certificate_der)?;
        let serial = certificate
            .serial_number()
            .to_bn()?
            .to_hex_str()?
            .to_lowercase();
        let key = certificate.public_key()?;
        let kind = if key.rsa().is_ok() { "RSA" } else { "EC" };
        Ok(Self {
            generation: root.generation,
            in_use: in_use == Some(root.generation),
            status: root.status.clone(),
            subject: root.subject.clone(),
            // A root signs itself; people compare the two lines (J1.2).
            issuer: root.subject.clone(),
            key: format!("{kind} {} bits", key.bits()),
            serial,
            not_before: iso_datetime(root.not_before),
            not_after: iso_datetime(root.not_after),
            thumbprint_sha1: thumbprint.sha1_hex(),
            thumbprint_windows: thumbprint.sha1_windows(),
            thumbprint_sha256: thumbprint.sha256_hex(),
            crl_number: root.crl_number,
            missing_key: missing_key(root.generation, workers),
        })
    }
}

/// Who lacks the key of a generation and where it was looked for; none when nobody does.
fn missing_key(generation: i64, workers: &[WorkerStatus]) -> Option<Vec<String>> {
    let lacking = workers.iter().filter_map(|worker| {
        let key = worker.missing_keys.of(generation)?;
        Some(format!("{}: {} ({})", worker.worker, key.place, key.why))
    });
    let lacking: Vec<String> = lacking.collect();
    (!lacking.is_empty()).then_some(lacking)
}

pub(super) fn show(desk: &Desk, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let store = desk.store()?;
    let roots = store.read(authority::list)?;
    if roots.is_empty() {
        bail!(AuthorityError::None);
    }
    let in_use = store.read(authority::current)?.map(|root| root.generation);
    let now = desk.now();
    let mut workers = store.read(worker_status::list)?;
    workers.retain(|worker| !worker.is_silent(now));
    let rows = roots
        .iter()
        .map(|root| Row::of(root, in_use, &workers))
        .collect::<anyhow::Result<Vec<_>>>()?;
    if json {
        return write_json(out, &rows);
    }
    for (row, place) in rows.iter().zip(0..) {
        if place > 0 {
            writeln!(out)?;
        }
        super::super::write_facts(out, row)?;
    }
    Ok(())
}
