//! ca-core
