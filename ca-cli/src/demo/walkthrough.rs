//! `ca-cli demo --walkthrough`: the main journey through the real pages, from the letter to the imported certificate.
//!
//! The applicants' and the operator's part is HTTPS alone, with a client that trusts nothing but the root it
//! downloaded and compared with the letter. The passwords come from the letters' data as the printer returned it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use ca_core::domain::request::RequestState;
use ca_core::domain::thumbprint::Thumbprint;
use ca_core::flow::verify_audit::{AuditVerdict, verify_audit};
use ca_core::private_file::{self, PUBLIC};
use ca_core::store::{StoreResult, account, request};

use super::place::Place;
use super::port::Ports;
use super::running::Running;
use super::set_up::{self, House};
use crate::browser::Browser;
use crate::letter::Selection;

mod applicant;
mod judge;
mod member;
mod operator;
mod outcome;
mod progress;

use applicant::Applicant;
use outcome::{Issued, Outcome};
use progress::Progress;

/// How long signing or a mail may take before the walkthrough fails; more for more accounts.
const PATIENCE: Duration = Duration::from_secs(120);
const PATIENCE_EACH: Duration = Duration::from_secs(5);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// Plays the journey for the first `count` accounts of the CSV.
pub(super) fn run(
    place: &Place,
    ports: Ports,
    csv: &[u8],
    count: usize,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    refuse_used(place.folder())?;
    let accounts = set_up::read_accounts(place, csv)?;
    if accounts.len() < count {
        bail!(
            "the CSV has {} accounts, --count asks for {count}; add accounts or lower --count",
            accounts.len()
        );
    }
    let mut progress = Progress::new(out);
    progress.step(
        "認証局・サイト証明書・審査担当者・口座を用意",
        "set up the CA, the site, an operator, accounts",
    )?;
    let house = set_up::open(place, &accounts)?;
    progress.step("お知らせを印刷", "print the letters")?;
    let mut applicants = letters(place, &house, count)?;
    let running = Running::start(place, &house, ports)?;
    let outcome = journey(place, &house, &mut applicants, &mut progress);
    running.expect_running()?;
    let outcome = outcome?;
    // The worker's last word is in the log before the log is judged.
    drop(running);
    progress.step("監査記録を検証", "verify the audit chain")?;
    if let AuditVerdict::Broken { sequence, finding } = verify_audit(&house.store)? {
        bail!("the audit chain is broken at entry {sequence}: {finding}");
    }
    outcome.write(place.folder())?;
    progress.end(&place.folder().join("result.json"))
}

/// A folder in which a walkthrough or demo lives already is not played over.
fn refuse_used(folder: &Path) -> anyhow::Result<()> {
    for used in ["result.json", "keys", "passphrase"] {
        if folder.join(used).exists() {
            bail!(
                "{} was used before (it has {used}); name a new folder, or remove this one",
                folder.display()
            );
        }
    }
    Ok(())
}

fn letters(place: &Place, house: &House, count: usize) -> anyhow::Result<Vec<Applicant>> {
    let chosen = house
        .user_ids
        .iter()
        .take(count)
        .map(ToString::to_string)
        .collect();
    let mut letters = house.print_letters(place, Selection::UserIds(chosen))?;
    // The letters come by user ID; the CSV's first account is the one whose facts stand at the top.
    letters.sort_by_key(|letter| house.user_ids.iter().position(|id| *id == letter.user_id));
    letters
        .into_iter()
        .map(|letter| Applicant::new(place, house, letter))
        .collect()
}

fn journey(
    place: &Place,
    house: &House,
    applicants: &mut [Applicant],
    progress: &mut Progress<'_>,
) -> anyhow::Result<Outcome> {
    progress.step(
        "認証局証明書をダウンロードし、お知らせの拇印と比べる",
        "download the root, compare its thumbprint with the letter's",
    )?;
    let root = download_root(place, house)?;
    progress.step(
        "認証局証明書を取り込む前は、接続が拒まれる",
        "without the root the site is refused",
    )?;
    refused_without_root(place)?;
    for applicant in applicants.iter_mut() {
        applicant.apply(&root, progress)?;
    }
    progress.step(
        "審査担当者が証明書でログインし、まとめて承認",
        "the operator logs in with a certificate and approves all",
    )?;
    operator::approve_all(place, &root)?;
    progress.step("署名を待つ", "wait for the signer")?;
    wait_for_signer(house, applicants)?;
    let folder = place.folder().join("download");
    let mut issued = Vec::new();
    for applicant in applicants.iter() {
        issued.push(collect(place, applicant, &root, &folder, progress)?);
    }
    Outcome::new(place, house, &folder.join("ca.crt"), issued)
}

/// What a clerk does first: the root, by plain http, held against the letter.
fn download_root(place: &Place, house: &House) -> anyhow::Result<Vec<u8>> {
    let page = Browser::new(&place.desk.config.service.plain_url)
        .open("/ca.crt")?
        .well()?;
    let printed = Thumbprint::of_der(&house.root.certificate_der);
    let seen = Thumbprint::of_der(&page.body).sha1_windows();
    if !printed.matches_typed(&seen) {
        bail!(
            "the downloaded root's thumbprint {seen} is not the letter's {}",
            printed.sha1_windows()
        );
    }
    if page.media_type != "application/x-x509-ca-cert" {
        bail!(
            "the root comes as {}, which Windows does not open as a certificate",
            page.media_type
        );
    }
    let folder = place.folder().join("download");
    private_file::create_folder(&folder)?;
    private_file::replace(&folder.join("ca.crt"), &page.body, PUBLIC)?;
    Ok(page.body)
}

fn refused_without_root(place: &Place) -> anyhow::Result<()> {
    match Browser::new(&place.desk.config.service.public_url).open("/") {
        Err(_) => Ok(()),
        Ok(_) => {
            bail!("a client that does not know the root got a page; it should have been refused")
        }
    }
}

/// Mail, download, judgement of one applicant's certificate.
fn collect(
    place: &Place,
    applicant: &Applicant,
    root: &[u8],
    folder: &Path,
    progress: &mut Progress<'_>,
) -> anyhow::Result<Issued> {
    let id = applicant.user_id();
    let mail = match applicant.mail_address() {
        None => None,
        Some(address) => {
            progress.step(
                &format!("{id}：発行のお知らせメールが届く"),
                "the mail that it is ready arrives",
            )?;
            Some(wait_for_mail(&place.mail(), address)?)
        }
    };
    progress.step(
        &format!("{id}：ログインしてダウンロード"),
        "log in again and download",
    )?;
    let p12 = applicant.download(root, folder)?;
    progress.step(
        &format!("{id}：発行用パスワードで開き、認証局まで確かめる"),
        "open it with the issuance password, check the chain",
    )?;
    let certificate_pem = judge::judge(&p12, applicant.letter(), root)?;
    progress.step(
        &format!("{id}：証明書とパスワードでポータルにログイン"),
        "log in at the portal with certificate and password",
    )?;
    let portal = &place.desk.config.service.portal_url;
    member::refused_without_certificate(portal, root)?;
    applicant.log_in_portal(portal, root, &p12)?;
    Ok(Issued::new(applicant.letter(), p12, mail, certificate_pem))
}

fn wait_for_signer(house: &House, applicants: &[Applicant]) -> anyhow::Result<()> {
    let each = PATIENCE_EACH.saturating_mul(u32::try_from(applicants.len()).unwrap_or(u32::MAX));
    let mut waiting: Vec<&Applicant> = applicants.iter().collect();
    until(PATIENCE + each, "the signer", || {
        let mut left = Vec::new();
        for applicant in waiting.drain(..) {
            if !is_issued(house, applicant)? {
                left.push(applicant);
            }
        }
        waiting = left;
        Ok(waiting.is_empty().then_some(()))
    })
}

fn is_issued(house: &House, applicant: &Applicant) -> anyhow::Result<bool> {
    let id = applicant.user_id();
    let found: StoreResult<_> = house.store.read(|db| {
        let account = account::find(db, id)?;
        account.map_or(Ok(Vec::new()), |account| {
            request::of_account(db, account.id)
        })
    });
    let found = found?
        .into_iter()
        .next()
        .ok_or_else(|| anyhow!("{id} has no request"))?;
    match found.state {
        RequestState::Issued => Ok(true),
        RequestState::Approved | RequestState::Signing => Ok(false),
        other => bail!(
            "the request of {id} is {other}: {}",
            found.failure.unwrap_or_default()
        ),
    }
}

fn wait_for_mail(folder: &Path, address: &str) -> anyhow::Result<PathBuf> {
    until(PATIENCE, "the mail", || {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|end| end == "eml") && is_to(&path, address)? {
                return Ok(Some(path));
            }
        }
        Ok(None)
    })
}

fn is_to(path: &Path, address: &str) -> anyhow::Result<bool> {
    let text = String::from_utf8_lossy(&fs::read(path).context("reading a mail")?).into_owned();
    Ok(text
        .lines()
        .take_while(|line| !line.is_empty())
        .any(|line| line.starts_with("To:") && line.contains(address)))
}

/// Looks until there is something, or patience ends.
fn until<T>(
    patience: Duration,
    what: &str,
    mut look: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if start.elapsed() > patience {
            bail!(
                "waited in vain for {what} ({} s); RUST_LOG=info shows what the worker does",
                patience.as_secs()
            );
        }
        thread::sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_folder_is_refused_and_a_new_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        refuse_used(folder.path()).unwrap();
        refuse_used(&folder.path().join("new")).unwrap();
        fs::write(folder.path().join("result.json"), "{}").unwrap();
        let said = refuse_used(folder.path()).unwrap_err().to_string();
        assert!(said.contains("name a new folder"), "{said}");
    }

    #[test]
    fn a_mail_is_found_by_its_reader() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.eml");
        fs::write(
            &path,
            "To: <a@example.jp>\r\nSubject: x\r\n\r\nTo: b@example.jp\r\n",
        )
        .unwrap();
        assert!(is_to(&path, "a@example.jp").unwrap());
        assert!(!is_to(&path, "b@example.jp").unwrap());
    }
}
