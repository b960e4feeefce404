//! The server that a command calls, as the options of a command name it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde_json::{Value, json};
use yishi_domain::Digest;

use super::read;
use crate::{callers::Caller, outputs};

/// Which server, which city, and who calls.
#[derive(Debug, Args)]
pub struct Remote {
    /// The server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub server: String,
    /// The city by its slug, such as 3301
    #[arg(long)]
    pub tenant: String,
    /// The token of a member who may do this, as `yishi token` signs them
    #[arg(long, env = "YISHI_TOKEN", hide_env_values = true)]
    pub token: String,
}

/// The city that is called.
pub struct City {
    caller: Caller,
    tenant: String,
}

impl Remote {
    /// The city on its server.
    pub fn city(&self) -> Result<City> {
        let known = ["https://", "http://"].iter().any(|it| self.server.starts_with(it));
        ensure!(known, "--server {}: a URL begins with https:// or http://", self.server);
        let tenant = self.tenant.clone();
        Ok(City { caller: Caller::new(&self.server).with_token(self.token.clone()), tenant })
    }
}

impl City {
    /// Gets; the path goes on from the city's.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.caller.get(&self.path(path)).await
    }

    /// Posts; the path goes on from the city's.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.caller.post(&self.path(path), body).await
    }

    /// Posts once: a second request with the same key finds what the first one did.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Result<Value> {
        self.caller.post_once(&self.path(path), key, body).await
    }

    /// Posts bytes of a content type.
    pub async fn send(&self, path: &str, content_type: &str, bytes: Vec<u8>) -> Result<Value> {
        self.caller.send_bytes(&self.path(path), content_type, bytes).await
    }

    /// Uploads a component.
    pub async fn upload(&self, component: Vec<u8>) -> Result<Value> {
        self.caller.upload(&self.path("/rule-sets"), component).await
    }

    /// Every item of a list, page by page.
    pub async fn all(&self, path: &str, mut each: impl FnMut(Value)) -> Result<()> {
        let mut next = format!("{path}?limit=1000");
        loop {
            let mut page = self.get(&next).await?;
            if let Some(items) = page["items"].as_array_mut() {
                items.drain(..).for_each(&mut each);
            }
            let Some(cursor) = page["next"].as_str() else { return Ok(()) };
            next = format!("{path}?limit=1000&cursor={cursor}");
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/{}{rest}", self.tenant)
    }
}

/// The configuration in a file, or the empty one.
pub fn configuration(file: Option<&PathBuf>) -> Result<Value> {
    let Some(file) = file else { return Ok(json!({})) };
    serde_json::from_slice(&read(file)?).with_context(|| format!("{} is no configuration", file.display()))
}

/// The digest that is given, or that of the file that is.
pub fn digest_of(given: &str) -> Result<Digest> {
    if let Ok(digest) = given.parse() {
        return Ok(digest);
    }
    let bytes = read(Path::new(given)).with_context(|| format!("{given} is neither a digest nor a file"))?;
    Ok(yishi_record::commitments::digest(&bytes))
}

/// A text of an answer, fit to be shown; empty where there is none.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => outputs::plain(text),
        Value::Null => String::new(),
        other => outputs::plain(&other.to_string()),
    }
}
