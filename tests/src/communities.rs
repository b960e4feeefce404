//! A community that deliberates: a city of its own, and the people who play their parts in a case.

use serde_json::{Value, json};

use crate::{
    answers::Answer,
    cities::{City, Member},
    clients::Client,
    servers::{Server, Site},
};

/// The community in which the stories are at home: 上保社区.
pub const HOME: &str = "330106002051";

/// A community with the people whom a case needs.
#[derive(Debug)]
pub struct Community {
    /// Its city.
    pub city: City,
    /// Runs topics, meetings, ballots and resolutions.
    pub coordinator: Member,
    /// Carries resolutions out.
    pub officer: Member,
    /// Sees paper being counted.
    pub witness: Member,
    /// Live there, and hold the role.
    pub residents: Vec<Member>,
}

impl Community {
    /// Gathers one with so many residents, on the server that all stories share.
    pub async fn gathered(residents: usize) -> Self {
        Self::on(Server::shared().await.site(), residents).await
    }

    /// Gathers one on a server.
    pub async fn on(site: &Site, residents: usize) -> Self {
        let city = City::on(site).await;
        let [coordinator, officer, witness] = city.members(["李明", "陈静", "赵强"], HOME).await;
        city.grant(&coordinator, HOME, "coordinator").await;
        city.grant(&officer, HOME, "officer").await;
        let residents = city.crowd(residents, HOME).await;
        for resident in &residents {
            city.grant(resident, HOME, "resident").await;
        }
        Self { city, coordinator, officer, witness, residents }
    }

    /// The same community where its server is reached after a restart.
    pub fn moved(self, site: &Site) -> Self {
        Self { city: self.city.moved(site), ..self }
    }

    /// A resident who calls.
    pub fn resident(&self, i: usize) -> Client {
        self.city.by(&self.residents[i])
    }

    /// The coordinator, who calls.
    pub fn coordinator(&self) -> Client {
        self.city.by(&self.coordinator)
    }

    /// The officer, who calls.
    pub fn officer(&self) -> Client {
        self.city.by(&self.officer)
    }

    /// The city's administrator, who calls.
    pub async fn boss(&self) -> Client {
        self.city.by(self.city.administrator().await)
    }

    /// A department of a unit and an officer of it, who calls.
    pub async fn department(&self, unit: &str, code: &str, name: &str) -> (String, Client) {
        let path = format!("/units/{}/departments", self.city.unit(unit).await);
        let department = json!({"code": self.city.code(code), "name": name});
        let added = self.boss().await.post(&path, department).await.expect(201);
        let id = text(&added["ids"][0]);
        let officer = self.city.member("周敏", unit).await;
        let grant = json!({"member": officer.id, "unit": id, "role": "officer"});
        self.boss().await.post("/grants", grant).await.expect(201);
        (id, self.city.by(&officer))
    }

    /// A supervisor of a unit, who calls.
    pub async fn supervisor(&self, unit: &str) -> Client {
        let supervisor = self.city.member("孙丽", unit).await;
        self.city.grant(&supervisor, unit, "supervisor").await;
        self.city.by(&supervisor)
    }

    /// Uploads a rule set, and gives its digest.
    pub async fn upload(&self, component: Vec<u8>) -> String {
        let answer = self.boss().await.post_bytes("/rule-sets", "application/wasm", component).await;
        text(&answer.expect(201)["digest"])
    }

    /// Puts an uploaded rule set in force.
    pub async fn activate(&self, digest: &str, configuration: Value) -> Answer {
        let path = format!("/rule-sets/{digest}/activations");
        self.boss().await.post(&path, json!({"configuration": configuration})).await
    }

    /// Uploads a rule set and puts it in force.
    pub async fn adopt_rules(&self, component: Vec<u8>, configuration: Value) -> String {
        let digest = self.upload(component).await;
        self.activate(&digest, configuration).await.expect(201);
        digest
    }

    /// The roll: a voting unit of 100 m² for each resident, who alone may act for it.
    pub fn roll(&self) -> Vec<Value> {
        let unit = |(i, it): (usize, &Member)| json!({"voting_unit": unit(i), "floor_area": 10_000, "agents": [it.id]});
        self.residents.iter().enumerate().map(unit).collect()
    }

    /// Reads a thing as the administrator.
    pub async fn read(&self, path: &str) -> Value {
        self.boss().await.get(path).await.expect(200)
    }

    /// Where a topic stands.
    pub async fn stage(&self, topic: &str) -> String {
        text(&self.read(&format!("/topics/{topic}")).await["stage"])
    }

    /// The events of a kind that the administrator is shown, once there are so many: an event is shown when it has its position.
    pub async fn shown(&self, kind: &str, many: usize) -> Vec<Value> {
        for _ in 0..200 {
            let page = self.read("/events?limit=1000").await;
            let events = page["items"].as_array().expect("events").iter().filter(|event| event["kind"] == kind);
            let events: Vec<_> = events.cloned().collect();
            if events.len() >= many {
                return events;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{many} events {kind} are not shown")
    }

    /// The kinds of a topic's events in the record, in order, once it has the last of them.
    pub async fn told(&self, topic: &str, last: &str) -> Vec<String> {
        for _ in 0..100 {
            let record = self.city.record(1).await;
            let ours = record.events.iter().filter(|event| event["subject"] == topic);
            let kinds: Vec<_> = ours.map(|event| text(&event["kind"])).collect();
            if kinds.last().is_some_and(|kind| kind == last) {
                return kinds;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the record does not tell of {last}")
    }
}

/// The name of the voting unit of a resident.
pub fn unit(i: usize) -> String {
    format!("1-{}", 101 + i)
}

/// A text in an answer.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
