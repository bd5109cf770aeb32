//! What commands write: to readers that go away, to standard output instead of a file, and about what they found.

mod facts;
mod readers;
mod standard_output;
