//! The program: one installation of Yishi, and what its operator does with it.

mod attachments;
mod benches;
mod callers;
mod clocks;
mod commands;
mod decidim;
mod demos;
mod divisions;
mod homes;
mod importing;
mod imports;
mod logs;
mod outputs;
mod pabulib;
mod plugins;
mod receipts;
mod recounts;
mod registers;
mod reruns;
mod rule_sets;
mod servers;
mod settings;
mod telemetry;
mod verifications;
mod workbenches;

use std::process::ExitCode;

use commands::{Cli, Command};
use mimalloc::MiMalloc;
use settings::Settings;

/// A vote is hundreds of small allocations on many threads, which this one serves in less time than the system's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let (cli, settings) = settings::load(std::env::args_os()).unwrap_or_else(|error| error.exit());
    if let Command::CompileComponent = cli.command {
        // Runs under limits on memory, so nothing else is started first.
        let compiled = yishi_policy::compilers::run(&mut std::io::stdin(), &mut std::io::stdout());
        return outcome(compiled.map(|()| ExitCode::SUCCESS).map_err(Into::into));
    }
    outcome(start(cli, &settings))
}

fn start(cli: Cli, settings: &Settings) -> anyhow::Result<ExitCode> {
    let told = cli.telemetry.clone();
    // One provider for whatever speaks TLS; a second call would find it there.
    rustls::crypto::ring::default_provider().install_default().ok();
    let telemetry = telemetry::start(&if matches!(
        cli.command,
        Command::Demo(_) | Command::Import(_) | Command::Reports(_) | Command::Bench(_)
    ) {
        told.quietly()
    } else {
        told
    })?;
    let result = tokio::runtime::Runtime::new()?.block_on(run(cli, settings));
    telemetry.stop();
    result
}

/// Runs a command; the few whose findings have exit codes of their own answer with them.
async fn run(cli: Cli, settings: &Settings) -> anyhow::Result<ExitCode> {
    let home = &cli.home;
    let done = match cli.command {
        Command::Verify(options) => return verifications::verify(&options).await,
        Command::Demo(options) => return demos::run(home, &options).await,
        Command::Reports(reports) => return recounts::run(home, &reports).await,
        Command::Import(import) => return importing::run(home, &import).await,
        Command::Plugin(plugin) => return plugins::run(&plugin).await,
        Command::Serve(options) => servers::serve(home, &options).await,
        Command::Work => servers::work(home).await,
        Command::Migrate => home.open().await.map(drop),
        Command::Apply(options) => imports::apply(home, &options).await,
        Command::Token(options) => homes::print_token(home, &options),
        Command::Config(options) => settings.print(options.json),
        Command::Bench(options) => benches::run(&options).await,
        Command::Openapi(options) => outputs::write(match options.events {
            true => yishi_api::schemas::bundle(),
            false => yishi_api::documents::yaml(),
        }),
        Command::Completions { shell } => outputs::write(&commands::completions(shell)?),
        Command::Man => outputs::write(&commands::man()?),
        Command::CompileComponent => unreachable!("handled before the runtime starts"),
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn outcome(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("yishi: {error:#}");
        ExitCode::FAILURE
    })
}
