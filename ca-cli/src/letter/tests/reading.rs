//! poppler's programs, as strangers who read our PDF.

use std::process::Command;

use super::POINTS_PER_MM;

/// A word with its box in millimetres from the sheet's top left.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) page: usize,
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
    pub(super) text: String,
}

pub(super) fn text(pdf: &[u8]) -> String {
    poppler("pdftotext", &["-raw"], pdf, &["-"])
}

pub(super) fn pages(pdf: &[u8]) -> usize {
    let information = poppler("pdfinfo", &[], pdf, &[]);
    let line = information
        .lines()
        .find(|line| line.starts_with("Pages:"))
        .unwrap();
    line.trim_start_matches("Pages:").trim().parse().unwrap()
}

/// One line per font of the file: name, type, encoding, emb, sub, uni, …
pub(super) fn fonts(pdf: &[u8]) -> Vec<String> {
    poppler("pdffonts", &[], pdf, &[])
        .lines()
        .skip(2)
        .map(str::to_owned)
        .collect()
}

pub(super) fn words(pdf: &[u8]) -> Vec<Word> {
    let mut page = 0;
    let mut words = Vec::new();
    for line in poppler("pdftotext", &["-bbox"], pdf, &["-"])
        .lines()
        .map(str::trim)
    {
        if line.starts_with("<page ") {
            page += 1;
        }
        if line.starts_with("<word ") {
            words.push(word(page, line));
        }
    }
    words
}

fn word(page: usize, line: &str) -> Word {
    let millimetres = |name: &str| {
        let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse::<f64>().unwrap() / POINTS_PER_MM
    };
    let text = line
        .split_once('>')
        .unwrap()
        .1
        .trim_end_matches("</word>")
        .to_owned();
    Word {
        page,
        left: millimetres("xMin"),
        top: millimetres("yMin"),
        right: millimetres("xMax"),
        bottom: millimetres("yMax"),
        text,
    }
}

fn poppler(program: &str, before: &[&str], pdf: &[u8], after: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letters.pdf");
    std::fs::write(&path, pdf).unwrap();
    let output = Command::new(program)
        .args(before)
        .arg(&path)
        .args(after)
        .output()
        .unwrap_or_else(|error| {
            panic!("{program} of Debian's poppler-utils is needed (tests/run installs it): {error}")
        });
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
