//! `ca-cli`: everything that staff does at the command line.

use std::io::{self, Write};
use std::process::ExitCode;

use ca_cli::command::{self, Cli};
use ca_cli::message;
use ca_cli::output::Output;
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log(&cli);
    let _scenario = ca_core::fault::from_environment();
    ca_core::process::close_off();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "ca-cli: {}", message::of(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    let mut out = Output::new(io::stdout().lock());
    command::run(cli, &mut out)?;
    // What a full disk did not take would go unnoticed after this.
    Ok(out.flush()?)
}

/// Warnings to standard error; `RUST_LOG` asks for more (`info`, `ca_worker=debug`).
fn start_log(cli: &Cli) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let usual = tracing_subscriber::EnvFilter::new(cli.usual_log());
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or(usual))
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_target(false)
        .init();
}
