//! Notices by rules: who is told of which events.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{Refusal, access::Role, escalation::Level, letters::Haste, subscriptions::Kinds};

/// The most rules that a city has, and the most audiences of one.
const MOST: usize = 100;
const MOST_AUDIENCES: usize = 10;

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum Audience {
    /// Whoever raised the topic, and on whose behalf.
    Author,
    /// Who supports the topic.
    Supporters,
    /// Who follows the topic.
    Followers,
    /// Who may vote in the ballot.
    Voters,
    /// Who holds a mandate of somebody who may vote in the ballot, or one for the meeting.
    MandateHolders,
    /// Who holds a role where the event happened, or at the unit of a level above it.
    Role {
        /// The role.
        role: Role,
        /// The level; that of the unit itself where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<Level>,
    },
}

/// A rule: who is told of which events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRule {
    /// Kinds of events such as `ballot.opened`, or all of a resource such as `ballot.*`.
    pub kinds: Vec<String>,
    /// Who is told.
    pub to: Vec<Audience>,
    /// How soon they are to hear of it.
    #[serde(default = "as_wanted")]
    pub when: Haste,
}

const fn as_wanted() -> Haste {
    Haste::AsWanted
}

/// What telling everybody of would never end, or would tell of what is theirs alone.
const NEVER: [&str; 6] = ["notice", "contact", "preferences", "letter", "template", "notice_rules"];

/// The rules of a city that has none of its own.
pub fn standard() -> Vec<NoticeRule> {
    use Audience::{Author, Followers, MandateHolders, Supporters, Voters};
    let rule = |kinds: &[&str], to: &[Audience]| NoticeRule {
        kinds: kinds.iter().map(|it| (*it).to_owned()).collect(),
        to: to.to_vec(),
        when: Haste::AsWanted,
    };
    let members = Audience::Role { role: Role::CouncilMember, level: None };
    vec![
        rule(&["meeting.convened"], &[Author, Supporters, Followers, members]),
        rule(&["minutes.adopted", "topic.reopened", "topic.closed"], &[Author, Supporters, Followers]),
        rule(&["ballot.opened"], &[Author, Voters, MandateHolders]),
        rule(&["ballot.decided"], &[Author, Supporters, Followers, Voters]),
        rule(&["resolution.assigned"], &[Author, Supporters]),
        rule(&["resolution.completed"], &[Author, Supporters, Followers]),
    ]
}

/// Refuses rules that name what there is not.
pub fn check(rules: &[NoticeRule]) -> Result<(), Refusal> {
    if rules.len() > MOST {
        return Err(Refusal::invalid("notice_rule.too_many", "rules", format!("a city has at most {MOST} rules")));
    }
    for (i, rule) in rules.iter().enumerate() {
        let field = |name: &str| format!("rules[{i}].{name}");
        if rule.kinds.is_empty() || rule.to.is_empty() || rule.to.len() > MOST_AUDIENCES {
            let name = if rule.kinds.is_empty() { "kinds" } else { "to" };
            let text = format!("name 1 to {MOST_AUDIENCES} of them");
            return Err(Refusal::invalid("notice_rule.empty", field(name), text));
        }
        let kinds = Kinds::of(&rule.kinds).map_err(|it| Refusal { field: Some(field("kinds")), ..it })?;
        let resource = |kind: &str| kind.split('.').next().unwrap_or_default().to_owned();
        let resources = kinds.exact.iter().map(|it| resource(it)).chain(kinds.resources.iter().cloned());
        if let Some(never) = resources.into_iter().find(|it| NEVER.contains(&it.as_str())) {
            let text = format!("nobody else is told of `{never}.*`");
            return Err(Refusal::invalid("notice_rule.private_kind", field("kinds"), text));
        }
    }
    Ok(())
}

/// The kinds that any of the rules tells of.
pub fn kinds(rules: &[NoticeRule]) -> Kinds {
    let all: Vec<_> = rules.iter().filter_map(|it| Kinds::of(&it.kinds).ok()).collect();
    Kinds {
        exact: all.iter().flat_map(|it| it.exact.clone()).collect(),
        resources: all.iter().flat_map(|it| it.resources.clone()).collect(),
    }
}

/// Who is told of an event and how soon, the soonest first; what cannot wait by its nature is told at once whatever a rule says.
pub fn audiences(rules: &[NoticeRule], kind: &str) -> BTreeMap<Reverse<Haste>, Vec<Audience>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for rule in rules.iter().filter(|it| Kinds::of(&it.kinds).is_ok_and(|kinds| kinds.includes(kind))) {
        all.entry(Reverse(rule.when.for_kind(kind))).or_default().extend(rule.to.iter().copied());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(kind: &str, to: &[Audience]) -> NoticeRule {
        NoticeRule { kinds: vec![kind.into()], to: to.to_vec(), when: Haste::AsWanted }
    }

    #[test]
    fn the_standard_rules_are_sound_and_name_only_what_happens() {
        check(&standard()).expect("sound rules");
        let told = audiences(&standard(), "ballot.opened");
        assert_eq!(told.iter().map(|(haste, to)| (haste.0, to.len())).collect::<Vec<_>>(), [(Haste::AsWanted, 3)]);
        assert!(audiences(&standard(), "member.added").is_empty());
        assert!(kinds(&standard()).includes("ballot.opened") && !kinds(&standard()).includes("ballot.counted"));
    }

    #[test]
    fn rules_that_would_tell_of_private_things_or_of_nothing_are_refused() {
        let code = |it: NoticeRule| check(&[it]).expect_err("it is refused").code;
        assert_eq!(code(rule("contact.*", &[Audience::Author])), "notice_rule.private_kind");
        assert_eq!(code(rule("notice.read", &[Audience::Author])), "notice_rule.private_kind");
        assert_eq!(code(rule("topic.accepted", &[])), "notice_rule.empty");
        assert_eq!(code(rule("topic", &[Audience::Author])), "event.bad_kind");
    }

    #[test]
    fn whom_several_rules_name_hears_of_it_by_the_soonest() {
        let slow = NoticeRule { when: Haste::Weekly, ..rule("topic.*", &[Audience::Supporters, Audience::Author]) };
        let quick = NoticeRule { when: Haste::Urgent, ..rule("topic.closed", &[Audience::Author]) };
        let told: Vec<_> = audiences(&[slow.clone(), quick], "topic.closed").into_iter().collect();
        let weekly = vec![Audience::Supporters, Audience::Author];
        assert_eq!(told, [(Reverse(Haste::Urgent), vec![Audience::Author]), (Reverse(Haste::Weekly), weekly)]);
        let late = NoticeRule { kinds: vec!["item.late".into()], ..slow };
        assert!(audiences(&[late], "item.late").contains_key(&Reverse(Haste::Urgent)), "what is late cannot wait");
    }

    #[test]
    fn an_audience_is_written_with_its_role_and_level() {
        let text = r#"{"who":"role","role":"supervisor","level":"street"}"#;
        let audience: Audience = serde_json::from_str(text).expect("an audience");
        assert_eq!(audience, Audience::Role { role: Role::Supervisor, level: Some(Level::Street) });
        assert_eq!(serde_json::to_string(&audience).expect("JSON"), text);
    }
}
