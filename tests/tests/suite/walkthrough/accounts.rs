//! Real input: accounts from files.
