//! What the record tells of where a case stands.

use std::collections::BTreeMap;

use yishi_domain::{
    BallotId, CallId, FindingId, ItemId, ProvisionId, ballots::BallotState, calls::CallState, findings::FindingState,
    items::ItemState, workflow::Stage,
};
use yishi_store::{events, provisions};

use crate::cases::{Case, Standing};

impl Case<'_> {
    /// What the record tells of where everything stands.
    pub async fn told(&self) -> Standing {
        const KINDS: &[&str] = &[
            "topic.raised",
            "topic.accepted",
            "meeting.convened",
            "minutes.adopted",
            "ballot.opened",
            "ballot.closed",
            "ballot.counted",
            "ballot.decided",
            "ballot.annulled",
            "resolution.adopted",
            "resolution.assigned",
            "resolution.completed",
            "topic.reopened",
            "topic.closed",
            "topic.merged",
            "topic.rejected",
            "topic.withdrawn",
            "resolution.set_aside",
            "item.added",
            "item.offered",
            "item.taken_over",
            "item.declined",
            "item.split",
            "item.completed",
            "item.dropped",
            "call.opened",
            "call.answered",
            "call.unanswered",
            "call.closed",
            "finding.noted",
            "finding.answered",
            "finding.unanswered",
            "finding.asked_again",
            "finding.closed",
            "entry.booked",
            "provision.offered",
            "provision.drawn",
            "provision.returned",
        ];
        let session = self.session().await;
        let mut tx = self.city.app.db.read(&session.ctx).await.expect("begin");
        let provisions = provisions::of_unit(&mut tx, self.city.unit).await.expect("read");
        let mut subjects = vec![self.topic.uuid()];
        subjects.extend(self.city.funds.map(|it| it.uuid()));
        subjects.extend(provisions.iter().map(|it| it.id.uuid()));
        let events = events::of_kinds(&mut tx, &subjects, KINDS).await.expect("read");
        let mut told = Standing {
            stage: Stage::Submitted,
            ballots: BTreeMap::new(),
            items: BTreeMap::new(),
            calls: BTreeMap::new(),
            findings: BTreeMap::new(),
            accounts: BTreeMap::new(),
            pool: BTreeMap::new(),
        };
        for event in events {
            let id = |field: &str| event.body[field].as_str().and_then(|id| id.parse().ok()).expect("an id");
            let stage = match event.kind.as_str() {
                "topic.accepted" => Stage::Accepted,
                "meeting.convened" | "topic.reopened" | "resolution.set_aside" => Stage::Deliberating,
                "minutes.adopted" | "ballot.annulled" => Stage::Deliberated,
                "ballot.opened" => Stage::Deciding,
                "ballot.decided" if event.body["outcome"] == "next_round" => Stage::Deliberated,
                "ballot.decided" => Stage::NotAdopted,
                "resolution.adopted" => Stage::Decided,
                "resolution.assigned" => Stage::Executing,
                "resolution.completed" => Stage::Done,
                "topic.closed" => Stage::Closed,
                "topic.merged" => Stage::Merged,
                "topic.rejected" => Stage::Rejected,
                "topic.withdrawn" => Stage::Withdrawn,
                _ => told.stage,
            };
            told.stage = stage;
            let ballot = match event.kind.as_str() {
                "ballot.opened" => Some(BallotState::Open),
                "ballot.closed" => Some(BallotState::Closing),
                "ballot.counted" => Some(BallotState::Counted),
                "ballot.decided" => Some(BallotState::Decided),
                "ballot.annulled" => Some(BallotState::Annulled),
                _ => None,
            };
            told.ballots.extend(ballot.map(|state| (BallotId(id("ballot")), state)));
            let item = match event.kind.as_str() {
                "item.added" | "item.taken_over" | "item.declined" => Some(ItemState::Underway),
                "item.offered" => Some(ItemState::Offered),
                "item.split" => Some(ItemState::Split),
                "item.completed" => Some(ItemState::Done),
                "item.dropped" => Some(ItemState::Dropped),
                _ => None,
            };
            told.items.extend(item.map(|state| (ItemId(id("item")), state)));
            let call = match event.kind.as_str() {
                "call.opened" => Some(CallState::Open),
                "call.unanswered" => Some(CallState::Unanswered),
                "call.answered" => Some(event.body["state"].as_str().expect("a state").parse().expect("known")),
                "call.closed" => Some(CallState::Closed),
                _ => None,
            };
            told.calls.extend(call.map(|state| (CallId(id("call")), state)));
            let finding = match event.kind.as_str() {
                "finding.noted" if event.body["kind"] == "check" => Some(FindingState::Closed),
                "finding.noted" | "finding.asked_again" => Some(FindingState::Open),
                "finding.unanswered" => Some(FindingState::Overdue),
                "finding.answered" => Some(FindingState::Answered),
                "finding.closed" => Some(FindingState::Closed),
                _ => None,
            };
            told.findings.extend(finding.map(|state| (FindingId(id("finding")), state)));
            let quantity = || event.body["quantity"].as_i64().expect("a number");
            let left = match event.kind.as_str() {
                "provision.offered" | "provision.returned" => Some(quantity()),
                "provision.drawn" => Some(-quantity()),
                _ => None,
            };
            if let Some(change) = left {
                *told.pool.entry(ProvisionId(event.subject)).or_default() += change;
            }
            for posting in event.body["postings"].as_array().into_iter().flatten() {
                let kind = posting["account"].as_str().expect("a kind").parse().expect("known");
                *told.accounts.entry(kind).or_default() += posting["fen"].as_i64().expect("a number");
            }
        }
        told.accounts.retain(|_, fen| *fen != 0);
        told
    }
}
