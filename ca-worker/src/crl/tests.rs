//! Lists: what is in them, when they are made, and what a crash or a second worker does to them.
mod form;
mod schedule;
mod world;
