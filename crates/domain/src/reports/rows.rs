//! What rows of registers count as.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Mark, Measure, periods::first_day};
use crate::books::Book;

/// What of a row is counted: when it began and ended, and a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it began.
    pub began_on: NaiveDate,
    /// When it ended.
    pub ended_on: Option<NaiveDate>,
    /// What of it matters: the pool of people, the level of documents, whether deliberation settled a dispute.
    pub code: String,
}

/// The marks of a row; none of a register that no indicator counts.
pub fn marks_of(book: Book, it: &Span) -> BTreeMap<Mark, i64> {
    let mut marks = BTreeMap::new();
    let mut add = |measure, day: NaiveDate, group: &str, value: i64| {
        *marks.entry(Mark { measure, day: day.max(first_day()), group: group.to_owned() }).or_default() += value;
    };
    let (began, ended) = (it.began_on, it.ended_on);
    let settled = ended.is_some();
    match book {
        Book::People if it.code == "leader" => stock(Measure::Leaders, it, "", &mut add),
        Book::RuleDocuments => stock(Measure::Documents, it, &it.code, &mut add),
        Book::Disputes => {
            add(Measure::Disputes, began, "", 1);
            add(Measure::DisputesSettled, began, "", i64::from(settled && it.code == "yes"));
        }
        Book::LivelihoodMatters => {
            add(Measure::LivelihoodRaised, began, "", 1);
            add(Measure::LivelihoodClosed, began, "", i64::from(settled));
        }
        Book::HardMatters => {
            add(Measure::HardRaised, began, "", 1);
            add(Measure::HardClosed, began, "", i64::from(settled));
        }
        Book::Brands => add(Measure::Brands, began, "", 1),
        Book::CaseStudies => add(Measure::CaseStudies, began, "", 1),
        Book::Evaluations => add(Measure::Evaluations, began, "", 1),
        Book::People | Book::Trainings | Book::PointRules | Book::VolunteerHours | Book::Honours => {}
    }
    marks.retain(|_, value| *value != 0);
    marks
}

/// One more from the first day on, and one less from the day after the last one.
fn stock(measure: Measure, it: &Span, group: &str, add: &mut impl FnMut(Measure, NaiveDate, &str, i64)) {
    add(measure, it.began_on, group, 1);
    if let Some(after) = it.ended_on.and_then(|it| it.succ_opt()) {
        add(measure, after, group, -1);
    }
}
