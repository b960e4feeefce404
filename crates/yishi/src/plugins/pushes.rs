//! Bringing a rule set to a server, and putting it in force or in shadow there.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};

use super::{
    read,
    remotes::{City, Remote, configuration, shown},
    signing,
};
use crate::{callers::made, outputs};

/// What to bring where.
#[derive(Debug, Args)]
pub struct Push {
    /// The component
    pub file: PathBuf,
    #[command(flatten)]
    remote: Remote,
    /// Puts it in force
    #[arg(long, conflicts_with = "shadow")]
    activate: bool,
    /// Lets it run beside the rules in force, in the place of one that does so already
    #[arg(long)]
    shadow: bool,
    /// Signs it, as `yishi plugin sign` does
    #[command(flatten)]
    with: signing::With,
    /// Its configuration, as JSON; the empty one unless given
    #[arg(long, value_name = "FILE")]
    configuration: Option<PathBuf>,
    /// From when it holds by the city's clock, such as 2027-01-01T00:00:00Z; now unless given
    #[arg(long, value_name = "INSTANT", requires = "activate")]
    from: Option<String>,
    /// The number of the latest activation that you know of: nothing is done where there is a later one
    #[arg(long, value_name = "NUMBER", requires = "activate")]
    after: Option<u64>,
    /// Prints what was done as JSON
    #[arg(long)]
    json: bool,
}

/// Uploads the rule set, and does with it what was asked for.
pub async fn push(options: &Push) -> Result<bool> {
    let (component, configuration) = (read(&options.file)?, configuration(options.configuration.as_ref())?);
    let signature = options.with.signature(&component)?;
    let city = options.remote.city()?;
    let uploaded = city.upload(component).await;
    let uploaded = uploaded.with_context(|| format!("{} was not taken", options.file.display()))?;
    let digest = uploaded["digest"].as_str().context("an upload answers with a digest")?;
    let rules = city.get(&format!("/rule-sets/{digest}")).await?;
    let mut done = json!({"digest": digest, "name": rules["name"], "version": rules["version"]});
    let (name, version) = (shown(&rules["name"]), shown(&rules["version"]));
    let mut text = format!("uploaded   {name} {version}  {digest}\n");
    if let Some(signature) = signature {
        let signed = city.post(&format!("/rule-sets/{digest}/signatures"), &signature).await;
        signed.context("it was uploaded, and its signature was not taken")?;
        text.push_str(&format!("signed     by {}\n", shown(&signature["signer"])));
        done["signature"] = signature;
    }
    if options.activate {
        let number = activate(&city, digest, options, configuration).await?;
        let from = options.from.as_deref().unwrap_or("now");
        text.push_str(&format!("activated  as number {number}, from {}\n", outputs::plain(from)));
        done["activation"] = number;
    } else if options.shadow {
        let body = json!({"configuration": configuration});
        let begun = city.post(&format!("/rule-sets/{digest}/shadow"), &body).await.context("it runs in no shadow")?;
        text.push_str("in shadow  of the rules in force; `yishi plugin logs` shows how its answers stand\n");
        done["shadow"] = made(&begun)?.into();
    }
    if options.json {
        outputs::write_json(&done)?
    } else {
        outputs::write(&text)?
    }
    Ok(true)
}

/// Puts it in force; gives the activation's number.
async fn activate(city: &City, digest: &str, options: &Push, configuration: Value) -> Result<Value> {
    let mut body = json!({"configuration": configuration});
    if let Some(from) = &options.from {
        body["from"] = from.as_str().into();
    }
    if let Some(after) = options.after {
        body["after"] = after.into();
    }
    let created = city.post(&format!("/rule-sets/{digest}/activations"), &body).await;
    let id = made(&created.context("it was uploaded and is not in force")?)?;
    let latest = city.get("/activations?limit=50").await?;
    let items = latest["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(items.iter().find(|it| it["activation"] == *id).map_or(Value::Null, |it| it["number"].clone()))
}
