//! Settings: each comes from its flag, else its variable, else the file, else its default.
//!
//! The command line's own description is the only list of them: a setting is an option that has a variable. What the file says becomes the
//! options' defaults, so that one precedence, clap's, holds for all.

mod files;
mod known;

use std::{ffi::OsString, path::PathBuf};

use anyhow::Result;
use clap::{
    ArgMatches, Command, CommandFactory as _, FromArgMatches as _,
    error::{Error, ErrorKind},
    parser::ValueSource,
};
use serde::Serialize;

use self::{files::File, known::Setting};
use crate::{
    commands::{COMPILE_COMPONENT, Cli},
    outputs,
};

/// Every setting as it holds for this run.
pub struct Settings {
    known: Vec<Setting>,
    file: Option<File>,
    matches: ArgMatches,
}

/// A setting with its value and where that comes from.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Effective {
    key: String,
    value: Option<String>,
    source: Source,
    flag: String,
    variable: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    Flag,
    Environment,
    File,
    Default,
}

/// Reads the command line, the environment and the file; the error says what to mend, and asks for exit code 2.
pub fn load(args: impl IntoIterator<Item = OsString>) -> Result<(Cli, Settings), Error> {
    let args: Vec<OsString> = args.into_iter().collect();
    let command = Cli::command();
    let known = known::settings(&command);
    // Whoever asks for help gets it whatever the file holds, and the child that compiles reads nothing but its input.
    let first = command.clone().ignore_errors(true).try_get_matches_from(&args)?;
    let file = match first.subcommand_name() {
        Some(COMPILE_COMPONENT) => None,
        _ => files::find(first.get_one::<PathBuf>("config").map(PathBuf::as_path)),
    };
    let file = file.map(|path| files::read(path, &known)).transpose()?;
    let mut matches = with_file(command, file.as_ref()).try_get_matches_from(&args)?;
    let cli = Cli::from_arg_matches_mut(&mut matches.clone())?;
    match cli.home.fault() {
        Some(fault) => Err(Error::raw(ErrorKind::MissingRequiredArgument, format!("{fault}\n"))),
        None => {
            matches.remove_subcommand();
            Ok((cli, Settings { known, file, matches }))
        }
    }
}

impl Settings {
    /// Prints every setting, as a table or as JSON; passwords are masked.
    pub fn print(&self, json: bool) -> Result<()> {
        let settings = self.effective()?;
        let file = self.file.as_ref().map(|file| file.path.display().to_string());
        if json {
            let text = serde_json::to_string_pretty(&serde_json::json!({"file": file, "settings": settings}))?;
            return outputs::write(&format!("{text}\n"));
        }
        let row = |it: &Effective| {
            let value = it.value.clone().unwrap_or_else(|| "-".into());
            [it.key.clone(), value, it.source.name().into(), it.flag.clone(), it.variable.clone()]
        };
        let rows: Vec<_> = settings.iter().map(row).collect();
        let head = ["setting", "value", "source", "flag", "variable"];
        let file = file.unwrap_or_else(|| "none".into());
        outputs::write(&format!("file: {file}\n\n{}", outputs::table(&head, &rows)))
    }

    fn effective(&self) -> Result<Vec<Effective>, Error> {
        self.known.iter().map(|setting| self.effective_of(setting)).collect()
    }

    fn effective_of(&self, setting: &Setting) -> Result<Effective, Error> {
        let from_file = self.file.as_ref().and_then(|file| file.values.get(&setting.key()));
        // What belongs to another command than the one that runs is parsed as that command would.
        let apart = match setting.tables.is_empty() {
            true => None,
            false => Some(setting.parse_alone(from_file)?),
        };
        let matches = apart.as_ref().unwrap_or(&self.matches);
        let id = setting.arg.get_id().as_str();
        let source = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => Source::Flag,
            Some(ValueSource::EnvVariable) => Source::Environment,
            _ if from_file.is_some() => Source::File,
            _ => Source::Default,
        };
        let value = matches.get_raw(id).and_then(|mut values| values.next());
        let value = value.map(|value| setting.shown(&value.to_string_lossy()));
        let (flag, variable) = (setting.flag(), setting.variable());
        Ok(Effective { key: setting.key(), value, source, flag, variable })
    }
}

impl Source {
    const fn name(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::File => "file",
            Self::Default => "default",
        }
    }
}

fn with_file(command: Command, file: Option<&File>) -> Command {
    let Some(file) = file else { return command };
    known::map(command, &|setting, arg| match file.values.get(&setting.key()) {
        Some(value) => arg.default_value(value.clone()).required(false),
        None => arg,
    })
}

#[cfg(test)]
mod tests;
