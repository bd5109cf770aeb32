//! A real browser, as an office clerk and an operator use it.

mod clerk;
mod console;
mod help;
mod reissue;
mod trust;
