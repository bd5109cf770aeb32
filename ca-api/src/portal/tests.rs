//! The portal as a browser gets it.
