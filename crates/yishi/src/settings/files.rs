//! The configuration file: where it is, and whether all that it says can be done.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::error::{Error, ErrorKind};
use toml::{Table, Value};

use super::known::{Form, Setting, plain};

/// Where it is looked for when none is named.
const PLACES: [&str; 2] = ["yishi.toml", "/etc/yishi/yishi.toml"];

/// A file that was read, and every value in it was found to be sound.
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// Its values by the settings' keys.
    pub values: BTreeMap<String, String>,
}

/// Finds the file: the one named, else the first there is.
pub fn find(named: Option<&Path>) -> Option<PathBuf> {
    named.map(Path::to_owned).or_else(|| PLACES.iter().map(PathBuf::from).find(|place| place.exists()))
}

/// Reads a file, or names everything that is wrong with it.
pub fn read(path: PathBuf, known: &[Setting]) -> Result<File, Error> {
    let text = std::fs::read_to_string(&path)
        .map_err(|error| refusal(&path, &[format!("cannot be read ({error}); --config FILE names another")]))?;
    let values = values(&text, known).map_err(|faults| refusal(&path, &faults))?;
    Ok(File { path, values })
}

/// The values of a file's text, or what is wrong with it.
pub fn values(text: &str, known: &[Setting]) -> Result<BTreeMap<String, String>, Vec<String>> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        // The parser's own picture of the line would show a password that stands on it.
        let before = error.span().map_or("", |span| &text[..span.start.min(text.len())]);
        let line = before.matches('\n').count() + 1;
        let hint = "the form is TOML, such as data_dir = \"yishi-data\"";
        vec![format!("line {line}: {}; {hint}", error.message().replace('\n', ", "))]
    })?;
    let mut found = BTreeMap::new();
    let mut faults = Vec::new();
    walk(&table, "", known, &mut found, &mut faults);
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn walk(table: &Table, above: &str, known: &[Setting], found: &mut BTreeMap<String, String>, faults: &mut Vec<String>) {
    for (name, value) in table {
        let key = format!("{above}{}", plain(name));
        let inner = format!("{key}.");
        let is_table = known.iter().any(|setting| setting.key().starts_with(&inner));
        let setting = known.iter().find(|setting| setting.key() == key);
        let outcome = match (value, setting) {
            (Value::Table(table), _) if is_table => {
                walk(table, &inner, known, found, faults);
                continue;
            }
            (_, _) if is_table => Err(format!("`{key}` is a table: write its settings under [{key}]")),
            (_, None) => Err(unknown(&key, above, known)),
            (value, Some(setting)) => sound(setting, value).map_err(|fault| format!("`{key}` {fault}")),
        };
        let kept = outcome.and_then(|text| match found.insert(key.clone(), text) {
            None => Ok(()),
            Some(_) => Err(format!("`{key}` stands twice, with `-` and with `_`; keep one")),
        });
        faults.extend(kept.err());
    }
}

/// The value as its option reads it.
fn sound(setting: &Setting, value: &Value) -> Result<String, String> {
    let text = match (setting.form(), value) {
        (Form::Boolean, Value::Boolean(value)) => value.to_string(),
        (Form::Integer, Value::Integer(value)) => value.to_string(),
        (Form::String, Value::String(value)) => value.clone(),
        (form, other) => {
            let (name, kind) = (setting.name(), other.type_str());
            return Err(match form {
                Form::Boolean => format!("holds a TOML {kind}; write {name} = true or {name} = false"),
                Form::Integer => format!("holds a TOML {kind}; write a number without quotes, such as {name} = 10"),
                Form::String => format!("holds a TOML {kind}; write a string in quotes, such as {name} = \"..\""),
            });
        }
    };
    match setting.refuses(&text) {
        Some(reason) => Err(format!("is \"{}\": {reason}", setting.shown(&text))),
        None => Ok(text),
    }
}

fn unknown(key: &str, above: &str, known: &[Setting]) -> String {
    let name = key.strip_prefix(above).unwrap_or(key);
    if let Some(elsewhere) = known.iter().find(|setting| setting.name() == name) {
        let place = match elsewhere.tables.is_empty() {
            true => "at the top, before every table".to_owned(),
            false => format!("under [{}]", elsewhere.key().trim_end_matches(&format!(".{name}"))),
        };
        return format!("`{key}` is no setting: `{name}` stands {place}");
    }
    let all: Vec<_> = known.iter().map(Setting::key).collect();
    format!("`{key}` is no setting; there are {}", all.join(", "))
}

fn refusal(path: &Path, faults: &[String]) -> Error {
    let lines: String = faults.iter().map(|fault| format!("{}: {fault}\n", path.display())).collect();
    Error::raw(ErrorKind::ValueValidation, lines)
}
