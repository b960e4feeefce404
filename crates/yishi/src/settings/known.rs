//! Which settings there are, as the command line describes them.

use std::{any::TypeId, ffi::OsString};

use clap::{
    Arg, ArgMatches, Command,
    error::{ContextKind, ContextValue, Error},
};

/// One setting.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The commands that it belongs to, outermost first; none where it belongs to all.
    pub tables: Vec<String>,
    /// Its option.
    pub arg: Arg,
}

/// The form of a value in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `true` or `false`.
    Boolean,
    /// An integer.
    Integer,
    /// A string.
    String,
}

/// Lists the settings: the options that have a variable, but for the one that names the file.
pub fn settings(command: &Command) -> Vec<Setting> {
    let mut found = Vec::new();
    collect(command, &mut Vec::new(), &mut found);
    found
}

/// Changes the option of each setting.
pub fn map(command: Command, change: &dyn Fn(&Setting, Arg) -> Arg) -> Command {
    map_under(command, &[], change)
}

impl Setting {
    /// Its full name in the file, such as `serve.listen`.
    pub fn key(&self) -> String {
        let tables: String = self.tables.iter().map(|table| format!("{}.", plain(table))).collect();
        format!("{tables}{}", self.name())
    }

    /// Its name inside its table, such as `listen`.
    pub fn name(&self) -> String {
        plain(self.arg.get_long().unwrap_or_default())
    }

    /// Its flag, such as `--listen`.
    pub fn flag(&self) -> String {
        format!("--{}", self.arg.get_long().unwrap_or_default())
    }

    /// Its variable, such as `YISHI_LISTEN`.
    pub fn variable(&self) -> String {
        self.arg.get_env().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The form of its value in the file.
    pub fn form(&self) -> Form {
        let integers = [TypeId::of::<u16>(), TypeId::of::<u32>(), TypeId::of::<u64>(), TypeId::of::<usize>()];
        let parsed = self.arg.get_value_parser().type_id();
        match () {
            () if !self.arg.get_action().takes_values() => Form::Boolean,
            () if integers.iter().any(|integer| parsed == *integer) => Form::Integer,
            () => Form::String,
        }
    }

    /// A value as it may be shown: a URL without its password, and nothing of a secret that is not a URL.
    pub fn shown(&self, value: &str) -> String {
        match (value.contains("://"), self.is_secret()) {
            (true, _) => masked(value),
            (false, true) => "***".into(),
            (false, false) => value.to_owned(),
        }
    }

    /// Says why the option does not take a value, and what it would take.
    pub fn refuses(&self, value: &str) -> Option<String> {
        let error = parse(self.alone().default_value(value.to_owned())).err()?;
        if let Some(ContextValue::Strings(all)) = error.get(ContextKind::ValidValue) {
            return Some(format!("it is one of {}", all.join(", ")));
        }
        Some(std::error::Error::source(&error).map_or_else(|| error.kind().to_string(), ToString::to_string))
    }

    /// Parses it from its variable, what the file says, and its default, in that order.
    pub fn parse_alone(&self, from_file: Option<&String>) -> Result<ArgMatches, Error> {
        let arg = self.alone().env(OsString::from(self.variable()));
        parse(match from_file {
            Some(value) => arg.default_value(value.clone()),
            None => arg.default_values(self.arg.get_default_values().to_vec()),
        })
    }

    /// Its option without what ties it to others.
    fn alone(&self) -> Arg {
        Arg::new(self.arg.get_id().clone())
            .long(self.arg.get_long().unwrap_or_default().to_owned())
            .action(self.arg.get_action().clone())
            .value_parser(self.arg.get_value_parser().clone())
    }

    fn is_secret(&self) -> bool {
        self.arg.is_hide_env_values_set()
    }
}

/// A name with `_` for `-`; the file may write either.
pub fn plain(name: &str) -> String {
    name.replace('-', "_")
}

fn parse(arg: Arg) -> Result<ArgMatches, Error> {
    Command::new("yishi").no_binary_name(true).arg(arg).try_get_matches_from([""; 0])
}

fn collect(command: &Command, tables: &mut Vec<String>, found: &mut Vec<Setting>) {
    for arg in command.get_arguments().filter(|arg| is_setting(arg)) {
        found.push(Setting { tables: tables.clone(), arg: arg.clone() });
    }
    for inner in command.get_subcommands() {
        tables.push(inner.get_name().to_owned());
        collect(inner, tables, found);
        tables.pop();
    }
}

fn map_under(command: Command, tables: &[String], change: &dyn Fn(&Setting, Arg) -> Arg) -> Command {
    let command = command.mut_args(|arg| match is_setting(&arg) {
        true => change(&Setting { tables: tables.to_vec(), arg: arg.clone() }, arg),
        false => arg,
    });
    command.mut_subcommands(|inner| {
        let tables: Vec<String> = tables.iter().cloned().chain([inner.get_name().to_owned()]).collect();
        map_under(inner, &tables, change)
    })
}

fn is_setting(arg: &Arg) -> bool {
    arg.get_long().is_some() && arg.get_env().is_some() && arg.get_id() != "config"
}

/// Masks what stands between the user and the last `@`, and parameters that are named after a password.
fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "***".into() };
    let rest = match rest.rsplit_once('@') {
        Some((account, host)) => match account.split_once(':') {
            Some((user, _)) => format!("{user}:***@{host}"),
            None => rest.to_owned(),
        },
        None => rest.to_owned(),
    };
    let Some((place, parameters)) = rest.split_once('?') else { return format!("{scheme}://{rest}") };
    let parameters = parameters.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, _)) if name.to_lowercase().contains("password") => format!("{name}=***"),
        _ => parameter.to_owned(),
    });
    format!("{scheme}://{place}?{}", parameters.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_password_is_masked_wherever_a_url_may_carry_it() {
        let check = |url, expected: &str| assert_eq!(masked(url), expected);
        check("postgres://o:p@db:5432/yishi", "postgres://o:***@db:5432/yishi");
        check("postgres://o:p@ss/w?rd@db/yishi?sslmode=require", "postgres://o:***@db/yishi?sslmode=require");
        check("postgres:///yishi?host=a&user=o&password=p", "postgres:///yishi?host=a&user=o&password=***");
        check("postgres://o@db/yishi", "postgres://o@db/yishi");
    }
}
