//! Bad input and bad weather: each a clear message with the next step, a non-zero exit, nothing half done.

mod accounts;
mod configuration;
mod database;
mod weather;
