//! What is counted, and what makes it count.

use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::workflow::coded;

coded! {
    /// Something that is counted by day and unit, in groups.
    Measure {
        /// Topics, on the day of submission; by channel.
        TopicsSubmitted = "topics_submitted",
        /// The same, by category.
        TopicsByCategory = "topics_by_category",
        /// Topics that were accepted, on the day of submission; by channel.
        TopicsAdopted = "topics_adopted",
        /// Topics that were accepted, rejected with a reason or merged, on the day of submission; by channel.
        TopicsAnswered = "topics_answered",
        /// Those of them that were before the deadline.
        TopicsAnsweredInTime = "topics_answered_in_time",
        /// Topics that were deliberated, on the day of submission.
        FunnelDeliberated = "funnel_deliberated",
        /// Topics on which was decided, on the day of submission.
        FunnelDecided = "funnel_decided",
        /// Topics whose resolution was carried out, on the day of submission.
        FunnelCarriedOut = "funnel_carried_out",
        /// Topics whose result was rated, on the day of submission.
        FunnelRated = "funnel_rated",
        /// Cases, on the day of their last decision; by category.
        CasesDecided = "cases_decided",
        /// Those of them that show every required step.
        CasesCompliant = "cases_compliant",
        /// Resolutions, on the day on which they are due; by category.
        ResolutionsDue = "resolutions_due",
        /// Those of them that were carried out.
        ResolutionsCarriedOut = "resolutions_carried_out",
        /// Those of them that were not carried out in time.
        ResolutionsOverdue = "resolutions_overdue",
        /// What residents' scores add up to, on the day on which the survey was closed.
        SurveyScores = "survey_scores",
        /// How many scores these are.
        SurveyRatings = "survey_ratings",
        /// Meetings at which somebody was present, on their day; by form.
        MeetingsHeld = "meetings_held",
        /// Those of them whose minutes were adopted.
        MeetingsMinuted = "meetings_minuted",
        /// Attendances of meetings, on their day; by channel.
        Attendances = "attendances",
        /// The same, by age band.
        AttendancesByAge = "attendances_by_age",
        /// The same, by sex.
        AttendancesBySex = "attendances_by_sex",
        /// The same, by occupation.
        AttendancesByOccupation = "attendances_by_occupation",
        /// Cases that were answered, on that day; by days since submission.
        DaysToAnswer = "days_to_answer",
        /// Cases that were deliberated, on the day of their first minutes; by days since they were accepted.
        DaysToMinutes = "days_to_minutes",
        /// Cases that were decided, on the day of their first decision; by days since submission.
        DaysToDecision = "days_to_decision",
        /// Resolutions that were carried out, on that day; by days since adoption.
        DaysToDone = "days_to_done",
        /// Cases that were closed, on that day; by days since submission.
        DaysToClose = "days_to_close",
        /// Escalations, on their day; by the level reached.
        Escalations = "escalations",
        /// Votes that count, on the day on which they were cast; by channel.
        Votes = "votes",
        /// Ratings, on their day; by channel.
        Ratings = "ratings",
        /// What people did online, on that day; by what it was.
        OnlineActs = "online_acts",
        /// Income in fen, on the day of booking; by kind.
        IncomeFen = "income_fen",
        /// Income by the budget per head, in fen.
        BudgetFen = "budget_fen",
        /// Spending in fen, on the day of booking; by what on.
        SpentFen = "spent_fen",
        /// What was set aside for resolutions and action items, less what was released or paid out of it, in fen, on the day of booking.
        SetAsideFen = "set_aside_fen",
        /// Disputes, on the day on which they were brought.
        Disputes = "disputes",
        /// Those of them that deliberation settled.
        DisputesSettled = "disputes_settled",
        /// Livelihood matters, on the day on which they were raised.
        LivelihoodRaised = "livelihood_raised",
        /// Those of them that are closed.
        LivelihoodClosed = "livelihood_closed",
        /// Old and hard matters, on the day on which they were raised.
        HardRaised = "hard_raised",
        /// Those of them that are closed.
        HardClosed = "hard_closed",
        /// Deliberation leaders, one more on the day on which somebody begins and one less on the day after the last one.
        Leaders = "leaders",
        /// Rule documents in force, likewise; by level.
        Documents = "documents",
        /// Recognised brands.
        Brands = "brands",
        /// Published case studies.
        CaseStudies = "case_studies",
        /// Third-party evaluations that were filed.
        Evaluations = "evaluations",
    }
}

impl Measure {
    /// Whether it counts people.
    pub const fn is_of_people(self) -> bool {
        matches!(
            self,
            Self::Attendances
                | Self::AttendancesByAge
                | Self::AttendancesBySex
                | Self::AttendancesByOccupation
                | Self::Votes
                | Self::Ratings
                | Self::SurveyRatings
        )
    }

    /// Whether a case stands behind each mark, which can be listed.
    pub const fn is_of_cases(self) -> bool {
        (self as u8) < Self::Votes as u8
    }
}

/// A contribution to a measure on a day, in a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// The measure.
    pub measure: Measure,
    /// The day.
    pub day: NaiveDate,
    /// The group; empty where there is none.
    pub group: String,
}

/// What has to be added to and taken off from counters where marks were so and are so now.
pub fn changes(before: &BTreeMap<Mark, i64>, now: &BTreeMap<Mark, i64>) -> BTreeMap<Mark, i64> {
    let mut changes = now.clone();
    for (mark, value) in before {
        *changes.entry(mark.clone()).or_default() -= value;
    }
    changes.retain(|_, value| *value != 0);
    changes
}
