//! Five readers of a PKCS#12, none of them ours, with one question each: what is inside?

use crate::folder::Folder;
use crate::program::{Answer, tool};
use openssl::pkcs12::Pkcs12;
use openssl::x509::X509;
use std::path::Path;

/// A program or library that opens PKCS#12 files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// `openssl pkcs12` of the distribution.
    OpensslTool,
    /// The OpenSSL that the product is linked with.
    OpensslLibrary,
    /// `pk12util` of NSS: what Firefox and Chromium on Linux use.
    Nss,
    /// `certtool` of GnuTLS.
    Gnutls,
    /// `keytool` of Java.
    Java,
}

/// All of them.
pub const READERS: [Reader; 5] = [
    Reader::OpensslTool,
    Reader::OpensslLibrary,
    Reader::Nss,
    Reader::Gnutls,
    Reader::Java,
];

/// Opens a file and returns every certificate found inside, DER encoded, if the reader accepts file and
/// password and finds a private key. `Err` holds what the reader said.
pub fn open(reader: Reader, file: &Path, password: &str) -> Result<Vec<Vec<u8>>, String> {
    match reader {
        Reader::OpensslTool => with_openssl_tool(file, password),
        Reader::OpensslLibrary => with_openssl_library(file, password),
        Reader::Nss => with_nss(file, password),
        Reader::Gnutls => with_gnutls(file, password),
        Reader::Java => with_java(file, password),
    }
}

fn with_openssl_tool(file: &Path, password: &str) -> Result<Vec<Vec<u8>>, String> {
    let folder = Folder::new("p12");
    let word = folder.write("password", format!("{password}\n"));
    let pass = format!("file:{}", word.display());
    let file = file.display().to_string();
    let answer = tool(
        "/usr/bin/openssl",
        ["pkcs12", "-in", &file, "-passin", &pass, "-nodes"],
    );
    certificates_and_key(answer)
}

/// The friendly names inside, as OpenSSL shows them: what a certificate manager lists.
///
/// # Panics
/// When the file does not open.
pub fn friendly_names(file: &Path, password: &str) -> Vec<String> {
    let folder = Folder::new("p12");
    let word = folder.write("password", format!("{password}\n"));
    let pass = format!("file:{}", word.display());
    let file = file.display().to_string();
    let said = tool(
        "/usr/bin/openssl",
        ["pkcs12", "-in", &file, "-passin", &pass, "-nodes"],
    )
    .ok()
    .out;
    said.lines()
        .filter_map(|line| line.trim().strip_prefix("friendlyName: "))
        .map(str::to_owned)
        .collect()
}

fn with_openssl_library(file: &Path, password: &str) -> Result<Vec<Vec<u8>>, String> {
    let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
    let store = Pkcs12::from_der(&bytes).map_err(|error| error.to_string())?;
    let parsed = store.parse2(password).map_err(|error| error.to_string())?;
    parsed.pkey.ok_or("no private key")?;
    let own = parsed.cert.ok_or("no certificate of the key")?;
    let mut all = vec![own.to_der().expect("DER")];
    all.extend(
        parsed
            .ca
            .into_iter()
            .flatten()
            .map(|other| other.to_der().expect("DER")),
    );
    Ok(all)
}

fn with_nss(file: &Path, password: &str) -> Result<Vec<Vec<u8>>, String> {
    let home = Folder::new("p12-nss");
    let database = format!("sql:{}", home.path().display());
    tool("certutil", ["-N", "-d", &database, "--empty-password"]).ok();
    let word = home
        .write("password", format!("{password}\n"))
        .display()
        .to_string();
    let file = file.display().to_string();
    let answer = tool("pk12util", ["-i", &file, "-d", &database, "-w", &word]);
    refuse_failure(&answer)?;
    let keys = tool("certutil", ["-K", "-d", &database]);
    refuse_failure(&keys)?;
    let names = tool("certutil", ["-L", "-d", &database]).ok().out;
    let mut found = Vec::new();
    for name in names
        .lines()
        .skip(4)
        .filter_map(|line| line.trim_end().rsplit_once(' '))
    {
        let pem = tool(
            "certutil",
            ["-L", "-a", "-n", name.0.trim_end(), "-d", &database],
        )
        .ok()
        .out;
        found.extend(of_pem(&pem));
    }
    Ok(found)
}

fn with_gnutls(file: &Path, password: &str) -> Result<Vec<Vec<u8>>, String> {
    let file = file.display().to_string();
    let arguments = [
        "--p12-info",
        "--inder",
        "--infile",
        &file,
        "--password",
        password,
    ];
    certificates_and_key(tool("certtool", arguments))
}

fn with_java(file: &Path, password: &str) -> Result<Vec<Vec<u8>>, String> {
    let folder = Folder::new("p12-java");
    let word = folder
        .write("password", format!("{password}\n"))
        .display()
        .to_string();
    let file = file.display().to_string();
    let arguments = [
        "-list",
        "-rfc",
        "-storetype",
        "PKCS12",
        "-keystore",
        &file,
        "-storepass:file",
        &word,
        "-J-Duser.language=en",
    ];
    let answer = tool("keytool", arguments);
    refuse_failure(&answer)?;
    if !answer.out.contains("PrivateKeyEntry") {
        return Err(format!("no private key: {}", answer.out));
    }
    Ok(of_pem(&answer.out))
}

fn certificates_and_key(answer: Answer) -> Result<Vec<Vec<u8>>, String> {
    refuse_failure(&answer)?;
    if !answer.out.contains("PRIVATE KEY-----") {
        return Err(format!("no private key: {}{}", answer.out, answer.err));
    }
    Ok(of_pem(&answer.out))
}

fn refuse_failure(answer: &Answer) -> Result<(), String> {
    if answer.status == Some(0) {
        Ok(())
    } else {
        Err(format!("{}{}", answer.out, answer.err))
    }
}

/// Every certificate of a text that contains PEM blocks, without repetitions.
pub fn of_pem(text: &str) -> Vec<Vec<u8>> {
    let stack = X509::stack_from_pem(text.as_bytes()).unwrap_or_default();
    let mut found: Vec<Vec<u8>> = Vec::new();
    for der in stack
        .iter()
        .map(|certificate| certificate.to_der().expect("DER"))
    {
        if !found.contains(&der) {
            found.push(der);
        }
    }
    found
}
