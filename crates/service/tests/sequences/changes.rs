//! What a city changes while its cases go on: its rules, its departments, how people are told, and who advises, from a file.

use serde_json::json;
use yishi_domain::{
    Digest, UnitId,
    letters::{Preferences, Wish},
    notices::standard,
};
use yishi_service::{
    adviser_files, announcing,
    directory::{self, NewDepartment},
    failures::Failure,
    lines, moves, preferences, rule_sets,
    sessions::Session,
};

use crate::{
    cases::Case,
    cities::{City, configuration},
    offices::PERSON,
};

/// What changes.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    /// The city's own rules, with a stricter majority or the usual one.
    Activate(bool),
    RollBack,
    AddDepartment(u8),
    MoveDepartment,
    Prefer(bool),
    TellBy(bool),
    Advisers,
}

/// The last department.
#[derive(Clone, Copy)]
struct Department(UnitId);

impl Case<'_> {
    pub(crate) async fn change(&mut self, what: Change, session: &Session) -> Result<(), Failure> {
        let City { app, other, third, rules, .. } = self.city;
        match what {
            Change::Activate(strict) => {
                // A city without rules of its own names some that it does not have.
                let digest = rules.unwrap_or(Digest([0; 32]));
                let new = rule_sets::NewActivation { configuration: configuration(1, strict), from: None, after: None };
                rule_sets::activate(app, session, &digest, new).await?;
            }
            Change::RollBack => drop(rule_sets::roll_back(app, session).await?),
            Change::AddDepartment(number) => {
                let code = format!("{}-{number}", self.city.slug);
                let new = NewDepartment { parent: *other, code, name: format!("{number} 科") };
                self.keep(Department(directory::add_department(app, session, new).await?));
            }
            Change::MoveDepartment => {
                let department = self.made().map_or_else(|| uuid::Uuid::nil().into(), |Department(unit)| unit);
                moves::move_unit(app, session, department, *third).await?;
            }
            Change::Prefer(at_once) => {
                let wish = if at_once { Wish::Everything } else { Wish::Nothing };
                let new = Preferences { email: wish, ..Preferences::default() };
                preferences::put(app, session, new).await?;
            }
            Change::TellBy(own) => announcing::put_rules(app, session, own.then(standard)).await?,
            Change::Advisers => {
                let line = json!({"topic": self.topic, "person": PERSON});
                adviser_files::import(app, session, lines::json(vec![line]), false).await?;
            }
        }
        Ok(())
    }
}
