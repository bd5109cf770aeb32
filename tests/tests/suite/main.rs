//! The whole-system tests: one program, so that it is linked once.

mod applicant;
mod audit;
mod backup;
mod bad_input;
mod browser;
mod canary;
mod checkpoints;
mod command_line;
mod console;
mod database;
mod documented;
mod fences;
mod graceful;
mod harness;
mod inspection;
mod monitoring;
mod ocsp;
mod outage;
mod portal;
mod revocation;
mod schema;
mod strangers;
mod token;
mod walkthrough;
mod worker;
