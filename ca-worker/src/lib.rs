//! ca-worker
