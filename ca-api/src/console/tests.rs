//! The console as operators meet it.
