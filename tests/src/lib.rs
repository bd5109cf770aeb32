//! What the whole-system tests stand on: real processes, real databases, a real browser, strangers
//! that open our files. Every part cleans up after itself, also when its test fails.
//!
//! Nothing here is clever about a missing part: it panics and says what to install or build, because
//! a test that is skipped silently tests nothing.

pub mod applicant;
pub mod authority;
pub mod browser;
pub mod calendar;
pub mod camera;
pub mod cluster;
pub mod crowd;
pub mod database;
pub mod desk;
pub mod folder;
pub mod foundry;
pub mod inside;
pub mod journal_file;
pub mod letter;
pub mod mail;
pub mod member;
pub mod nginx;
pub mod node;
pub mod operator;
pub mod page;
pub mod pkcs12;
pub mod port;
pub mod process;
pub mod program;
pub mod proxy;
pub mod repository;
pub mod script;
pub mod secret;
pub mod service;
pub mod site;
pub mod small_disk;
pub mod smtp;
pub mod token;
pub mod walkthrough;
