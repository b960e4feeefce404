//! What cases count as, which parts periods have, and how different people are counted.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

#[test]
fn a_period_is_made_of_the_longest_parts_of_the_calendar() {
    let parts = |text: &str| text.parse::<Period>().expect(text).parts();
    assert_eq!(parts("2026"), [(Grain::Year, day("2026-01-01"))]);
    assert_eq!(parts("2026-Q3"), [(Grain::Quarter, day("2026-07-01"))]);
    let mixed: Vec<_> = parts("2025-11-30..2027-02-01");
    let grains: Vec<_> = mixed.iter().map(|(grain, _)| grain.code()).collect();
    assert_eq!(grains, ["day", "month", "year", "month", "day"]);
    assert_eq!(parts("phase:2025-26").len(), 2);
    for text in ["26", "2026-13", "2026-Q5", "2026-02-30", "2026-03-02..2026-03-01", "phase:x", "2026-1", "1989"] {
        assert_eq!(text.parse::<Period>(), Err(NotAPeriod), "{text}");
    }
}

#[test]
fn the_period_before_is_as_long() {
    let before = |text: &str| text.parse::<Period>().expect(text).previous().to_string();
    assert_eq!(before("2026-Q1"), "2025-10-01..2025-12-31");
    assert_eq!(before("2026-03"), "2026-02-01..2026-02-28");
    assert_eq!(before("2026-03-10..2026-03-12"), "2026-03-07..2026-03-09");
    assert_eq!(before("phase:2025-26"), "2024-01-01..2024-12-31");
}

#[test]
fn different_people_of_any_months_are_those_whose_time_before_lies_before_them() {
    let tree: BTreeMap<u8, Vec<u8>> = BTreeMap::from([(1, vec![0, 1]), (2, vec![0, 2])]);
    let people: [&[(u8, &str)]; 3] = [
        &[(1, "2026-01-05"), (1, "2026-01-20"), (1, "2026-04-01"), (2, "2026-02-01")],
        &[(1, "2026-04-30")],
        &[(2, "2025-12-31"), (2, "2026-06-01")],
    ];
    let kept: Vec<BTreeSet<_>> = people
        .iter()
        .map(|days| pairs(days.iter().map(|(unit, at)| (*unit, day(at))), |unit| tree[&unit].as_slice()))
        .collect();
    let months: Vec<_> = (0..20).map(|i| day("2025-10-01") + chrono::Months::new(i)).collect();
    for (i, from) in months.iter().enumerate() {
        for until in &months[i + 1..] {
            for unit in 0..3_u8 {
                let plain = people.iter().filter(|days| {
                    days.iter().any(|(at, on)| tree[at].contains(&unit) && (*from..*until).contains(&day(on)))
                });
                let within = |(at, pair): &&(u8, Pair)| {
                    *at == unit && (*from..*until).contains(&pair.month) && pair.before < *from
                };
                let summed = kept.iter().flatten().filter(within).count();
                assert_eq!(summed, plain.count(), "{unit} {from} {until}");
            }
        }
    }
}

#[test]
fn indicators_have_names_of_their_own_and_definitions_in_both_languages() {
    let ids: BTreeSet<_> = INDICATORS.iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), INDICATORS.len());
    for it in INDICATORS {
        assert!(it.names.iter().chain(&it.definitions).all(|text| !text.is_empty()), "{}", it.id);
        assert!(it.definitions[0].ends_with('。') && it.definitions[1].ends_with('.'), "{}", it.id);
    }
}

#[test]
fn a_resolution_is_not_late_where_one_of_its_action_items_is() {
    let resolution = "00000000-0000-7000-8000-000000000001";
    let told = |kind: &str, at: &str, body: serde_json::Value| {
        let at = at.parse().expect("an instant");
        let id = uuid::Uuid::nil();
        let (kind, actor) = (kind.into(), "system".into());
        crate::StoredEvent {
            id: crate::EventId(id),
            kind,
            subject: id,
            actor,
            at,
            recorded_at: at,
            body,
            position: None,
        }
    };
    let overdue =
        |at: &str| told("case.escalated", at, serde_json::json!({"level": "street", "asked": {"kind": "overdue"}}));
    let late = |escalated: &str| {
        let mut facts = CaseFacts::default();
        let lists = serde_json::json!({"deadlines": {"due_at": "2026-05-31T00:00:00Z"}});
        for event in [
            told("resolution.adopted", "2026-04-01T00:00:00Z", serde_json::json!({"resolution": resolution})),
            told(
                "resolution.assigned",
                "2026-04-02T00:00:00Z",
                serde_json::json!({"resolution": resolution, "lists": lists}),
            ),
            overdue(escalated),
        ] {
            facts.add(&event, &|at| at.date_naive());
        }
        serde_json::to_value(facts).expect("JSON")["resolutions"].to_string().contains("\"late\":true")
    };
    assert!(!late("2026-05-01T00:00:00Z"), "an action item was");
    assert!(late("2026-05-31T00:00:00Z"), "it was due itself");
}
