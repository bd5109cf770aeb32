//! The console as operators meet it: who gets in, what decisions do, how every state looks.

mod access;
mod browser;
mod certificates;
mod contact;
mod decisions;
mod delegations;
mod desk;
mod expiring;
mod gallery;
mod language;
mod mails;
mod notices;
mod paper;
mod reissue;
