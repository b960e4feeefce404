//! Work orders of the citizens' hotline 12345 (工单): each city's hotline has its own columns and words, which a mapping names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::{
    Refusal,
    books::{Cells, Fault},
    workflow::{Stage, coded},
};

coded! {
    /// Where a work order stands.
    WorkStatus {
        /// It was accepted (受理).
        Accept = "accept",
        /// It was given to whoever carries it out (派单).
        Dispatch = "dispatch",
        /// It is settled, one way or the other (办结).
        Done = "done",
        /// Whoever raised it was asked what they think of it (回访).
        CallBack = "call_back",
    }
}

/// How a hotline writes its work orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The columns.
    pub columns: Columns,
    /// The words for each status; the first is the one that is written.
    pub statuses: BTreeMap<WorkStatus, Vec<String>>,
    /// The category of topics that each of its categories is; the rules say where none is named.
    pub categories: BTreeMap<String, String>,
    /// The score, of 100, that each word of whoever was called back is.
    pub scores: BTreeMap<String, u8>,
    /// The code of the unit to which an order belongs that names none.
    pub unit: Option<String>,
}

/// The names of the columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns {
    /// The order's number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// What it says.
    pub text: String,
    /// Where it stands.
    pub status: String,
    /// The statistical code of the unit that it belongs to.
    pub unit: Option<String>,
    /// Its category, in the hotline's words.
    pub category: Option<String>,
    /// What whoever was called back thinks of it, in the hotline's words.
    pub score: Option<String>,
    /// What there is to say: of a call back from the hotline, of what was done from the city.
    pub note: Option<String>,
    /// Who carries it out.
    pub agency: Option<String>,
    /// By when it is to be done.
    pub due: Option<String>,
    /// When it came to where it stands.
    pub changed: Option<String>,
}

/// A work order as it comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkOrder {
    /// Its number.
    pub number: String,
    /// Where it stands for the hotline.
    pub status: WorkStatus,
    /// Its title.
    pub title: String,
    /// What it says.
    pub text: String,
    /// The code of its unit.
    pub unit: Option<String>,
    /// The category of topics.
    pub category: Option<String>,
    /// What whoever was called back thinks of it, of 100.
    pub score: Option<u8>,
    /// What they said.
    pub note: Option<String>,
}

/// A work order as it goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Its number.
    pub number: String,
    /// What it is called.
    pub title: String,
    /// Where it stands.
    pub status: WorkStatus,
    /// Who carries it out.
    pub agency: Option<String>,
    /// By when it is to be done.
    pub due: Option<String>,
    /// What there is to say.
    pub note: Option<String>,
    /// When it came to where it stands.
    pub changed: String,
}

/// Where an order stands by its case; one that goes on after its caller was called back stands where its case does.
pub fn status(stage: Stage, called: bool, called_back: bool) -> WorkStatus {
    match stage {
        Stage::Done | Stage::Closed | Stage::Rejected | Stage::Merged | Stage::Withdrawn | Stage::NotAdopted => {
            if called_back {
                WorkStatus::CallBack
            } else {
                WorkStatus::Done
            }
        }
        Stage::Executing => WorkStatus::Dispatch,
        _ if called => WorkStatus::Dispatch,
        _ => WorkStatus::Accept,
    }
}

impl Columns {
    fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let sure = [("number", &self.number), ("title", &self.title), ("text", &self.text), ("status", &self.status)];
        let more = [
            ("unit", &self.unit),
            ("category", &self.category),
            ("score", &self.score),
            ("note", &self.note),
            ("agency", &self.agency),
            ("due", &self.due),
            ("changed", &self.changed),
        ];
        let more = more.into_iter().filter_map(|(field, name)| Some((field, name.as_deref()?)));
        sure.into_iter().map(|(field, name)| (field, name.as_str())).chain(more)
    }
}

impl Mapping {
    /// Refuses a mapping by which an order could not be read in one way alone.
    pub fn validate(&self) -> Result<(), Refusal> {
        let bad = |field: String, text: &str| Err(Refusal::invalid("work_order.bad_mapping", field, text));
        let mut seen = BTreeSet::new();
        for (field, name) in self.columns.named() {
            if name.trim().is_empty() || name.chars().count() > 100 {
                return bad(format!("columns.{field}"), "a column's name has 1 to 100 characters");
            }
            if !seen.insert(name) {
                return bad(format!("columns.{field}"), "another field has this column");
            }
        }
        let mut seen = BTreeSet::new();
        for status in WorkStatus::ALL {
            let words = self.statuses.get(status).map_or(&[][..], Vec::as_slice);
            if words.is_empty() {
                return bad(format!("statuses.{status}"), "name at least one word");
            }
            if !words.iter().all(|it| !it.trim().is_empty() && seen.insert(it.as_str())) {
                return bad(format!("statuses.{status}"), "a word is empty, or stands twice");
            }
        }
        if self.scores.values().any(|it| *it > 100) {
            return bad("scores".into(), "a score lies between 0 and 100");
        }
        Ok(())
    }

    /// Reads an order, or tells all that is wrong with it.
    pub fn read(&self, mut cells: Cells) -> Result<WorkOrder, Vec<Fault>> {
        let columns = &self.columns;
        let mut faults = Vec::new();
        let mut text = |name: &str, most: usize| match cells.remove(name) {
            Some(text) if !text.trim().is_empty() && text.chars().count() <= most => text,
            given => {
                let detail = if given.is_some() { "it is empty or too long" } else { "it is missing" };
                faults.push(Fault::new(name, detail, format!("give 1 to {most} characters")));
                String::new()
            }
        };
        let (number, title) = (text(&columns.number, 60), text(&columns.title, 200));
        let (said, word) = (text(&columns.text, 10_000), text(&columns.status, 100));
        let mut given = |name: &Option<String>| cells.remove(name.as_ref()?).filter(|it| !it.trim().is_empty());
        let (unit, category, score, note) =
            (given(&columns.unit), given(&columns.category), given(&columns.score), given(&columns.note));
        let known = self.statuses.iter().find(|(_, words)| words.contains(&word)).map(|it| *it.0);
        if known.is_none() && !word.is_empty() {
            let words: Vec<_> = self.statuses.values().flatten().map(String::as_str).collect();
            let fix = format!("write one of {}, or name the word in the mapping", words.join(", "));
            faults.push(Fault::new(&columns.status, format!("`{word}` is no status"), fix));
        }
        let score = score.map(|word| {
            let number = word.parse().ok().filter(|it: &u8| *it <= 100);
            self.scores.get(&word).copied().or(number).ok_or(word)
        });
        if let (Some(Err(word)), Some(name)) = (&score, &columns.score) {
            let fix = "write a number from 0 to 100, or name the word in the mapping";
            faults.push(Fault::new(name, format!("`{word}` is no score"), fix));
        }
        if note.as_ref().is_some_and(|it| it.chars().count() > 2_000) {
            let name = columns.note.as_deref().unwrap_or_default();
            faults.push(Fault::new(name, "it is too long", "give 2,000 characters at most"));
        }
        match known.filter(|_| faults.is_empty()) {
            None => Err(faults),
            Some(status) => Ok(WorkOrder {
                number,
                status,
                title,
                text: said,
                unit: unit.or_else(|| self.unit.clone()),
                category: category.and_then(|it| self.categories.get(&it).cloned()),
                score: score.and_then(Result::ok),
                note,
            }),
        }
    }

    /// The columns of what goes back, in order.
    pub fn header(&self) -> Vec<&str> {
        let columns = &self.columns;
        let more = [&columns.agency, &columns.due, &columns.note, &columns.changed];
        let sure = [&columns.number, &columns.title, &columns.status].map(String::as_str);
        sure.into_iter().chain(more.into_iter().flatten().map(String::as_str)).collect()
    }

    /// The cells of what goes back, in the order of the header.
    pub fn write(&self, it: &Progress) -> Vec<String> {
        let columns = &self.columns;
        let word = self.statuses.get(&it.status).and_then(|words| words.first()).cloned();
        let given = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut cells = vec![it.number.clone(), it.title.clone(), word.unwrap_or_else(|| it.status.code().into())];
        let more = [
            (&columns.agency, given(&it.agency)),
            (&columns.due, given(&it.due)),
            (&columns.note, given(&it.note)),
            (&columns.changed, it.changed.clone()),
        ];
        cells.extend(more.into_iter().filter(|(name, _)| name.is_some()).map(|(_, text)| text));
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping() -> Mapping {
        let words = [("受理", "已受理"), ("派单", "已派单"), ("办结", "已办结"), ("回访", "已回访")];
        let words = words.map(|(short, long)| vec![long.to_owned(), short.to_owned()]);
        Mapping {
            columns: Columns {
                number: "工单编号".into(),
                title: "标题".into(),
                text: "诉求内容".into(),
                status: "状态".into(),
                score: Some("满意度".into()),
                ..Columns::default()
            },
            statuses: WorkStatus::ALL.iter().copied().zip(words).collect(),
            scores: [("满意".to_owned(), 100)].into(),
            ..Mapping::default()
        }
    }

    fn cells(of: &[(&str, &str)]) -> Cells {
        of.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn an_order_is_read_by_the_words_of_its_hotline() {
        let order =
            [("工单编号", "HZ-1"), ("标题", "漏水"), ("诉求内容", "三楼漏水"), ("状态", "回访"), ("满意度", "满意")];
        let read = mapping().read(cells(&order)).expect("sound");
        assert_eq!((read.status, read.score), (WorkStatus::CallBack, Some(100)));
        let faults =
            mapping().read(cells(&[("工单编号", "HZ-1"), ("状态", "丢失"), ("满意度", "很")])).expect_err("bad");
        let fields: Vec<_> = faults.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(fields, ["标题", "诉求内容", "状态", "满意度"]);
    }

    #[test]
    fn a_mapping_names_each_column_and_word_once() {
        assert_eq!(mapping().validate(), Ok(()));
        let mut twice = mapping();
        twice.columns.note = Some("状态".into());
        assert!(twice.validate().is_err());
        let mut wordless = mapping();
        wordless.statuses.remove(&WorkStatus::Done);
        assert!(wordless.validate().is_err());
        let mut same = mapping();
        same.statuses.insert(WorkStatus::Done, vec!["派单".into()]);
        assert!(same.validate().is_err());
    }

    #[test]
    fn what_ended_without_being_done_is_done_with_for_the_hotline() {
        assert_eq!(status(Stage::Rejected, false, false), WorkStatus::Done);
        assert_eq!(status(Stage::Accepted, true, false), WorkStatus::Dispatch);
        assert_eq!(status(Stage::Deliberating, false, false), WorkStatus::Accept);
        assert_eq!(status(Stage::Closed, false, true), WorkStatus::CallBack);
        assert_eq!(status(Stage::Executing, false, true), WorkStatus::Dispatch, "it was reopened");
    }
}
