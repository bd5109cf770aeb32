//! Rules of the house that no compiler checks, each written once and kept by a test.

mod advisories;
mod arrows;
mod dependencies;
mod documents;
mod licences;
mod source;
