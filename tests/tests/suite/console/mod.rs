//! The operators' console: who gets in, what a decision does.

mod damage;
mod decisions;
mod door;
mod operators;
mod processes;
