//! A case from step to step: each function takes a community's case so far that a story can go on from there.

use serde_json::{Value, json};

use crate::{
    answers::Answer,
    communities::{Community, HOME, text, unit},
    instants,
};

/// How many hours a ballot is open under the standard rules.
pub const WINDOW: u32 = 168;

/// How many hours residents rate.
pub const SURVEY: u32 = 168;

/// A resolution with where it came from.
#[derive(Clone, Debug)]
pub struct Adopted {
    /// The topic.
    pub topic: String,
    /// The ballot.
    pub ballot: String,
    /// The resolution.
    pub resolution: String,
}

impl Community {
    /// A topic to raise, as a resident does.
    pub async fn topic(&self) -> Value {
        json!({
            "unit": self.city.unit(HOME).await, "channel": "online",
            "title": "小区路灯不亮", "body": "3号楼前的两盏路灯已有一周不亮。",
        })
    }

    /// The first resident raises a topic.
    pub async fn raised(&self) -> String {
        created(self.resident(0).post("/topics", self.topic().await).await)
    }

    /// A topic that was accepted.
    pub async fn accepted(&self) -> String {
        let topic = self.raised().await;
        self.coordinator().post(&format!("/topics/{topic}/acceptance"), json!({})).await.expect(200);
        topic
    }

    /// A topic that was deliberated, with minutes.
    pub async fn deliberated(&self) -> String {
        let topic = self.accepted().await;
        self.deliberate(&topic).await;
        topic
    }

    /// Convenes a meeting that begins in an hour.
    pub async fn convene(&self, topic: &str) -> Answer {
        let now = self.city.advance_clock(1).await;
        let meeting = json!({"place": "社区议事厅", "starts_at": instants::after(&now, 60)});
        self.coordinator().post(&format!("/topics/{topic}/meetings"), meeting).await
    }

    /// Holds a meeting on a topic, and files its minutes.
    pub async fn deliberate(&self, topic: &str) {
        let meeting = created(self.convene(topic).await);
        self.city.advance_clock(2).await;
        let present = json!({"attendances": [{"member": self.residents[0].id, "presence": "on_site"}]});
        let path = format!("/meetings/{meeting}");
        self.coordinator().post(&format!("{path}/attendances"), present).await.expect(200);
        let minutes = json!({"text": "多数同意更换路灯，提交表决。"});
        self.coordinator().post(&format!("{path}/minutes"), minutes).await.expect(200);
        self.coordinator().post(&format!("{path}/minutes/adoption"), Value::Null).await.expect(200);
    }

    /// Opens a ballot on a topic, in which every resident has a voting unit.
    pub async fn open(&self, topic: &str) -> Answer {
        let ballot = json!({
            "question": "是否更换两盏路灯？", "matter": "other_common_matter", "electorate": "residents", "roll": self.roll(),
        });
        self.coordinator().post(&format!("/topics/{topic}/ballots"), ballot).await
    }

    /// A topic with an open ballot.
    pub async fn opened(&self) -> (String, String) {
        let topic = self.deliberated().await;
        let ballot = created(self.open(&topic).await);
        (topic, ballot)
    }

    /// A resident votes online for their voting unit.
    pub async fn vote(&self, i: usize, ballot: &str, choice: &str) -> Answer {
        let vote = json!({"voting_unit": unit(i), "choice": choice});
        self.resident(i).post(&format!("/ballots/{ballot}/votes"), vote).await
    }

    /// Every resident votes the same.
    pub async fn vote_all(&self, ballot: &str, choice: &str) {
        for i in 0..self.residents.len() {
            self.vote(i, ballot, choice).await.expect(201);
        }
    }

    /// A batch of paper: of the residents from here to there, all in favour.
    pub fn batch(&self, residents: std::ops::Range<usize>) -> Value {
        let number = residents.len();
        let papers: Vec<_> = residents.map(|i| json!({"voting_unit": unit(i), "choice": "in_favour"})).collect();
        json!({
            "station": "3号楼大堂", "witness": self.witness.id, "scan_reference": "scans/1.pdf", "papers": papers,
            "control": {"papers": number, "in_favour": number, "against": 0, "abstained": 0},
        })
    }

    /// Does something to a ballot as the coordinator: `closing` or `count`.
    pub async fn end(&self, ballot: &str, act: &str) -> Answer {
        self.coordinator().post(&format!("/ballots/{ballot}/{act}"), Value::Null).await
    }

    /// Everybody votes in favour of a topic that was deliberated, and it is adopted at once.
    pub async fn adopt(&self, topic: &str) -> Adopted {
        let ballot = created(self.open(topic).await);
        self.vote_all(&ballot, "in_favour").await;
        self.end(&ballot, "closing").await.expect(200);
        let ended = self.end(&ballot, "count").await.expect(200);
        assert_eq!((&ended["state"], &ended["outcome"]), (&"decided".into(), &"passed".into()), "{ended}");
        Adopted { topic: topic.to_owned(), ballot, resolution: text(&ended["resolution"]) }
    }

    /// A resolution that was adopted.
    pub async fn adopted(&self) -> Adopted {
        self.adopt(&self.deliberated().await).await
    }

    /// The three lists, due so many hours from now.
    pub async fn lists(&self, hours: u32) -> Value {
        let now = self.city.advance_clock(1).await;
        json!({
            "responsibility": {"lead_unit": self.city.unit(HOME).await, "first_responsible_post": "社区居委会主任"},
            "resources": {"budget_fen": 1_200_000, "source_of_funds": "社区专项资金"},
            "deadlines": {"due_at": instants::after(&now, i64::from(hours) * 60), "milestones": []},
        })
    }

    /// Files the three lists of a resolution, due so many hours from now.
    pub async fn assign(&self, resolution: &str, hours: u32) -> Answer {
        self.coordinator().post(&format!("/resolutions/{resolution}/lists"), self.lists(hours).await).await
    }

    /// The officer reports a resolution as carried out.
    pub async fn complete(&self, resolution: &str) -> Answer {
        let evidence = json!({"evidence": "两盏路灯已更换，验收照片见附件。"});
        self.officer().post(&format!("/resolutions/{resolution}/completion"), evidence).await
    }

    /// A resolution that was carried out.
    pub async fn done(&self) -> Adopted {
        let adopted = self.adopted().await;
        self.assign(&adopted.resolution, 240).await.expect(200);
        self.complete(&adopted.resolution).await.expect(200);
        adopted
    }

    /// A resident rates a resolution.
    pub async fn rate(&self, i: usize, resolution: &str, score: u32) -> Answer {
        self.resident(i).post(&format!("/resolutions/{resolution}/ratings"), json!({"score": score})).await
    }
}

/// The identifier of what was made.
#[track_caller]
pub fn created(answer: Answer) -> String {
    text(&answer.expect(201)["ids"][0])
}
