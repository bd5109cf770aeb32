//! PostgreSQL as it is run: roles, encrypted connections, several programs at once, calls that wake.
mod calls;
mod migration;
mod roles;
mod several;
mod tls;
