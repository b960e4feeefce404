//! Communities whose rules are one rule that they wrote down: the rule set `rule-book` with a configuration.

use serde_json::{Value, json};

use crate::{answers::Answer, cases::created, communities::Community, folders::Folder, plugins, programs};

/// A ballot under a rule of its own.
#[derive(Debug)]
pub struct Ballot {
    /// Whose ballot it is.
    pub community: Community,
    /// Its identifier.
    pub id: String,
}

impl Ballot {
    /// A ballot that takes votes.
    pub async fn opened(residents: usize, rule: Value, more: Value) -> Self {
        let (community, id) = opened(residents, rule, more).await;
        Self { community, id }
    }

    /// Where it is, and what is under it.
    pub fn path(&self, rest: &str) -> String {
        format!("/ballots/{}{rest}", self.id)
    }

    /// Counts a ballot when its two days are over; gives how it stands then.
    pub async fn counted(&self) -> Value {
        counted(&self.community, &self.id).await
    }

    /// Verifies its bundle as anybody does; gives its text.
    pub async fn verified(&self) -> String {
        verified(&self.community, &self.id).await
    }
}

/// The configuration of a rule book of one rule; what is not said is: yes or no, in the open, without notice, for two days.
pub fn book(rule: Value) -> Value {
    let mut whole = json!({
        "method": "yes_no", "secrecy": "open", "notice_hours": 0, "window_hours": 48, "laws": [], "custom": null,
        "conditions": [],
    });
    for (member, value) in rule.as_object().expect("members") {
        whole[member] = value.clone();
    }
    json!({"rules": [{"rule": whole}]})
}

/// A condition on heads, of a rule in a rule book.
pub fn condition(kind: &str, of: &str, share: (u32, u32), strict: bool) -> Value {
    let counted = if kind == "quorum" { "participating" } else { "in_favour" };
    json!({
        "code": kind, "kind": kind, "measure": "heads", "counted": counted, "of": of,
        "at_least": {"numerator": share.0, "denominator": share.1}, "strict": strict,
    })
}

/// A community whose rules are one rule, with a ballot that takes votes.
pub async fn opened(residents: usize, rule: Value, more: Value) -> (Community, String) {
    let community = Community::gathered(residents).await;
    community.adopt_rules(plugins::built("rule-book"), book(rule)).await;
    let topic = community.deliberated().await;
    let ballot = created(open(&community, &topic, more).await);
    (community, ballot)
}

/// Opens a ballot on a topic that was deliberated.
pub async fn open(community: &Community, topic: &str, more: Value) -> Answer {
    let mut ballot = json!({"question": "先办哪几件实事？", "electorate": "residents", "roll": community.roll()});
    for (member, value) in more.as_object().expect("members") {
        ballot[member] = value.clone();
    }
    community.coordinator().post(&format!("/topics/{topic}/ballots"), ballot).await
}

/// Counts a ballot when its two days are over; gives how it stands then.
pub async fn counted(community: &Community, ballot: &str) -> Value {
    community.city.advance_clock(49).await;
    community.end(ballot, "count").await.expect(200);
    community.read(&format!("/ballots/{ballot}")).await
}

/// Verifies a decision's bundle as anybody does; gives its text.
pub async fn verified(community: &Community, ballot: &str) -> String {
    let key = community.city.record(1).await.key;
    let folder = Folder::new();
    let path = folder.path().join("bundle.json");
    for _ in 0..200 {
        let bundle = community.city.public().get(&format!("/ballots/{ballot}/bundle")).await;
        std::fs::write(&path, &bundle.text).expect("written");
        let ended = programs::run(["verify", path.to_str().expect("a plain name"), "--checkpoint-key", &key]).await;
        // What was counted a moment ago is not under a signed checkpoint yet.
        if !ended.errors.contains("ballot.incomplete") {
            let said = ended.done();
            assert!(said.contains("verified: "), "{said}");
            return bundle.text.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the record does not tell of the count of {ballot}")
}
