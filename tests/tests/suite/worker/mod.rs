//! The signer as a process: what it refuses to sign, when it signs, how it dies and comes back.

mod aborts;
mod acts;
mod counted;
mod ends;
mod faults;
mod hostile;
mod hours;
mod journal;
mod kills;
mod mail;
mod missing_key;
mod several;
mod trust;
mod weather;
