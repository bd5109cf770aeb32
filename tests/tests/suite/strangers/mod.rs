//! Strangers at the door: thousands of sockets, slow requests, floods of logins.

mod logins;
mod sockets;
