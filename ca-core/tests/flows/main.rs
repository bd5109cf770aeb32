//! The flows on both databases: what each verb changes, what it refuses, what it leaves alone.
mod accounts;
mod audit;
mod login;
mod requests;
mod signing;
mod world;
