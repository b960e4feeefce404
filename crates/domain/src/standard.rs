//! The standard rules: what holds where a rule set leaves something out.
//!
//! General matters need a simple majority of those taking part, major matters at least two thirds; half of the roll is a quorum.

use crate::{
    LocalText,
    escalation::{Action, Answer, Case, CaseKind, Level},
    topics::{Category, Form, Scored, Significance, StageLimit, TopicText},
    voting::{
        Condition, ConditionKind, Counted, Fraction, Measure, Method, Of, Procedure, RuleError, Selection, Subject,
        Tally, Tie, Verdict, VotingRule, evaluate,
    },
};

/// Hours in which a called department must answer.
pub const WHISTLE_HOURS: u32 = 48;

const ANSWER_HOURS: u32 = 5 * 24;
const DELIBERATION_HOURS: u32 = 30 * 24;

/// The standard rule for a subject: a proposal passes by a majority; among options those with the most approval are chosen, within the budget
/// where there is one.
pub fn rule(subject: &Subject) -> VotingRule {
    let quorum = Condition {
        code: "quorum_heads".into(),
        kind: ConditionKind::Quorum,
        measure: Measure::Heads,
        counted: Counted::Participating,
        of: Of::Eligible,
        at_least: Fraction::new(1, 2),
        strict: false,
    };
    if !subject.options.is_empty() {
        let procedure = subject.budget.map_or(Procedure::MostVotes(1), Procedure::GreedySkip);
        let most = u32::try_from(subject.options.len()).unwrap_or(u32::MAX);
        return VotingRule {
            method: Method::Approval(most),
            selection: Some(Selection { measure: Measure::Heads, procedure, tie: Tie::ListedFirst }),
            ..VotingRule::of(vec![quorum])
        };
    }
    let (at_least, strict) = match subject.significance {
        Significance::General => (Fraction::new(1, 2), true),
        Significance::Major => (Fraction::new(2, 3), false),
    };
    let majority = Condition {
        code: "majority_heads".into(),
        kind: ConditionKind::Majority,
        counted: Counted::InFavour,
        of: Of::Participating,
        at_least,
        strict,
        ..quorum.clone()
    };
    VotingRule::of(vec![quorum, majority])
}

/// The verdict by a rule's own terms, with reasons in words.
pub fn verdict(rule: &VotingRule, tally: &Tally) -> Result<Verdict, RuleError> {
    let verdict = evaluate(rule, tally)?;
    Ok(Verdict { reasons: reasons(&verdict), ..verdict })
}

/// Tells in words, in Chinese and English, how each condition came out, and what was chosen.
pub fn reasons(verdict: &Verdict) -> Vec<LocalText> {
    // Put together without the formatter, which took a rule set as long as all the rest of a verdict.
    let (mut zh, mut en) = (String::with_capacity(256), String::with_capacity(256));
    for check in &verdict.checks {
        let share = [check.at_least.numerator.to_string(), check.at_least.denominator.to_string()].join("/");
        let (zh_word, en_word) = if check.strict { ("超过", "more than") } else { ("至少", "at least") };
        let (zh_end, en_end) = if check.holds { ("成立", "holds") } else { ("不成立", "does not hold") };
        let (code, counted, of) = (check.code.as_str(), check.counted.to_string(), check.of.to_string());
        zh.extend([code, ":", &counted, "/", &of, ",须", zh_word, &share, ",", zh_end, "。"]);
        en.extend([code, ": ", &counted, " of ", &of, ", ", en_word, " ", &share, " needed, ", en_end, ". "]);
    }
    if !verdict.winners.is_empty() {
        zh.extend(["选出:", &verdict.winners.join("、"), "。"]);
        en.extend(["Chosen: ", &verdict.winners.join(", "), "."]);
    }
    vec![LocalText::new("zh-CN", zh), LocalText::new("en", en.trim_end())]
}

/// The standard categories.
pub fn categories() -> Vec<Category> {
    let category = |code: &str, zh: &str, en: &str, significance, form| Category {
        code: code.into(),
        parent: None,
        labels: vec![LocalText::new("zh-CN", zh), LocalText::new("en", en)],
        significance,
        form,
        stage_hours: vec![
            StageLimit { stage: "submitted".into(), hours: ANSWER_HOURS },
            StageLimit { stage: "deliberating".into(), hours: DELIBERATION_HOURS },
        ],
    };
    vec![
        category("facilities", "公共设施", "public facilities", Significance::General, Form::OpenDebate),
        category("environment", "环境卫生", "environment", Significance::General, Form::OpenDebate),
        category("property", "物业服务", "property services", Significance::Major, Form::JointMeeting),
        category("elevators", "加装电梯", "elevators", Significance::Major, Form::RoundTable),
        category("parking", "停车管理", "parking", Significance::General, Form::JointMeeting),
        category("elderly_care", "养老助老", "elderly care", Significance::General, Form::OpenDebate),
        category("safety", "平安消防", "public safety and fire", Significance::General, Form::JointMeeting),
        category("culture", "文体活动", "culture and sports", Significance::General, Form::OpenDebate),
        category("neighbours", "邻里纠纷", "disputes between neighbours", Significance::General, Form::RoundTable),
        category("other", "其他", "other", Significance::General, Form::OpenDebate),
    ]
}

/// Classifies a topic by words that name a category; nothing found is `other`.
pub fn classify(topic: &TopicText) -> Vec<Scored> {
    const WORDS: &[(&str, &[&str])] = &[
        ("facilities", &["设施", "路灯", "充电", "道路", "健身器材"]),
        ("environment", &["环境", "卫生", "垃圾", "绿化", "污水"]),
        ("property", &["物业", "维修资金", "业主", "管理规约", "公共收益"]),
        ("elevators", &["电梯"]),
        ("parking", &["停车", "车位"]),
        ("elderly_care", &["养老", "老人", "老年", "助餐"]),
        ("safety", &["消防", "安全", "门禁", "监控", "飞线"]),
        ("culture", &["文化", "文体", "图书", "健身活动", "广场舞"]),
        ("neighbours", &["邻里", "噪音", "漏水", "纠纷"]),
    ];
    let hits = |text: &str, words: &[&str]| words.iter().filter(|word| text.contains(**word)).count();
    let mut scored: Vec<_> = WORDS
        .iter()
        .map(|(category, words)| (category, 2 * hits(&topic.title, words) + hits(&topic.body, words)))
        .filter(|(_, hits)| *hits > 0)
        .map(|(category, hits)| Scored {
            category: (*category).into(),
            per_mille: u32::try_from(hits * 200).unwrap_or(u32::MAX).min(1000),
        })
        .collect();
    scored.sort_by_key(|scored| std::cmp::Reverse(scored.per_mille));
    if scored.is_empty() {
        scored.push(Scored { category: "other".into(), per_mille: 0 });
    }
    scored
}

/// The standard answer to a late, unanswered or unsatisfying case.
pub fn assess(case: &Case) -> Answer {
    let notify = |level| Action::Notify { role: "supervisor".into(), level };
    match case.kind {
        CaseKind::Unsatisfied => Answer { actions: vec![Action::ReopenDeliberation], ask_again_hours: None },
        CaseKind::Objection => Answer { actions: vec![notify(case.level)], ask_again_hours: None },
        CaseKind::Overdue | CaseKind::Unanswered => {
            let mut actions = vec![notify(case.level)];
            if case.level > Level::City {
                actions.push(Action::RaiseLevel);
            }
            actions.push(Action::MarkPublic);
            Answer { actions, ask_again_hours: Some(WHISTLE_HOURS) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voting::validate_rule;

    fn subject(significance: Significance) -> Subject {
        Subject { significance, ..Subject::of("other", 10) }
    }

    #[test]
    fn major_matters_need_two_thirds_and_general_ones_more_than_half() {
        let share = |significance| {
            let rule = rule(&subject(significance));
            assert_eq!(validate_rule(&rule), Ok(()));
            let majority = rule.conditions.last().expect("a majority").clone();
            (majority.at_least, majority.strict)
        };
        assert_eq!(share(Significance::General), (Fraction::new(1, 2), true));
        assert_eq!(share(Significance::Major), (Fraction::new(2, 3), false));
    }

    #[test]
    fn a_topic_is_classified_by_its_words() {
        let first = |title: &str| classify(&TopicText { title: title.into(), body: String::new() }).remove(0).category;
        assert_eq!(first("小区路灯不亮"), "facilities");
        assert_eq!(first("物业服务合同到期"), "property");
        assert_eq!(first("老旧小区加装电梯"), "elevators");
        assert_eq!(first("春节联欢"), "other");
    }
}
