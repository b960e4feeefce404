//! Rules, verdicts and refusals that are well formed and wrong: each is named by its field.

use serde_json::{Value, json};

use crate::{guests::Guest, runs::Case, samples};

pub const WRONG: &str = "policy.output_invalid";
const DISAGREES: &str = "policy.disagrees";

pub fn cases() -> Vec<Case> {
    let mut cases = rules();
    cases.extend(verdicts());
    cases
}

/// An honest answer with places changed, refused for a field.
pub fn wrong(name: &str, function: &str, changes: &[(&str, Value)], field: &str) -> Case {
    let guest = Guest::honest().answer(function, samples::changed(function, changes));
    Case::fails(name, &guest, function, WRONG, &format!("`{field}`"))
}

fn condition() -> Value {
    samples::changed("rule", &[]).pointer("/ok/conditions/0").expect("a condition").clone()
}

fn rules() -> Vec<Case> {
    let one = |name: &str, member: &str, value: Value, field: &str| {
        wrong(name, "rule", &[(&format!("/ok/{member}"), value)], field)
    };
    let many = |n: usize| {
        let each = |i| {
            let mut condition = condition();
            condition["code"] = json!(format!("c{i}"));
            condition
        };
        (0..n).map(each).collect::<Value>()
    };
    let first = "conditions[0]";
    vec![
        one(
            "a share over one",
            "conditions/0/at-least",
            json!({"numerator": 3, "denominator": 2}),
            &format!("{first}.at_least"),
        ),
        one(
            "a share of nothing",
            "conditions/0/at-least",
            json!({"numerator": 0, "denominator": 0}),
            &format!("{first}.at_least"),
        ),
        one(
            "more than the whole",
            "conditions/0/at-least",
            json!({"numerator": 7, "denominator": 7}),
            &format!("{first}.at_least"),
        ),
        one(
            "the largest share",
            "conditions/0/at-least",
            json!({"numerator": u32::MAX, "denominator": 1}),
            &format!("{first}.at_least"),
        ),
        one("a window of nothing", "window-hours", json!(0), "window_hours"),
        one("a window of years", "window-hours", json!(8_785), "window_hours"),
        one("the longest window", "window-hours", json!(u32::MAX), "window_hours"),
        one("a notice over a year", "notice-hours", json!(8_785), "notice_hours"),
        one("floor area that no roll states", "conditions/0/measure", json!("floor-area"), &format!("{first}.measure")),
        one(
            "a majority of those who came",
            "conditions/0/counted",
            json!("participating"),
            &format!("{first}.counted"),
        ),
        one("a quorum of those who came", "conditions/0/kind", json!("quorum"), &format!("{first}.of")),
        one("no condition", "conditions", json!([]), "conditions"),
        one("33 conditions", "conditions", many(33), "conditions"),
        one("a thousand conditions", "conditions", many(1_000), "conditions"),
        one("a condition twice", "conditions", json!([condition(), condition()]), "conditions[1].code"),
        one("a condition without a code", "conditions/0/code", json!(""), &format!("{first}.code")),
        one("a code of spaces", "conditions/0/code", json!("a b"), &format!("{first}.code")),
        one("a code of 101 letters", "conditions/0/code", json!("a".repeat(101)), &format!("{first}.code")),
        one("a code that turns the line", "conditions/0/code", json!("a\u{202e}b"), &format!("{first}.code")),
        one("a law without a name", "laws", json!([""]), "laws"),
        one("33 laws", "laws", json!({"$repeat": [33, "a law"]}), "laws"),
        one("a law of 201 letters", "laws", json!(["l".repeat(201)]), "laws"),
        one("logic of its own that is not told", "custom", json!(" "), "custom"),
        one("logic of its own that fills a book", "custom", json!("x".repeat(4_001)), "custom"),
        one("the character zero", "laws", json!(["a\0"]), "answer"),
        one("a method of a later contract", "method", json!({"other": "approval"}), "method"),
        one("a secrecy of a later contract", "secrecy", json!({"other": "secret"}), "secrecy"),
        one(
            "a measure of a later contract",
            "conditions/0/measure",
            json!({"other": "shares"}),
            &format!("{first}.measure"),
        ),
        one("an extension of a later contract", "extensions", json!([["rounds", "2"]]), "extensions"),
    ]
}

fn verdicts() -> Vec<Case> {
    let with = |name: &str, function: &str, code: &'static str, changes: &[(&str, Value)], says: &str| {
        let guest = Guest::honest().answer("decide", samples::changed("decide", changes));
        Case::fails(name, &guest, function, code, says)
    };
    let check = samples::changed("decide", &[]).pointer("/ok/checks/0").expect("a check").clone();
    let mut cases = vec![
        with("another outcome", "decide", DISAGREES, &[("/ok/outcome", json!("failed"))], "outcome"),
        with("no quorum where there is one", "decide", DISAGREES, &[("/ok/outcome", json!("no-quorum"))], "outcome"),
        with("no check", "decide", DISAGREES, &[("/ok/checks", json!([]))], "checks"),
        with("a check twice", "decide", DISAGREES, &[("/ok/checks", json!([check, check]))], "checks"),
        with(
            "figures of its own where its logic is its own",
            "decide custom",
            DISAGREES,
            &[("/ok/checks/0/counted", json!("7"))],
            "checks[0]",
        ),
        with("no check where its logic is its own", "decide custom", DISAGREES, &[("/ok/checks", json!([]))], "checks"),
        with(
            "an outcome of a later contract",
            "decide",
            WRONG,
            &[("/ok/outcome", json!({"other": "tie"}))],
            "`outcome`",
        ),
        with(
            "an extension of a later contract",
            "decide",
            WRONG,
            &[("/ok/extensions", json!([["winner", "1"]]))],
            "`extensions`",
        ),
        with("a reason that says nothing", "decide", WRONG, &[("/ok/reasons/0/text", json!(""))], "`reasons`"),
        with("a reason in no language", "decide", WRONG, &[("/ok/reasons/0/locale", json!(""))], "`reasons`"),
        with(
            "a reason in a language of spaces",
            "decide",
            WRONG,
            &[("/ok/reasons/0/locale", json!("zh CN"))],
            "`reasons`",
        ),
        with(
            "a reason of 4,001 letters",
            "decide",
            WRONG,
            &[("/ok/reasons/0/text", json!("x".repeat(4_001)))],
            "`reasons`",
        ),
        with(
            "two reasons in one language",
            "decide",
            WRONG,
            &[("/ok/reasons", json!({"$repeat": [2, {"locale": "en", "text": "x"}]}))],
            "`reasons`",
        ),
        with("the character zero in a reason", "decide", WRONG, &[("/ok/reasons/0/text", json!("a\0b"))], "`answer`"),
    ];
    for (name, member, value) in [
        ("another numerator", "counted", json!("5")),
        ("another denominator", "of", json!("10")),
        ("another share", "at-least", json!({"numerator": 2, "denominator": 4})),
        ("another code", "code", json!("minority")),
        ("not strict where it is", "strict", json!(false)),
        ("not held where it is", "holds", json!(false)),
    ] {
        cases.push(with(name, "decide", DISAGREES, &[(&format!("/ok/checks/0/{member}"), value)], "checks[0]"));
    }
    for amount in
        ["9007199254740992", "18446744073709551616", "-1", "+6", "06", "6.0", "6e0", "0x6", "", " 6", "六", "NaN"]
    {
        let name = format!("an amount of `{amount}`");
        cases.push(with(&name, "decide", WRONG, &[("/ok/checks/0/counted", json!(amount))], "`checks[0].counted`"));
    }
    cases
}

/// Refusals, which people read.
pub fn refusals() -> Vec<Case> {
    let mut cases = Vec::new();
    for function in ["rule", "decide", "assess"] {
        let refuses = |code: &str, message: &str| {
            Guest::honest().answer(function, json!({"err": {"code": code, "message": message}}))
        };
        let sound = refuses("configuration.missing", "no quorum is configured");
        cases.push(Case::fails("a refusal", &sound, function, "policy.refused", "configuration.missing"));
        for (name, code, message, field) in [
            ("a refusal without a code", "", "no", "error.code"),
            ("a refusal with a code for a sentence", "you may not", "no", "error.code"),
            ("a refusal without a sentence", "no", "", "error.message"),
            ("a refusal with the character zero", "no", "a\0b", "answer"),
        ] {
            cases.push(Case::fails(name, &refuses(code, message), function, WRONG, &format!("`{field}`")));
        }
        let long = refuses("no", &"x".repeat(100_000));
        cases.push(Case::fails("a refusal of 100,000 letters", &long, function, WRONG, "`error.message`"));
    }
    cases
}
