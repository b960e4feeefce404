//! Categories, proposals and actions that are well formed and wrong: each is named by its field.

use serde_json::{Value, json};

use crate::{
    answers::{WRONG, wrong},
    guests::Guest,
    runs::Case,
};

pub fn cases() -> Vec<Case> {
    let mut cases = categories();
    cases.extend(proposals());
    cases.extend(actions());
    cases
}

fn categories() -> Vec<Case> {
    let one =
        |name: &str, pointer: &str, value: Value, field: &str| wrong(name, "categories", &[(pointer, value)], field);
    let category = |code: String| json!({"code": code, "labels": [{"locale": "en", "text": "x"}]});
    let many: Vec<_> = (0..1_001).map(|i| category(format!("c{i}"))).collect();
    let guest = Guest::honest().answer("categories", json!(many));
    let mut cases = vec![
        Case::fails("1,001 categories", &guest, "categories", WRONG, "`categories`"),
        one("a code twice", "/1/code", json!("other"), "categories[1].code"),
        one("no code", "/0/code", json!(""), "categories[0].code"),
        one("a code with a slash", "/1/code", json!("../x"), "categories[1].code"),
        one("a parent that is none", "/1/parent", json!("nowhere"), "categories[1].parent"),
        one("a parent of itself", "/1/parent", json!("lamps"), "categories[1].parent"),
        one("a circle of parents", "/0/parent", json!("lamps"), "categories[0].parent"),
        one("no name", "/0/labels", json!([]), "categories[0].labels"),
        one("an empty name", "/0/labels/0/text", json!(""), "categories[0].labels"),
        one("a name of 201 letters", "/0/labels/0/text", json!("x".repeat(201)), "categories[0].labels"),
        one("a form of a later contract", "/1/form", json!({"other": "lottery"}), "categories[1].form"),
        one("a limit of no hours", "/1/stage-hours/0/hours", json!(0), "categories[1].stage_hours.hours"),
        one("a limit of years", "/1/stage-hours/0/hours", json!(u32::MAX), "categories[1].stage_hours.hours"),
        one("a limit on no stage", "/1/stage-hours/0/stage", json!(""), "categories[1].stage_hours.stage"),
        one(
            "33 limits",
            "/1/stage-hours",
            json!({"$repeat": [33, {"stage": "submitted", "hours": 1}]}),
            "categories[1].stage_hours",
        ),
        one(
            "two limits on a stage",
            "/1/stage-hours",
            json!({"$repeat": [2, {"stage": "submitted", "hours": 1}]}),
            "categories[1].stage_hours.stage",
        ),
    ];
    let deep: Vec<_> = (0..1_000)
        .map(|i| {
            let mut it = category(format!("c{i}"));
            it["parent"] = json!(format!("c{}", (i + 1) % 1_000));
            it
        })
        .collect();
    let guest = Guest::honest().answer("categories", json!(deep));
    cases.push(Case::fails("a circle of a thousand", &guest, "categories", WRONG, "`categories[0].parent`"));
    cases
}

fn proposals() -> Vec<Case> {
    let one = |name: &str, value: Value, field: &str| {
        let guest = Guest::honest().answer("classify", value);
        Case::fails(name, &guest, "classify", WRONG, &format!("`{field}`"))
    };
    let scored = |category: &str, per_mille: u32| json!({"category": category, "per-mille": per_mille});
    vec![
        one("a category that is none", json!([scored("nowhere", 1)]), "proposals[0].category"),
        one("a category without a code", json!([scored("", 1)]), "proposals[0].category"),
        one("a category twice", json!([scored("other", 1), scored("other", 1)]), "proposals[1].category"),
        one("a score over 1000", json!([scored("other", 1_001)]), "proposals[0].per_mille"),
        one("the largest score", json!([scored("other", u32::MAX)]), "proposals[0].per_mille"),
        one("the worst first", json!([scored("other", 1), scored("lamps", 2)]), "proposals"),
        one("33 proposals", json!({"$repeat": [33, scored("other", 1)]}), "proposals"),
    ]
}

fn actions() -> Vec<Case> {
    let one =
        |name: &str, action: Value, field: &str| wrong(name, "assess", &[("/ok/actions", json!([action]))], field);
    let first = |member: &str| format!("actions[0].{member}");
    vec![
        one(
            "a level that is not on the path",
            json!({"notify": {"role": "supervisor", "level": "province"}}),
            &first("level"),
        ),
        one("a role without a code", json!({"notify": {"role": "", "level": "street"}}), &first("role")),
        one("a call to nobody", json!({"whistle": {"departments": [], "hours": 48}}), &first("departments")),
        one(
            "a call to a department without a name",
            json!({"whistle": {"departments": [""], "hours": 48}}),
            &first("departments"),
        ),
        one(
            "a call to 33",
            json!({"whistle": {"departments": {"$repeat": [33, "x"]}, "hours": 48}}),
            &first("departments"),
        ),
        one("a call without time", json!({"whistle": {"departments": ["x"], "hours": 0}}), &first("hours")),
        one("a deadline at once", json!({"set-deadline": 0}), &first("hours")),
        one("a deadline in 500,000 years", json!({"set-deadline": u32::MAX}), &first("hours")),
        one("a finding that says nothing", json!({"open-finding": ""}), &first("text")),
        one("a finding of 4,001 letters", json!({"open-finding": "x".repeat(4_001)}), &first("text")),
        one("an unknown action without a name", json!({"other": ""}), &first("name")),
        wrong("33 actions", "assess", &[("/ok/actions", json!({"$repeat": [33, "mark-public"]}))], "actions"),
        wrong("again at once", "assess", &[("/ok/ask-again-hours", json!(0))], "ask_again_hours"),
        wrong("again in 500,000 years", "assess", &[("/ok/ask-again-hours", json!(u32::MAX))], "ask_again_hours"),
        wrong(
            "the character zero in a finding",
            "assess",
            &[("/ok/actions", json!([{"open-finding": "a\0"}]))],
            "answer",
        ),
    ]
}
