//! Template and data to one PDF/A-2b. No system font, no package, no clock: the same data give the same bytes.

use std::borrow::Cow;
use std::path::PathBuf;

use secrecy::ExposeSecret;
use secrecy::zeroize::Zeroizing;
use typst::diag::{FileError, FileResult, SourceDiagnostic, Warned};
use typst::foundations::{Bytes, Dict};
use typst::syntax::{FileId, Source, VirtualRoot};
use typst::text::Font;
use typst::{World, WorldExt};
use typst_as_lib::TypstEngine;
use typst_as_lib::file_resolver::FileResolver;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use super::{LetterError, LetterText, ReminderText, RunText, Template, font, glyph, input};

/// The template's name inside typst; errors show [`Template`]'s own.
const MAIN: &str = "letter.typ";

/// Begins the message by which a template says that an address does not fit; the user IDs follow, with commas between.
const ADDRESS_TOO_LONG: &str = "address-too-long:";

/// Begins the message by which a template says that what every letter says does not fit; the block's name follows.
const BLOCK_TOO_LONG: &str = "block-too-long:";

/// Prints all `letters` into one PDF/A-2b, a sheet each.
///
/// The PDF holds the passwords in the clear and is wiped when dropped. typst's own copies are
/// freed before this returns but cannot be overwritten: run it in a short-lived process.
///
/// # Errors
/// [`LetterError`] when a character has no glyph (checked before anything is laid out), when an address
/// does not fit its window, when the template is wrong.
pub fn render(
    run: &RunText,
    letters: &[LetterText],
    template: &Template,
) -> Result<Zeroizing<Vec<u8>>, LetterError> {
    let fonts = font::load(&template.fonts)?;
    glyph::check(run, letters, &fonts)?;
    let inputs = input::inputs(run, letters)?;
    draw(inputs, fonts, letters, template)
}

/// Prints all `reminders` into one PDF/A-2b, a sheet each.
///
/// # Errors
/// As [`render`].
pub fn render_reminders(
    run: &RunText,
    reminders: &[ReminderText],
    template: &Template,
) -> Result<Zeroizing<Vec<u8>>, LetterError> {
    let fonts = font::load(&template.fonts)?;
    glyph::check_reminders(run, reminders, &fonts)?;
    let inputs = input::reminder_inputs(run, reminders)?;
    draw(inputs, fonts, &[], template)
}

/// Lays out `inputs`; the passwords of `letters` are struck out of what an error says.
fn draw(
    inputs: Dict,
    fonts: Vec<Font>,
    letters: &[LetterText],
    template: &Template,
) -> Result<Zeroizing<Vec<u8>>, LetterError> {
    let engine = TypstEngine::builder()
        .main_file((MAIN, template.source.as_str()))
        .add_file_resolver(Beside(template.folder.clone()))
        .fonts(fonts)
        .build();
    let result = engine
        .world_builder()
        .with_inputs(inputs)
        .build()
        .map_err(|error| unplaced(template, &error.to_string()))
        .and_then(|world| {
            export(&world).map_err(|errors| explain(&errors, &world, letters, template))
        });
    // typst remembers every layout it made, passwords included, until told to forget.
    comemo::evict(0);
    result
}

fn export(world: &dyn World) -> Result<Zeroizing<Vec<u8>>, Vec<SourceDiagnostic>> {
    let Warned { output, warnings } = typst::compile::<PagedDocument>(world);
    let document = output.map_err(|errors| errors.to_vec())?;
    // A warning means another look than the template's author meant, such as a font that is not there.
    if !warnings.is_empty() {
        return Err(warnings.to_vec());
    }
    let standards = PdfStandards::new(&[PdfStandard::A_2b]).map_err(|error| {
        vec![SourceDiagnostic::error(
            typst::syntax::Span::detached(),
            error.message().clone(),
        )]
    })?;
    // Tags are for screen readers; this file goes to the printer, a third smaller without.
    let options = PdfOptions {
        standards,
        tagged: false,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options)
        .map(Zeroizing::new)
        .map_err(|errors| errors.to_vec())
}

/// The first error in words, with its place.
fn explain(
    errors: &[SourceDiagnostic],
    world: &dyn World,
    letters: &[LetterText],
    template: &Template,
) -> LetterError {
    let Some(error) = errors.first() else {
        return unplaced(template, "typst");
    };
    if let Some((_, user_id)) = error.message.split_once(ADDRESS_TOO_LONG) {
        return LetterError::AddressTooLong {
            user_id: user_id.trim_matches(['"', ' ']).replace(',', ", "),
        };
    }
    if let Some((_, block)) = error.message.split_once(BLOCK_TOO_LONG) {
        return LetterError::BlockTooLong(block.trim_matches(['"', ' ']).to_owned());
    }
    let id = error.span.id();
    let source = id.and_then(|id| world.source(id).ok());
    let line = source
        .zip(world.range(error.span))
        .and_then(|(source, range)| source.lines().byte_to_line(range.start));
    let hints = error
        .hints
        .iter()
        .map(|hint| format!(" ({})", hint.v))
        .collect::<String>();
    LetterError::Template {
        file: id.map_or_else(|| template.name.clone(), |id| file_name(id, template)),
        line: line.map(|line| line + 1),
        message: strike_out(&format!("{}{hints}", error.message), letters),
    }
}

fn unplaced(template: &Template, message: &str) -> LetterError {
    LetterError::Template {
        file: template.name.clone(),
        line: None,
        message: message.to_owned(),
    }
}

fn file_name(id: FileId, template: &Template) -> String {
    let path = id.vpath().get_without_slash();
    match &template.folder {
        Some(folder) if path != MAIN => folder.join(path).display().to_string(),
        _ => template.name.clone(),
    }
}

/// A template's own `panic(letter)` would print everything it was given.
fn strike_out(message: &str, letters: &[LetterText]) -> String {
    let passwords = letters
        .iter()
        .flat_map(|letter| [&letter.login_password, &letter.issuance_password])
        .map(ExposeSecret::expose_secret);
    passwords
        .flat_map(|password| std::iter::once(password).chain(input::groups(password)))
        .fold(message.to_owned(), |message, secret| {
            message.replace(secret, "…")
        })
}

/// Files in the template's own folder. Packages and everything above the folder are out of reach.
struct Beside(Option<PathBuf>);

impl Beside {
    fn read(&self, id: FileId) -> FileResult<Vec<u8>> {
        let name = PathBuf::from(id.vpath().get_without_slash());
        let folder = match (&self.0, id.root()) {
            (Some(folder), VirtualRoot::Project) => folder,
            _ => return Err(FileError::NotFound(name)),
        };
        let path = id
            .vpath()
            .realize(folder)
            .map_err(|_| FileError::NotFound(name))?;
        std::fs::read(&path).map_err(|error| FileError::from_io(error, &path))
    }
}

impl FileResolver for Beside {
    fn resolve_binary(&self, id: FileId) -> FileResult<Cow<'_, Bytes>> {
        Ok(Cow::Owned(Bytes::new(self.read(id)?)))
    }

    fn resolve_source(&self, id: FileId) -> FileResult<Cow<'_, Source>> {
        let text = String::from_utf8(self.read(id)?).map_err(|_| FileError::InvalidUtf8)?;
        Ok(Cow::Owned(Source::new(id, text)))
    }
}
