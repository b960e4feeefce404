//! The registers that a city keeps and that indicators count: one framework for all of them, the columns of each in a table.

mod columns;
mod rows;

#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::workflow::coded;

pub use columns::{Column, Content};
pub use rows::{Cells, Fault, Row, read};

coded! {
    /// A register.
    Book {
        /// Experts, mediators, leaders and volunteers (人才库).
        People = "people",
        /// Training that somebody had (培训档案).
        Trainings = "trainings",
        /// Points an hour that a volunteer's activity earns (积分规则).
        PointRules = "point_rules",
        /// Hours and points of volunteers; one that was wrong is undone by a row with the opposite figures.
        VolunteerHours = "volunteer_hours",
        /// Honours of people and communities (议事之星).
        Honours = "honours",
        /// Disputes, and whether deliberation settled them (矛盾纠纷).
        Disputes = "disputes",
        /// Livelihood matters (民生事项).
        LivelihoodMatters = "livelihood_matters",
        /// Old and hard matters (老大难问题).
        HardMatters = "hard_matters",
        /// Rule documents (制度文件).
        RuleDocuments = "rule_documents",
        /// Recognised deliberation brands (议事品牌).
        Brands = "brands",
        /// Published case studies (案例集).
        CaseStudies = "case_studies",
        /// Yearly evaluations by a third party (第三方评估).
        Evaluations = "evaluations",
    }
}
