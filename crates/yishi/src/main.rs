//! The program: one installation of Yishi, and what its operator does with it.

mod benches;
mod clocks;
mod commands;
mod divisions;
mod homes;
mod imports;
mod outputs;
mod servers;
mod settings;
mod telemetry;

use std::process::ExitCode;

use commands::{Cli, Command};
use settings::Settings;

fn main() -> ExitCode {
    let (cli, settings) = settings::load(std::env::args_os()).unwrap_or_else(|error| error.exit());
    if let Command::CompileComponent = cli.command {
        // Runs under limits on memory, so nothing else is started first.
        return outcome(
            yishi_policy::compilers::run(&mut std::io::stdin(), &mut std::io::stdout()).map_err(Into::into),
        );
    }
    outcome(start(cli, &settings))
}

fn start(cli: Cli, settings: &Settings) -> anyhow::Result<()> {
    let telemetry = telemetry::start(&cli.telemetry)?;
    let result = tokio::runtime::Runtime::new()?.block_on(run(cli, settings));
    telemetry.stop();
    result
}

async fn run(cli: Cli, settings: &Settings) -> anyhow::Result<()> {
    let home = &cli.home;
    match cli.command {
        Command::Serve(options) => servers::serve(home, &options).await,
        Command::Work => servers::work(home).await,
        Command::Migrate => home.open().await.map(drop),
        Command::Apply(options) => imports::apply(home, &options).await,
        Command::Token(options) => homes::print_token(home, &options),
        Command::Config(options) => settings.print(options.json),
        Command::Bench(options) => benches::run(&options).await,
        Command::Openapi => outputs::write(&yishi_api::spec_yaml()),
        Command::Completions { shell } => outputs::write(&commands::completions(shell)?),
        Command::Man => outputs::write(&commands::man()?),
        Command::CompileComponent => unreachable!("handled before the runtime starts"),
    }
}

fn outcome(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("yishi: {error:#}");
            ExitCode::FAILURE
        }
    }
}
