//! A synthetic province: the history of cases in the communities of the real division tree, drawn from a fixed seed, so that every run has the same.
//!
//! A topic is raised by a resident of its community on some day of two years. Of 100 topics 85 are accepted; of these 80 are deliberated and put to a ballot
//! with votes of residents, 85 of them pass, 90 of those get their lists, 75 are carried out, some of them late, and most of these are rated. The residents of a
//! community are as many as three times its topics, so that people come again.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;
use yishi_domain::UnitId;
use yishi_store::floors::Copied;

/// The seed.
const SEED: u64 = 20_260_101;

/// The first instant: the beginning of 2025 in China.
const BEGIN: i64 = 1_735_660_800;

/// Over how many days topics are raised.
const DAYS: u64 = 700;

/// Draws numbers: SplitMix64 (Steele, Lea, Flood 2014).
struct Draw(u64);

impl Draw {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    const fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    const fn of_hundred(&mut self, n: u64) -> bool {
        self.below(100) < n
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.next(), self.next())
    }
}

/// A case while it is told.
struct Case<'a> {
    draw: &'a mut Draw,
    events: &'a mut Vec<Copied>,
    topic: Uuid,
    now: DateTime<Utc>,
}

impl Case<'_> {
    fn tell(&mut self, kind: &'static str, principal: String, body: Value) {
        let (id, subject, at) = (self.draw.id(), self.topic, self.now);
        self.events.push(Copied { id, kind, subject, principal, at, body });
    }

    fn act(&mut self, kind: &'static str, body: Value) {
        self.tell(kind, "operator:bench".into(), body);
    }

    fn wait(&mut self, days: u64) {
        let hours = days * 24 + self.draw.below(24);
        // At least a minute, so that no two events of a case share an instant.
        self.now += Duration::hours(i64::try_from(hours).unwrap_or(0)) + Duration::minutes(1);
    }
}

/// The events of a city, by its place in the province, with so many topics and so many votes a ballot on average, in the order in which they happened.
pub fn events(city: u64, communities: &[UnitId], topics: usize, votes: u64) -> Vec<Copied> {
    let mut draw = Draw(Draw(SEED ^ city).next());
    let residents = (topics / communities.len().max(1) * 3 + 30) as u64;
    let mut events = Vec::new();
    for i in 0..topics {
        let place = i % communities.len();
        case(&mut draw, &mut events, (communities[place], place as u64), residents, votes);
    }
    events.sort_by_key(|it| (it.at, it.id));
    // What happened at the same instant in a case keeps its order: no two events of a case share one.
    events
}

fn case(draw: &mut Draw, events: &mut Vec<Copied>, (unit, place): (UnitId, u64), residents: u64, votes: u64) {
    let begin = BEGIN + i64::try_from(draw.below(DAYS) * 86_400 + draw.below(86_400)).unwrap_or(0);
    let topic = draw.id();
    let now = DateTime::from_timestamp(begin, 0).unwrap_or_default();
    let resident = |n: u64| format!("member:{}", Uuid::from_u64_pair(unit.uuid().as_u64_pair().1 ^ place, n));
    let channels = ["online", "online", "online", "home_visit", "hotline", "meeting"];
    let channel = channels[draw.below(6) as usize];
    let category = ["environment", "facilities", "neighbours", "other"][draw.below(4) as usize];
    let raiser = resident(draw.below(residents));
    let mut case = Case { draw, events, topic, now };
    let raised = json!({"unit": unit, "channel": channel, "represented": false, "mandate": null, "category": category});
    case.tell("topic.raised", raiser, raised);
    if case.draw.of_hundred(5) {
        return;
    }
    case.wait(1);
    if case.draw.of_hundred(10) {
        return case.act("topic.rejected", json!({}));
    }
    let accepted = json!({"category": category, "significance": "general", "form": "open_debate", "unit": unit});
    case.act("topic.accepted", accepted);
    if case.draw.of_hundred(20) {
        return;
    }
    let days = case.draw.below(6);
    case.wait(days);
    let (meeting, starts_at) = (case.draw.id(), case.now + Duration::hours(20));
    case.act("meeting.convened", json!({"meeting": meeting, "form": "open_debate", "starts_at": starts_at}));
    case.now = starts_at + Duration::hours(1);
    let [young, old] = [case.draw.below(8), case.draw.below(12)];
    let present = json!({"total": young + old, "presence": {"on_site": young + old}, "age_band": {"from18": young, "from60": old},
        "sex": {}, "occupation": {}});
    case.act("attendance.recorded", json!({"meeting": meeting, "added": young + old, "present": present}));
    case.now += Duration::hours(1);
    case.act("minutes.filed", json!({"meeting": meeting}));
    case.now += Duration::hours(20);
    case.act("minutes.adopted", json!({"meeting": meeting}));
    case.wait(1);
    let ballot = case.draw.id();
    case.act("ballot.opened", json!({"ballot": ballot, "topic": topic}));
    for vote in 0..case.draw.below(2 * votes + 1).min(residents) {
        // Seven is prime to the numbers of residents that there are, or some vote twice, which counts them once.
        let voter = (vote * 7 + place) % residents;
        case.now += Duration::minutes(7);
        let cast = json!({"ballot": ballot, "voting_unit": format!("{voter}"), "choice": "in_favour", "heads": 1, "floor_area": null,
            "channel": "online"});
        case.tell("vote.cast", resident(voter), cast);
    }
    case.wait(7);
    case.act("ballot.closed", json!({"ballot": ballot}));
    case.now += Duration::minutes(5);
    case.act("ballot.counted", json!({"ballot": ballot}));
    case.now += Duration::minutes(5);
    let passed = case.draw.of_hundred(85);
    case.act("ballot.decided", json!({"ballot": ballot, "outcome": if passed { "passed" } else { "failed" }}));
    if !passed {
        return;
    }
    case.now += Duration::minutes(5);
    let resolution = case.draw.id();
    case.act("resolution.adopted", json!({"resolution": resolution, "ballot": ballot}));
    if case.draw.of_hundred(10) {
        return;
    }
    case.wait(2);
    let due_at = case.now + Duration::days(60);
    case.act("resolution.assigned", json!({"resolution": resolution, "lists": {"deadlines": {"due_at": due_at}}}));
    if case.draw.of_hundred(25) {
        return;
    }
    let days = 10 + case.draw.below(60);
    case.wait(days);
    case.act("resolution.completed", json!({"resolution": resolution, "late": case.now > due_at}));
    if case.draw.of_hundred(15) {
        return;
    }
    case.wait(7);
    let ratings = 1 + case.draw.below(9);
    let sum: u64 = (0..ratings).map(|_| 60 + case.draw.below(41)).sum();
    case.act("survey.closed", json!({"resolution": resolution, "ratings": ratings, "sum": sum}));
    case.now += Duration::minutes(1);
    case.act("topic.closed", json!({"resolution": resolution}));
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn the_province_is_the_same_at_every_run_and_each_case_has_its_order() {
        // Units get new identifiers at every run.
        let [a, b] = [0, 1_000].map(|run| {
            let communities: Vec<_> = (run..run + 7).map(|i| UnitId(Uuid::from_u128(i))).collect();
            events(1, &communities, 300, 10)
        });
        assert!(a.iter().zip(&b).all(|(a, b)| a.id == b.id && a.at == b.at && a.kind == b.kind) && a.len() == b.len());
        assert_ne!(a[0].id, events(2, &[UnitId(Uuid::from_u128(0))], 300, 10)[0].id, "another city has other cases");
        let mut last: HashMap<Uuid, (DateTime<Utc>, &str)> = HashMap::new();
        for it in &a {
            if let Some((at, kind)) = last.insert(it.subject, (it.at, it.kind)) {
                assert!(at < it.at, "{kind} and {} happened at once", it.kind);
            }
        }
        let votes = a.iter().filter(|it| it.kind == "vote.cast").count();
        assert!((1_000..3_000).contains(&votes), "{votes}");
    }
}
