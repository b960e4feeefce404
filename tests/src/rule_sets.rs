//! The rule sets that the project builds, as a city uses them.

use serde_json::Value;

use crate::{answers::Answer, clients::Client};

/// Where the built component of a rule set is.
pub fn component(name: &str) -> String {
    format!("{}/../target/plugins/{name}.wasm", env!("CARGO_MANIFEST_DIR"))
}

/// Uploads a rule set, and gives its digest.
pub async fn upload(boss: &Client, name: &str) -> String {
    let path = component(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|_| panic!("{path} is missing: run `cargo xtask plugins`"));
    let uploaded = boss.post_bytes("/rule-sets", "application/wasm", bytes).await.expect(201);
    uploaded["digest"].as_str().expect("a digest").to_owned()
}

/// Puts a rule set in force.
pub async fn activate(boss: &Client, digest: &str, activation: Value) -> Answer {
    boss.post(&format!("/rule-sets/{digest}/activations"), activation).await
}

/// The digest of the rule set that holds; empty where the standard rules of the core do.
pub async fn in_force(member: &Client) -> String {
    let rules = member.get("/rules").await.expect(200);
    rules["active"]["digest"].as_str().unwrap_or_default().to_owned()
}
