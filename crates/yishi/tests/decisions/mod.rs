//! A decision by real rules, in a record of its own that is signed in memory.

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;
use yishi_domain::{
    BallotId, Digest, EventId, StoredEvent, TopicId, standard,
    topics::Significance,
    voting::{Choice, Electorate, Measure, Subject, VotingRule, evaluate},
};
use yishi_policy::{HostOptions, PolicyHost, limits::Tier};
use yishi_record::{
    bundles::{self, Parts},
    checkpoints::Key,
    commitments::{canonical, digest},
    facts::{self, BallotCounted, BallotDecided, BallotOpened, Eligible, VoteCast},
    leaves,
    trees::{self, Known},
};

const TENANT: &str = "3301";
const BALLOT: BallotId = BallotId(Uuid::from_u128(0xba));
const CASE: Uuid = Uuid::from_u128(0xca);
const UNITS: u64 = 12;
const AREA: u64 = 10_000;

static COMPONENT: LazyLock<Vec<u8>> = LazyLock::new(|| std::fs::read(component()).expect("a component"));

/// The decision by the component's rule, made once.
pub static HONEST: LazyLock<Decision> = LazyLock::new(|| Decision::by_component(|_| {}));

/// What a record tells of a ballot; tests change it where the record is to lie.
#[derive(Clone)]
pub struct Decision {
    pub opened: BallotOpened,
    pub votes: Vec<VoteCast>,
    pub decided: BallotDecided,
}

/// The component's file.
pub fn component() -> PathBuf {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/plugins/civil-code-278.wasm"));
    assert!(path.exists(), "{} is missing: run `cargo xtask plugins`", path.display());
    path
}

/// The key that signs the record.
pub fn key(secret: u8) -> Key {
    Key::new("example.org/3301", [secret; 32]).expect("a sound name")
}

impl Decision {
    /// A decision by the component, on its rule as somebody changed it.
    pub fn by_component(change: fn(&mut VotingRule)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let compiler = vec![env!("CARGO_BIN_EXE_yishi").into(), "compile-component".into()];
        let options = HostOptions { artefacts: folder.path().to_owned(), key: [1; 32], compiler, widest: Tier::Native };
        let host = PolicyHost::new(&options).expect("an engine").unmetered();
        let (bytes, config) = (Arc::<[u8]>::from(COMPONENT.as_slice()), json!({"window_hours": 48}));
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let mut rule = host.rule(Arc::clone(&bytes), &config, &subject()).await.expect("a rule").value;
            change(&mut rule);
            let mut decision = Self::new(rule.clone());
            let tally =
                facts::recount(&rule, &[], &decision.opened.eligible, &decision.votes, None).expect("countable");
            let answer = host.verdict(bytes, &config, &rule, &tally).await.expect("a verdict");
            decision.opened.component = Some(digest(&COMPONENT));
            decision.opened.configuration = Some(digest(&canonical(&config)));
            decision.decided.outcome = answer.value.outcome;
            decision.decided.verdict = answer.value;
            decision.decided.receipt = answer.receipt;
            decision
        })
    }

    /// A decision by the standard rules, without a component.
    pub fn by_standard_rules() -> Self {
        Self::new(standard::rule(&subject()))
    }

    /// The bundle, after the record was signed with [`key`] 7.
    pub fn bundle(&self) -> Vec<u8> {
        let mut events = vec![event(0, "topic.raised", Uuid::from_u128(0xee), json!({}))];
        let add = |events: &mut Vec<StoredEvent>, kind: &str, body: Value| {
            let added = event(events.len() as u64, kind, CASE, body);
            let hash = leaves::leaf_hash(TENANT, &added);
            events.push(added);
            hash
        };
        add(&mut events, facts::BALLOT_OPENED, value(&self.opened));
        let hashes: Vec<_> = self.votes.iter().map(|it| add(&mut events, facts::VOTE_CAST, value(it))).collect();
        let counted = BallotCounted {
            ballot: BALLOT,
            count: self.votes.len() as u64,
            votes_root: facts::votes_root(&hashes),
            tally: facts::recount(&self.opened.rule, &[], &self.opened.eligible, &self.votes, None).expect("countable"),
        };
        add(&mut events, facts::BALLOT_COUNTED, value(&counted));
        add(&mut events, facts::BALLOT_DECIDED, value(&self.decided));

        let hashes: Vec<_> = events.iter().map(|it| leaves::leaf_hash(TENANT, it)).collect();
        let size = events.len() as u64;
        let mut known = Known::default();
        trees::append(&mut known, 0, &hashes).expect("from nothing");
        let root = trees::root(&known, size).expect("the whole tree");
        let checkpoint = key(7).sign(size, root, instant(60)).expect("signed");
        let config = json!({"window_hours": 48});
        let parts = Parts {
            ballot: BALLOT,
            tenant: TENANT,
            events: &events[1..],
            checkpoint: &checkpoint,
            handovers: &[],
            component: self.opened.component.map(|_| COMPONENT.as_slice()),
            configuration: self.opened.configuration.map(|_| &config),
        };
        bundles::build(parts, &known).expect("every event has its position")
    }

    fn new(rule: VotingRule) -> Self {
        let vote = |i| VoteCast {
            ballot: BALLOT,
            voting_unit: format!("3-2-{i}"),
            choice: Some(if i < 8 { Choice::InFavour } else { Choice::Against }),
            heads: 1,
            floor_area: Some(AREA),
            channel: facts::ONLINE.into(),
            replaces: None,
            batch: None,
            reason: None,
        };
        let votes: Vec<_> = (0..10).map(vote).collect();
        let eligible = vec![
            Eligible { measure: Measure::Heads, total: UNITS },
            Eligible { measure: Measure::FloorArea, total: UNITS * AREA },
        ];
        let tally = facts::recount(&rule, &[], &eligible, &votes, None).expect("countable");
        let verdict = evaluate(&rule, &tally).expect("a sound rule");
        let opened = BallotOpened {
            ballot: BALLOT,
            topic: TopicId(CASE),
            question: "是否加装电梯？".into(),
            titles: Vec::new(),
            rule,
            subject: subject(),
            component: None,
            configuration: None,
            eligible,
            roll_root: Digest([3; 32]),
            opens_at: instant(1),
            closes_at: instant(30),
        };
        Self {
            opened,
            votes,
            decided: BallotDecided { ballot: BALLOT, outcome: verdict.outcome, verdict, receipt: None },
        }
    }
}

fn event(position: u64, kind: &str, subject: Uuid, body: Value) -> StoredEvent {
    let at = instant(position as i64);
    StoredEvent {
        id: EventId(Uuid::from_u128(0x1000 + u128::from(position))),
        kind: kind.into(),
        subject,
        actor: "member".into(),
        at,
        recorded_at: at,
        body,
        position: Some(position),
    }
}

fn subject() -> Subject {
    Subject {
        significance: Significance::Major,
        matter: Some("property_service".into()),
        electorate: Electorate::Owners,
        eligible_floor_area: Some(UNITS * AREA),
        ..Subject::of("property", UNITS)
    }
}

fn instant(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + second, 0).expect("an instant")
}

fn value(body: &impl Serialize) -> Value {
    serde_json::to_value(body).expect("JSON")
}
