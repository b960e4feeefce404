//! What a rule set may answer: ranges, references and sizes. The types alone allow more than the host can keep or do.
//!
//! Each function refuses with the field that is wrong, such as `conditions[1].at_least`.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use yishi_domain::{
    LocalText,
    describe::Descriptor,
    escalation::{Action, Answer, Case, Level},
    topics::{Category, Scored},
    voting::{self, Measure, RuleError, Subject, Tally, Verdict, VotingRule},
};

use crate::PolicyFailure;

/// Categories of a rule set.
const CATEGORIES: usize = 1_000;

/// Entries of any other list.
const ENTRIES: usize = 32;

/// The longest time that may be asked for.
const YEAR_HOURS: u32 = 366 * 24;

/// Characters of a name, such as a category's or a department's.
const NAME: usize = 200;

/// Characters of a text for people to read.
const TEXT: usize = 4_000;

type Checked = Result<(), PolicyFailure>;

/// A description names its rule set, its version and the interfaces that are there.
pub fn descriptor(it: &Descriptor, exported: &[&str]) -> Checked {
    code("name", &it.name)?;
    let sound = it.version.chars().all(|it| it.is_ascii_alphanumeric() || "-+.".contains(it));
    let core: Vec<_> = it.version.split(['-', '+']).next().unwrap_or_default().split('.').collect();
    let numbers = core.len() == 3 && core.iter().all(|it| it.parse::<u32>().is_ok());
    ensure("version", sound && numbers && it.version.len() <= 64, || format!("`{}` is not semantic", it.version))?;
    let named: HashSet<_> = it.interfaces.iter().map(String::as_str).collect();
    let same = named.len() == it.interfaces.len() && named == exported.iter().copied().collect();
    ensure("interfaces", same, || format!("it names {:?}, and exports {exported:?}", it.interfaces))?;
    few("locales", it.locales.len(), ENTRIES)?;
    it.locales.iter().try_for_each(|tag| locale("locales", tag))?;
    few("laws", it.laws.len(), ENTRIES)?;
    it.laws.iter().try_for_each(|law| text("laws", law, NAME))?;
    storable(&Value::from(it.configuration_schema.as_str()))
}

/// A rule can be evaluated, and counts only what the roll states.
pub fn rule(it: &VotingRule, subject: &Subject) -> Checked {
    few("conditions", it.conditions.len(), ENTRIES)?;
    for (i, condition) in it.conditions.iter().enumerate() {
        code(&format!("conditions[{i}].code"), &condition.code)?;
        let stated = condition.measure != Measure::FloorArea || subject.eligible_floor_area.is_some();
        ensure(&format!("conditions[{i}].measure"), stated, || "the roll does not state floor areas".into())?;
    }
    few("laws", it.laws.len(), ENTRIES)?;
    it.laws.iter().try_for_each(|law| text("laws", law, NAME))?;
    it.custom.iter().try_for_each(|custom| text("custom", custom, TEXT))?;
    for (i, round) in it.rounds.iter().enumerate() {
        code(&format!("rounds[{i}].code"), &round.code)?;
    }
    few("rounds", it.rounds.len(), ENTRIES)?;
    ensure("round", it.round == subject.round, || format!("round {}; {} was asked for", it.round, subject.round))?;
    if let Some(selection) = it.selection {
        let stated = selection.measure != Measure::FloorArea || subject.eligible_floor_area.is_some();
        ensure("selection.measure", stated, || "the roll does not state floor areas".into())?;
        ensure("selection", !subject.options.is_empty(), || "the ballot has no options".into())?;
        let within = selection.procedure.budget().is_none_or(|it| Some(it) == subject.budget);
        ensure("selection.procedure", within, || "another budget than the ballot's".into())?;
    } else {
        ensure("selection", subject.options.is_empty(), || "the ballot has options to choose among".into())?;
    }
    voting::validate_rule(it).map_err(|errors| {
        let told = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        PolicyFailure::output(errors.first().map_or_else(|| "rule".into(), |error| field_of(error, it)), told)
    })
}

/// A verdict has the checks of the published rule with the figures that they come to, and its outcome wherever the rule's terms decide.
pub fn verdict(it: &Verdict, rule: &VotingRule, tally: &Tally) -> Checked {
    few("reasons", it.reasons.len(), ENTRIES)?;
    labels("reasons", &it.reasons, TEXT)?;
    let ours = voting::evaluate(rule, tally)?;
    let disagrees = |text: String| Err(PolicyFailure::Disagrees(crate::failures::clip(text)));
    if ours.checks.len() != it.checks.len() {
        return disagrees(format!("checks: {} by the rule, {} by the rule set", ours.checks.len(), it.checks.len()));
    }
    for (i, (our, their)) in ours.checks.iter().zip(&it.checks).enumerate() {
        if our != their {
            return disagrees(format!("checks[{i}]: {our:?} by the rule, {their:?} by the rule set"));
        }
    }
    if rule.custom.is_none() && ours.outcome != it.outcome {
        return disagrees(format!("outcome: {:?} by the rule, {:?} by the rule set", ours.outcome, it.outcome));
    }
    if rule.custom.is_none() && ours.winners != it.winners {
        return disagrees(format!("winners: {:?} by the rule, {:?} by the rule set", ours.winners, it.winners));
    }
    let places = it.winners.iter().map(|code| tally.standings.iter().position(|it| it.code == *code));
    let options = places.clone().all(|it| it.is_some()) && places.is_sorted_by(|a, b| a < b);
    ensure("winners", options, || "the winners are options, each once, in their published order".into())
}

/// Categories have codes of their own, names, and parents that are there and above them.
pub fn categories(all: &[Category]) -> Checked {
    few("categories", all.len(), CATEGORIES)?;
    let mut parents = HashMap::new();
    for (i, category) in all.iter().enumerate() {
        let field = |name: &str| format!("categories[{i}].{name}");
        code(&field("code"), &category.code)?;
        let before = parents.insert(category.code.as_str(), category.parent.as_deref());
        ensure(&field("code"), before.is_none(), || format!("`{}` is there twice", category.code))?;
        ensure(&field("labels"), !category.labels.is_empty(), || "it has no name".into())?;
        few(&field("labels"), category.labels.len(), ENTRIES)?;
        labels(&field("labels"), &category.labels, NAME)?;
        few(&field("stage_hours"), category.stage_hours.len(), ENTRIES)?;
        let mut stages = HashSet::new();
        for limit in &category.stage_hours {
            code(&field("stage_hours.stage"), &limit.stage)?;
            let once = stages.insert(limit.stage.as_str());
            ensure(&field("stage_hours.stage"), once, || format!("`{}` is there twice", limit.stage))?;
            hours(&field("stage_hours.hours"), limit.hours)?;
        }
    }
    for (i, category) in all.iter().enumerate() {
        let field = format!("categories[{i}].parent");
        let (mut above, mut steps) = (category.parent.as_deref(), 0);
        while let Some(parent) = above {
            let next = parents.get(parent);
            ensure(&field, next.is_some(), || format!("`{}` lies under `{parent}`, which is none", category.code))?;
            steps += 1;
            ensure(&field, steps <= all.len(), || format!("`{}` lies under itself", category.code))?;
            above = next.copied().flatten();
        }
    }
    Ok(())
}

/// Proposals are few categories that are known, each once, with scores of at most a thousand, best first.
pub fn scored(all: &[Scored], known: &HashSet<&str>) -> Checked {
    few("proposals", all.len(), ENTRIES)?;
    let mut seen = HashSet::new();
    for (i, it) in all.iter().enumerate() {
        let field = format!("proposals[{i}].category");
        ensure(&field, known.contains(it.category.as_str()), || format!("there is no category `{}`", it.category))?;
        ensure(&field, seen.insert(it.category.as_str()), || format!("`{}` is there twice", it.category))?;
        let field = format!("proposals[{i}].per_mille");
        ensure(&field, it.per_mille <= 1_000, || format!("a score of {}; 1000 is the most", it.per_mille))?;
    }
    let sorted = all.is_sorted_by_key(|it| std::cmp::Reverse(it.per_mille));
    ensure("proposals", sorted, || "proposals come best first".into())
}

/// Actions are few, their times are between an hour and a year, and they reach only levels that the case can come to.
pub fn answer(it: &Answer, case: &Case) -> Checked {
    few("actions", it.actions.len(), ENTRIES)?;
    for (i, action) in it.actions.iter().enumerate() {
        let field = |name: &str| format!("actions[{i}].{name}");
        match action {
            Action::Notify { role, level } => {
                code(&field("role"), role)?;
                let reached = *level == case.level || *level == Level::City || case.path.contains(level);
                ensure(&field("level"), reached, || format!("{} is not on the case's path", level.code()))?;
            }
            Action::Whistle { departments, hours: answer_in } => {
                ensure(&field("departments"), !departments.is_empty(), || "nobody is called".into())?;
                few(&field("departments"), departments.len(), ENTRIES)?;
                departments.iter().try_for_each(|name| text(&field("departments"), name, NAME))?;
                hours(&field("hours"), *answer_in)?;
            }
            Action::SetDeadline { hours: from_now } => hours(&field("hours"), *from_now)?,
            Action::OpenFinding { text: found } => text(&field("text"), found, TEXT)?,
            Action::Other { name } => code(&field("name"), name)?,
            Action::RaiseLevel | Action::ReopenDeliberation | Action::MarkPublic => {}
        }
    }
    it.ask_again_hours.map_or(Ok(()), |it| hours("ask_again_hours", it))
}

/// A refusal has a code and a sentence.
pub fn refusal(its_code: &str, message: &str) -> Checked {
    code("error.code", its_code)?;
    text("error.message", message, TEXT)?;
    storable(&Value::from(message))
}

/// No text holds the character zero, which the database cannot keep.
pub fn storable(value: &Value) -> Checked {
    let sound = match value {
        Value::String(text) => !text.contains('\0'),
        Value::Array(items) => return items.iter().try_for_each(storable),
        Value::Object(members) => return members.values().try_for_each(storable),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    };
    ensure("answer", sound, || "a text holds the character zero".into())
}

fn field_of(error: &RuleError, rule: &VotingRule) -> String {
    let place = |code: &str, member| match rule.conditions.iter().rposition(|it| it.code == code) {
        Some(i) => format!("conditions[{i}].{member}"),
        None => "conditions".into(),
    };
    match error {
        RuleError::DuplicateCode(code) => place(code, "code"),
        RuleError::BadFraction(code) | RuleError::Unreachable(code) | RuleError::Vacuous(code) => {
            place(code, "at_least")
        }
        RuleError::QuorumOfParticipants(code) => place(code, "of"),
        RuleError::MajorityWithoutVotes(code) => place(code, "counted"),
        RuleError::WrongKind(code) => place(code, "kind"),
        RuleError::BadThreshold(code) => place(code, "measure"),
        RuleError::BadSelection | RuleError::BadProcedure(_) => "selection".into(),
        RuleError::BadMethod => "method".into(),
        RuleError::NotSecret => "secrecy".into(),
        RuleError::BadExtension => "extension".into(),
        RuleError::BadRounds => "rounds".into(),
        RuleError::BadPublication => "publication_hours".into(),
        RuleError::NoMajority | RuleError::EmptyCode => "conditions".into(),
        RuleError::BadWindow => "window_hours".into(),
        RuleError::BadNotice => "notice_hours".into(),
        _ => "rule".into(),
    }
}

fn labels(field: &str, all: &[LocalText], most: usize) -> Checked {
    let mut seen = HashSet::new();
    for it in all {
        locale(field, &it.locale)?;
        ensure(field, seen.insert(it.locale.as_str()), || format!("`{}` is there twice", it.locale))?;
        text(field, &it.text, most)?;
    }
    Ok(())
}

fn locale(field: &str, tag: &str) -> Checked {
    let sound = tag.chars().all(|it| it.is_ascii_alphanumeric() || it == '-');
    ensure(field, (2..=35).contains(&tag.len()) && sound, || format!("`{tag}` is not a language tag (BCP 47)"))
}

fn code(field: &str, text: &str) -> Checked {
    let sound = text.chars().all(|it| it.is_ascii_alphanumeric() || "-_.".contains(it));
    ensure(field, (1..=100).contains(&text.len()) && sound, || {
        format!("`{text}` is not a code: 1 to 100 of letters, digits, `-_.`")
    })
}

fn text(field: &str, text: &str, most: usize) -> Checked {
    ensure(field, !text.trim().is_empty(), || "it is empty".into())?;
    let long = text.chars().count();
    ensure(field, long <= most, || format!("{long} characters; {most} are allowed"))
}

fn hours(field: &str, hours: u32) -> Checked {
    ensure(field, (1..=YEAR_HOURS).contains(&hours), || format!("{hours} hours; 1 to {YEAR_HOURS} are allowed"))
}

fn few(field: &str, found: usize, most: usize) -> Checked {
    ensure(field, found <= most, || format!("{found} entries; {most} are allowed"))
}

fn ensure(field: &str, holds: bool, text: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(PolicyFailure::output(field, text())) }
}

#[cfg(test)]
mod tests;
