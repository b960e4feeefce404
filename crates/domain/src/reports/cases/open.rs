//! What of a case is open data: codes, days and numbers that are public, and nothing else. What has no column here cannot get out.

use chrono::NaiveDate;
use uuid::Uuid;

use super::CaseFacts;

/// A column of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type, as Table Schema names it.
    pub kind: &'static str,
    /// Whether it always has a value.
    pub required: bool,
    /// What it says.
    pub says: &'static str,
}

/// A file of open data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub title: &'static str,
    /// Its columns, of which the first tells rows apart, with the second where two are named.
    pub columns: &'static [Column],
    /// The columns that tell rows apart.
    pub key: &'static [&'static str],
    /// The column that names a row of another file, and that file with its column.
    pub refers: Option<(&'static str, &'static str, &'static str)>,
}

const fn must(name: &'static str, kind: &'static str, says: &'static str) -> Column {
    Column { name, kind, required: true, says }
}

const fn may(name: &'static str, kind: &'static str, says: &'static str) -> Column {
    Column { name, kind, required: false, says }
}

/// The units of the division tree.
pub const UNITS: Table = Table {
    name: "units",
    title: "Units of the division tree 行政区划",
    columns: &[
        must("code", "string", "statistical code"),
        must("level", "string", "city, district, street, community or department"),
        must("name", "string", "name"),
        may("parent", "string", "code of the unit above"),
    ],
    key: &["code"],
    refers: None,
};

/// Who lives in units.
pub const RESIDENTS: Table = Table {
    name: "residents",
    title: "Residents by unit 居民数",
    columns: &[
        must("unit", "string", "code of the unit"),
        must("valid_from", "date", "first day on which it holds"),
        must("residents", "integer", "residents"),
    ],
    key: &["unit", "valid_from"],
    refers: Some(("unit", "units", "code")),
};

/// The cases.
pub const CASES: Table = Table {
    name: "cases",
    title: "Cases 议题",
    columns: &[
        must("case", "string", "identifier"),
        must("unit", "string", "code of the unit"),
        may("channel", "string", "how it came in"),
        may("category", "string", "category"),
        may("submitted_on", "date", "day of submission; empty for a part split off another"),
        may("accepted_on", "date", "day on which it was accepted"),
        may("answered_on", "date", "day on which it was accepted, rejected or merged"),
        must("answered_late", "boolean", "whether that was after the deadline"),
        may("minuted_on", "date", "day of the first minutes"),
        may("first_decided_on", "date", "day of the first decision"),
        may("decided_on", "date", "day of the last decision"),
        must("compliant", "boolean", "whether no required step was left out or taken too late"),
        may("closed_on", "date", "day on which it was closed"),
    ],
    key: &["case"],
    refers: Some(("unit", "units", "code")),
};

/// The meetings on cases.
pub const MEETINGS: Table = Table {
    name: "meetings",
    title: "Meetings 议事会议",
    columns: &[
        must("meeting", "string", "identifier"),
        must("case", "string", "the case"),
        must("day", "date", "day of the meeting"),
        must("form", "string", "form"),
        must("attended", "boolean", "whether anybody was recorded as present"),
        must("minuted", "boolean", "whether its minutes were adopted"),
    ],
    key: &["meeting"],
    refers: Some(("case", "cases", "case")),
};

/// The resolutions on cases.
pub const RESOLUTIONS: Table = Table {
    name: "resolutions",
    title: "Resolutions 决议",
    columns: &[
        must("resolution", "string", "identifier"),
        must("case", "string", "the case"),
        may("adopted_on", "date", "day of adoption"),
        may("due_on", "date", "day on which it is due"),
        may("done_on", "date", "day on which it was carried out"),
        must("late", "boolean", "whether it was not carried out in time"),
        must("set_aside", "boolean", "whether an objection set it aside"),
    ],
    key: &["resolution"],
    refers: Some(("case", "cases", "case")),
};

/// The surveys on results.
pub const SURVEYS: Table = Table {
    name: "surveys",
    title: "Surveys 满意度评价",
    columns: &[
        must("case", "string", "the case"),
        must("number", "integer", "the how manieth survey on the case"),
        must("closed_on", "date", "day on which it was closed"),
        must("ratings", "integer", "number of ratings"),
        must("sum", "integer", "what the scores of 100 add up to"),
    ],
    key: &["case", "number"],
    refers: Some(("case", "cases", "case")),
};

/// All of them; what a file refers to comes before it.
pub const TABLES: [Table; 6] = [UNITS, RESIDENTS, CASES, MEETINGS, RESOLUTIONS, SURVEYS];

impl CaseFacts {
    /// The rows of a case in a file of open data.
    pub fn open_rows(&self, table: &Table, case: Uuid, unit: &str) -> Vec<Vec<String>> {
        let case = case.to_string();
        match table.name {
            "cases" => vec![vec![
                case,
                unit.to_owned(),
                self.channel.clone(),
                self.category.clone(),
                day(self.submitted),
                day(self.accepted),
                day(self.answered),
                self.answered_late.to_string(),
                day(self.minuted),
                day(self.first_decided),
                day(self.decided),
                self.is_compliant().to_string(),
                day(self.closed),
            ]],
            "meetings" => {
                let row = |(id, it): (&Uuid, &super::MeetingFacts)| {
                    let held = it.present.total > 0;
                    vec![
                        id.to_string(),
                        case.clone(),
                        it.on.to_string(),
                        it.form.clone(),
                        held.to_string(),
                        it.minuted.to_string(),
                    ]
                };
                self.meetings.iter().map(row).collect()
            }
            "resolutions" => {
                let row = |(id, it): (&Uuid, &super::ResolutionFacts)| {
                    let days = [it.adopted, it.due, it.done].map(day);
                    let told = [it.late, it.set_aside].map(|it| it.to_string());
                    [id.to_string(), case.clone()].into_iter().chain(days).chain(told).collect()
                };
                self.resolutions.iter().map(row).collect()
            }
            "surveys" => {
                let row = |(number, (on, ratings, sum)): (usize, &(NaiveDate, i64, i64))| {
                    vec![case.clone(), number.to_string(), on.to_string(), ratings.to_string(), sum.to_string()]
                };
                (1..).zip(&self.surveys).map(row).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn day(day: Option<NaiveDate>) -> String {
    day.map(|it| it.to_string()).unwrap_or_default()
}
