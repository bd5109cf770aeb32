//! Programs that are told to end, to begin anew, to make room for the next version: nothing is lost by it.

mod proxied;
mod reload;
mod rolling;
mod stop;
