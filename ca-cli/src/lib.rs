//! ca-cli
