//! A real browser, as an office clerk uses it.

mod trust;
