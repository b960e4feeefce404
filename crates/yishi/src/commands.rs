//! The command line.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use yishi_domain::MemberId;

use crate::{
    benches, demos::Demo, homes::Home, importing::Import, plugins::Plugin, recounts::Reports, servers::Address,
    telemetry, verifications::Verify,
};

/// The hidden command of the child process that compiles a component.
pub const COMPILE_COMPONENT: &str = "compile-component";

const EXAMPLES: &str = "\
Examples:
  yishi demo                            see it all at work, then http://127.0.0.1:8080/docs
  yishi apply zhejiang.csv --sandbox    onboard a province's cities, to try things out
  yishi serve                           then open http://127.0.0.1:8080/docs
  yishi token --platform                a token for an operator
  yishi config                          every setting, and where its value comes from

Settings come from flags, then from variables of the environment, then from a file (--config, else ./yishi.toml, else \
/etc/yishi/yishi.toml), then from defaults.

Exit codes: 0 done; 1 it failed, the reason is on standard error; 2 wrong usage, or a wrong setting; others are in the help \
of their command.";

const SETTINGS: &str = "\
The file is TOML. What belongs to every command stands first, what belongs to one under its name:
  data_dir = \"/var/lib/yishi\"
  log_format = \"json\"

  [serve]
  listen = \"0.0.0.0:8080\"

Flags are named as settings, with `-` for `_`. Passwords are never printed.";

/// Yishi (議事): grassroots democratic deliberation for the cities of a province.
///
/// Without a database URL, Yishi runs a PostgreSQL of its own in the data directory.
#[derive(Debug, Parser)]
#[command(name = "yishi", version, after_help = EXAMPLES)]
pub struct Cli {
    /// The file with settings, instead of `yishi.toml` here or in `/etc/yishi`
    #[arg(long, global = true, value_name = "FILE", env = "YISHI_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where the installation keeps its things.
    #[command(flatten)]
    pub home: Home,
    /// What it tells about itself.
    #[command(flatten)]
    pub telemetry: telemetry::Options,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves the interface, and works in the background unless told not to
    #[command(after_help = "Example: yishi serve --listen 127.0.0.1:8080\nThen open http://127.0.0.1:8080/docs")]
    Serve(Serve),
    /// Works in the background alone: gives events their place in the record and signs it
    Work,
    /// Onboards a province, runs one story in two of its cities under rules of their own, shows it, and serves on
    #[command(
        after_help = "A second run finds everything done and shows the same. Its cities are sandboxes, so give it a data directory of its own.\n\
                      Exit codes: 0 every step gave what it should; 1 one did not; 2 wrong usage.\n\
                      Example: yishi demo --data-dir yishi-demo --exit"
    )]
    Demo(Demo),
    /// Brings the database's schema up to date
    Migrate,
    /// Onboards the cities of a province from its division list; a second run changes nothing
    #[command(
        after_help = "The list is CSV with the header code,level,name,parent_code; codes are the national statistical ones.\n\
                            Example: yishi apply zhejiang.csv --sandbox"
    )]
    Apply(Apply),
    /// Imports files: registers, and real elections
    #[command(subcommand)]
    Import(Import),
    /// Proves what reports are made of, and repairs it
    #[command(subcommand)]
    Reports(Reports),
    /// Signs a bearer token with the installation's own key
    #[command(after_help = "Examples:\n  yishi token --platform\n  yishi token --tenant 3301 --member 0190a8f0-...")]
    Token(Token),
    /// Prints every setting, its value and where that comes from
    #[command(after_help = SETTINGS)]
    Config(Configuration),
    /// Measures this program on this machine, on a database of its own
    #[command(
        after_help = "Example: yishi bench onboard --json\nWhat is compared is measured in the same run, in turns."
    )]
    Bench(benches::Options),
    /// Verifies a decision from its bundle alone and runs its rules again, a voter's receipt, or that a record only grows
    Verify(Verify),
    /// Checks and tries a city's rules, and brings them to a server
    #[command(subcommand)]
    Plugin(Plugin),
    /// Prints the interface's description (OpenAPI), or what events say (JSON Schema)
    Openapi(Description),
    /// Prints a shell's completions
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Prints the manual page
    Man,
    /// Compiles a component from standard input to standard output, under limits
    #[command(name = COMPILE_COMPONENT, hide = true)]
    CompileComponent,
}

/// How to serve.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where.
    #[command(flatten)]
    pub address: Address,
    /// Leaves the work in the background to `yishi work`
    #[arg(long, env = "YISHI_NO_WORKERS", value_parser = clap::builder::BoolishValueParser::new())]
    pub no_workers: bool,
}

/// What to describe.
#[derive(Debug, Args)]
pub struct Description {
    /// Prints the schemas of events instead
    #[arg(long)]
    pub events: bool,
}

/// What to onboard.
#[derive(Debug, Args)]
pub struct Apply {
    /// The division list
    pub file: PathBuf,
    /// Makes new tenants sandboxes, whose clock can be moved; a tenant keeps its mode for good
    #[arg(long)]
    pub sandbox: bool,
    /// Prints what was done as JSON
    #[arg(long)]
    pub json: bool,
}

/// How to print the settings.
#[derive(Debug, Args)]
pub struct Configuration {
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

/// Whom a token speaks for.
#[derive(Debug, Args)]
pub struct Token {
    /// For an operator of the platform
    #[arg(long, conflicts_with_all = ["tenant", "member"], required_unless_present = "member")]
    pub platform: bool,
    /// For a member of this tenant
    #[arg(long, requires = "member")]
    pub tenant: Option<String>,
    /// The member
    #[arg(long, requires = "tenant")]
    pub member: Option<MemberId>,
    /// For how many hours it is good
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=8760))]
    pub hours: u16,
}

/// A shell's completions.
pub fn completions(shell: clap_complete::Shell) -> Result<String> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "yishi", &mut text);
    Ok(String::from_utf8(text)?)
}

/// The manual page.
pub fn man() -> Result<String> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut text)?;
    Ok(String::from_utf8(text)?)
}
