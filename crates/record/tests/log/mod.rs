//! A log with one ballot among other events, told honestly or not.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;
use yishi_domain::{
    BallotId, Digest, EventId, StoredEvent, TopicId,
    receipts::Receipt,
    topics::Significance,
    voting::{
        Choice, Condition, ConditionKind, Counted, Electorate, Fraction, Measure, Of, Subject, Tally, Verdict,
        VotingRule, evaluate,
    },
};
use yishi_record::{
    bundles::{self, BundleError, Parts},
    checkpoints::Key,
    commitments::{canonical, digest},
    facts::{self, BallotCounted, BallotDecided, BallotOpened, Eligible, VoteCast},
    leaves,
    trees::{self, Known},
};

pub const ORIGIN: &str = "example.org/3301";
pub const TENANT: &str = "3301";
pub const SECRET: [u8; 32] = [7; 32];
/// When the ballot opens and closes, in seconds from the first leaf.
const WINDOW: (i64, i64) = (1, 3_600);
pub const COMPONENT: &[u8] = b"\0asm, as far as this test goes";
const BALLOT: BallotId = BallotId(Uuid::from_u128(0xba));
const CASE: Uuid = Uuid::from_u128(0xca);

/// The key of the log.
pub fn key() -> Key {
    Key::new(ORIGIN, SECRET).expect("a sound name")
}

/// What the log tells; each function is where it may lie.
pub struct Story {
    pub tenant: &'static str,
    /// Unit, whether in favour, and floor area.
    pub votes: Vec<(String, bool, Option<u64>)>,
    /// How many events of other cases stand between two of this one.
    pub noise: usize,
    pub custom: Option<String>,
    /// Whether one of the votes is recorded after the count.
    pub late_vote: bool,
    /// Whether the standard rules decide, without a component.
    pub standard: bool,
    pub opened: fn(&mut BallotOpened),
    /// What is replaced in the receipt's input, and by what.
    pub input: Option<(&'static str, &'static str)>,
    pub tally: fn(&mut Tally),
    pub counted: fn(&mut BallotCounted),
    pub verdict: fn(&mut Verdict),
    pub decided: fn(&mut BallotDecided),
    /// How the votes come in.
    pub channel: &'static str,
}

impl Default for Story {
    fn default() -> Self {
        Self {
            tenant: TENANT,
            votes: (0..5).map(|i| (format!("3-2-20{i}"), i < 4, Some(8_950 + i))).collect(),
            noise: 2,
            custom: None,
            late_vote: false,
            standard: false,
            opened: |_| {},
            input: None,
            tally: |_| {},
            counted: |_| {},
            verdict: |_| {},
            decided: |_| {},
            channel: facts::ONLINE,
        }
    }
}

impl Story {
    /// The bundle of the decision.
    pub fn bundle(&self) -> Vec<u8> {
        let log = Log::new(self);
        log.try_bundle(&log.case()).expect("every event has its position")
    }
}

/// Events in order, and the tree over them.
pub struct Log {
    tenant: &'static str,
    standard: bool,
    events: Vec<StoredEvent>,
}

impl Log {
    pub fn new(story: &Story) -> Self {
        let mut log = Self { tenant: story.tenant, standard: story.standard, events: Vec::new() };
        let mut add = |kind, body: Value| {
            for _ in 0..story.noise {
                log.push("topic.raised", Uuid::from_u128(0xee), json!({"title": {"commitment": digest(b"title")}}));
            }
            log.push(kind, CASE, body)
        };
        let rule = rule(story.custom.clone());
        let eligible = vec![
            Eligible { measure: Measure::Heads, total: 40 },
            Eligible { measure: Measure::FloorArea, total: 400_000 },
        ];
        let mut opened = BallotOpened {
            ballot: BALLOT,
            topic: TopicId(CASE),
            question: "是否加装电梯？".into(),
            titles: Vec::new(),
            rule: rule.clone(),
            subject: subject(),
            component: (!story.standard).then(|| digest(COMPONENT)),
            configuration: (!story.standard).then(|| digest(&canonical(&configuration()))),
            eligible,
            roll_root: Digest([3; 32]),
            opens_at: second(WINDOW.0),
            closes_at: second(WINDOW.1),
        };
        (story.opened)(&mut opened);
        add(facts::BALLOT_OPENED, value(&opened));
        let votes: Vec<_> = story.votes.iter().map(|it| vote(it, story.channel)).collect();
        let early = votes.len() - usize::from(story.late_vote);
        let mut hashes: Vec<_> = votes[..early].iter().map(|it| add(facts::VOTE_CAST, value(it))).collect();
        // A count that knows a vote before it is recorded; only its position gives it away.
        if story.late_vote {
            hashes.push([0; 32]);
        }
        // Where floor areas are missing the log makes its tally without those votes.
        let countable: Vec<_> = votes.iter().filter(|it| it.floor_area.is_some()).cloned().collect();
        let mut tally = facts::recount(&opened.rule, &[], &opened.eligible, &countable, None).expect("countable");
        (story.tally)(&mut tally);
        let mut counted = BallotCounted {
            ballot: BALLOT,
            count: votes.len() as u64,
            votes_root: facts::votes_root(&hashes),
            tally: tally.clone(),
        };
        (story.counted)(&mut counted);
        add(facts::BALLOT_COUNTED, value(&counted));
        if story.late_vote {
            add(facts::VOTE_CAST, value(&votes[early]));
        }
        let mut verdict = match evaluate(&rule, &tally) {
            Ok(verdict) => verdict,
            Err(_) => Verdict {
                outcome: yishi_domain::voting::Outcome::Failed,
                checks: vec![],
                winners: vec![],
                reasons: vec![],
            },
        };
        (story.verdict)(&mut verdict);
        let mut receipt = Receipt {
            component: digest(COMPONENT),
            contract: "1.0.0".into(),
            cost_table: "1".into(),
            configuration: digest(&canonical(&configuration())),
            input: text(&json!({"function": "decide", "rule": rule, "tally": tally})),
            output: text(&value(&verdict)),
            fuel: 22_579,
            host: "wasmtime 48".into(),
        };
        if let Some((from, to)) = story.input {
            receipt.input = receipt.input.replace(from, to);
        }
        let receipt = (!story.standard).then_some(receipt);
        let mut decided = BallotDecided { ballot: BALLOT, outcome: verdict.outcome, verdict, receipt };
        (story.decided)(&mut decided);
        add(facts::BALLOT_DECIDED, value(&decided));
        log
    }

    pub fn size(&self) -> u64 {
        self.events.len() as u64
    }

    /// The events of the case.
    pub fn case(&self) -> Vec<StoredEvent> {
        self.events.iter().filter(|event| event.subject == CASE).cloned().collect()
    }

    /// Bundles events with the hashes that were asked for and no others.
    pub fn try_bundle(&self, events: &[StoredEvent]) -> Result<Vec<u8>, BundleError> {
        let hashes: Vec<_> = self.events.iter().map(|it| leaves::leaf_hash(self.tenant, it)).collect();
        let mut known = Known::default();
        let stored = trees::append(&mut known, 0, &hashes).expect("from nothing");
        let root = trees::root(&known, self.size()).expect("the whole tree");
        let checkpoint = key().sign(self.size(), root, DateTime::UNIX_EPOCH).expect("signed");
        let needed = bundles::needed_for_bundle(self.size(), events);
        let some = Known::new(stored.into_iter().filter(|(index, _)| needed.contains(index)).collect());
        let configuration = configuration();
        let parts = Parts {
            configuration: (!self.standard).then_some(&configuration),
            ballot: BALLOT,
            tenant: self.tenant,
            events,
            checkpoint: &checkpoint,
            handovers: &[],
            component: (!self.standard).then_some(COMPONENT),
        };
        bundles::build(parts, &some)
    }

    fn push(&mut self, kind: &str, subject: Uuid, body: Value) -> trees::Hash {
        let position = self.size();
        let at = second(position as i64);
        self.events.push(StoredEvent {
            id: EventId(Uuid::from_u128(0x1000 + u128::from(position))),
            kind: kind.into(),
            subject,
            actor: "member".into(),
            at,
            recorded_at: at,
            body,
            position: Some(position),
        });
        leaves::leaf_hash(self.tenant, &self.events[self.events.len() - 1])
    }
}

/// The configuration of the rule set.
pub fn configuration() -> Value {
    json!({"strict": true})
}

/// The canonical form of a value as text.
pub fn text(value: &Value) -> String {
    String::from_utf8(canonical(value)).expect("JSON is text")
}

/// An instant, in seconds from the first leaf.
pub fn second(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + second, 0).expect("an instant")
}

fn vote((unit, in_favour, floor_area): &(String, bool, Option<u64>), channel: &str) -> VoteCast {
    VoteCast {
        ballot: BALLOT,
        voting_unit: unit.clone(),
        choice: Some(if *in_favour { Choice::InFavour } else { Choice::Against }),
        heads: 1,
        floor_area: *floor_area,
        channel: channel.into(),
        replaces: None,
        batch: None,
        reason: None,
    }
}

fn rule(custom: Option<String>) -> VotingRule {
    let condition = Condition {
        code: "majority".into(),
        kind: ConditionKind::Majority,
        measure: Measure::Heads,
        counted: Counted::InFavour,
        of: Of::Participating,
        at_least: Fraction::new(1, 2),
        strict: true,
    };
    VotingRule { notice_hours: 24, window_hours: 72, custom, ..VotingRule::of(vec![condition]) }
}

fn subject() -> Subject {
    Subject {
        significance: Significance::Major,
        electorate: Electorate::Owners,
        eligible_floor_area: Some(400_000),
        ..Subject::of("parking", 40)
    }
}

fn value(body: &impl Serialize) -> Value {
    serde_json::to_value(body).expect("JSON")
}
