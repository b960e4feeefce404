//! The topic pool (議題庫): by which words a topic is found, and in which order topics call for attention.

use std::collections::BTreeSet;

use crate::topics::Significance;

/// The longest word that is kept, in characters.
const LONGEST: usize = 40;

/// The words of a text by which it is found, each once.
///
/// Chinese is written without spaces; as retrieval has long done (Kwok, "Comparing representations in Chinese information retrieval", SIGIR 1997), each of its
/// characters and each pair of neighbours counts as a word. Anything else is parted where letters and digits end, and compared in small letters.
pub fn words(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for run in runs(text) {
        match run {
            Run::Han(run) => {
                found.extend(run.iter().map(char::to_string));
                found.extend(run.windows(2).map(|pair| pair.iter().collect()));
            }
            Run::Word(word) => {
                found.insert(word);
            }
        }
    }
    found
}

/// The words that a topic must have to be found by a query: of a run of Chinese its pairs, of a lone character itself.
pub fn asked(query: &str) -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    for run in runs(query) {
        match run {
            Run::Han(run) if run.len() == 1 => {
                asked.insert(run[0].to_string());
            }
            Run::Han(run) => asked.extend(run.windows(2).map(|pair| pair.iter().collect::<String>())),
            Run::Word(word) => {
                asked.insert(word);
            }
        }
    }
    asked
}

enum Run {
    Han(Vec<char>),
    Word(String),
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    for part in text.split(|it: char| !it.is_alphanumeric()) {
        let mut rest: Vec<char> = part.chars().collect();
        while let Some(first) = rest.first() {
            let han = is_han(*first);
            let end = rest.iter().position(|it| is_han(*it) != han).unwrap_or(rest.len());
            let run: Vec<char> = rest.drain(..end).collect();
            runs.push(match han {
                true => Run::Han(run),
                false => Run::Word(stem(&run.iter().collect::<String>().to_lowercase())),
            });
        }
    }
    runs
}

/// An English word without the ending of its plural, so that `lamps` finds `lamp`; no more is taken off.
fn stem(word: &str) -> String {
    let cut = match word {
        _ if word.len() > 4 && word.ends_with("ies") => format!("{}y", &word[..word.len() - 3]),
        _ if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") => word[..word.len() - 1].to_owned(),
        _ => word.to_owned(),
    };
    cut.chars().take(LONGEST).collect()
}

const fn is_han(it: char) -> bool {
    matches!(it, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// What a topic's priority is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// How many support it.
    pub supporters: u64,
    /// How many have commented on it.
    pub commenters: u64,
    /// Whole days since it was raised.
    pub days: u64,
    /// How much hangs on it.
    pub significance: Significance,
}

/// The formula by which [`priority`] goes, as it is published.
pub const FORMULA: &str =
    "10 × supporters + 2 × commenters + days since it was raised (60 at most) + 50 if it is a major matter";

/// How much a topic calls for attention.
pub fn priority(it: Weight) -> u64 {
    let major = if it.significance == Significance::Major { 50 } else { 0 };
    10 * it.supporters + 2 * it.commenters + it.days.min(60) + major
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_found_by_what_it_says_in_either_language() {
        let text = words("3号楼加装电梯 Lifts for old buildings, WiFi 2");
        let finds = |query: &str| asked(query).is_subset(&text);
        for query in ["电梯", "加装电梯", "梯", "lift", "OLD building", "3", "wifi 电梯", ""] {
            assert!(finds(query), "{query}");
        }
        for query in ["电楼", "装梯", "stairs", "build"] {
            assert!(!finds(query), "{query}");
        }
    }

    #[test]
    fn priority_is_the_published_formula() {
        let weight = Weight { supporters: 12, commenters: 3, days: 400, significance: Significance::Major };
        assert_eq!(priority(weight), 120 + 6 + 60 + 50);
        assert_eq!(priority(Weight { significance: Significance::General, days: 1, ..weight }), 127);
    }
}
