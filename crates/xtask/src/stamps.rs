//! Leaves out work whose inputs have not changed since it last passed.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::steps::Done;

/// Does the work, unless the inputs (files, or folders with all that is in them) and the words are as when it last passed.
pub fn unless_unchanged(
    root: &Path,
    name: &str,
    inputs: &[&str],
    words: &[&str],
    work: impl FnOnce() -> Result<Done>,
) -> Result<Done> {
    let stamp = root.join("target/xtask").join(format!("{name}.stamp"));
    let print = fingerprint(root, inputs, words)?;
    if fs::read_to_string(&stamp).is_ok_and(|kept| kept == print) {
        return Ok(Done::Unchanged);
    }
    let done = work()?;
    if matches!(done, Done::Ran) {
        fs::create_dir_all(root.join("target/xtask"))?;
        fs::write(&stamp, print)?;
    }
    Ok(done)
}

/// Every file under a folder, in order; a file is itself.
pub fn files(path: &Path) -> Result<Vec<PathBuf>> {
    const GENERATED: &[&str] = &["target", "node_modules", ".git", "yishi-data"];
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)
        .with_context(|| format!("cannot list {}", path.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    entries.retain(|entry| !entry.is_symlink());
    entries.retain(|entry| !GENERATED.iter().any(|name| entry.file_name().is_some_and(|it| it == *name)));
    entries.sort();
    let nested = entries.iter().map(|entry| files(entry)).collect::<Result<Vec<_>>>()?;
    Ok(nested.into_iter().flatten().collect())
}

fn fingerprint(root: &Path, inputs: &[&str], words: &[&str]) -> Result<String> {
    // Only this program's own next run reads it, so the standard library's hasher is enough.
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    for input in inputs {
        for file in files(&root.join(input))? {
            file.strip_prefix(root)?.hash(&mut hasher);
            fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?.hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_again_only_when_an_input_or_a_word_changed() -> Result<()> {
        let root = std::env::temp_dir().join(format!("yishi-stamps-{}", std::process::id()));
        fs::create_dir_all(root.join("chart"))?;
        fs::write(root.join("chart/a"), "1")?;
        let ran = |word: &str, fails: bool| -> Result<bool> {
            let done = unless_unchanged(&root, "it", &["chart"], &[word], || {
                anyhow::ensure!(!fails, "it failed");
                Ok(Done::Ran)
            })?;
            Ok(matches!(done, Done::Ran))
        };
        assert!(ran("v1", true).is_err());
        assert!(ran("v1", false)?, "a failure leaves no stamp");
        assert!(!ran("v1", false)?);
        assert!(ran("v2", false)?, "another version of a tool is a change");
        fs::write(root.join("chart/b"), "2")?;
        assert!(ran("v2", false)?, "a new file is a change");
        fs::remove_dir_all(root)?;
        Ok(())
    }
}
