//! Calling the interface as people do: over HTTP, with a token.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use chrono::Duration;
use reqwest::{Method, Response, header};
use serde_json::Value;
use yishi_service::{App, tokens::Bearer};

use crate::clocks;

/// The service as its callers reach it.
pub struct Service<'a> {
    /// The installation, whose issuer signs the tokens.
    pub app: &'a Arc<App>,
    base: String,
    http: reqwest::Client,
}

/// Somebody with a token.
pub struct Caller<'a> {
    service: &'a Service<'a>,
    token: String,
}

impl<'a> Service<'a> {
    /// Reaches the service at a base URL.
    pub fn new(app: &'a Arc<App>, base: String) -> Self {
        Self { app, base, http: reqwest::Client::new() }
    }

    /// A caller with a token of their own.
    pub fn caller(&self, bearer: &Bearer) -> Caller<'_> {
        Caller { service: self, token: self.app.issuer.issue(bearer, clocks::now(), Duration::hours(12)) }
    }

    /// Gets bytes that need no token.
    pub async fn public(&self, path: &str) -> Result<Vec<u8>> {
        let response = self.http.get(format!("{}{path}", self.base)).send().await?;
        if !response.status().is_success() {
            bail!("GET {path}: {}", response.text().await?);
        }
        Ok(response.bytes().await?.to_vec())
    }
}

impl Caller<'_> {
    /// Gets.
    pub async fn get(&self, path: &str) -> Result<Value> {
        read(self.request(Method::GET, path).send().await?).await.with_context(|| format!("GET {path}"))
    }

    /// Posts once: the key makes a second run of the story find what the first one did.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Value> {
        let request = self.request(Method::POST, path).header("idempotency-key", key).json(body);
        read(request.send().await?).await.with_context(|| format!("POST {path} ({key})"))
    }

    /// Posts once, and gives the identifier of what was made.
    pub async fn create(&self, path: &str, key: &str, body: &Value) -> Result<String> {
        let created = self.post(path, key, body).await?;
        Ok(created["ids"][0].as_str().context("a creation answers with an identifier")?.to_owned())
    }

    /// Posts what must be refused; tells the status and the code.
    pub async fn refused(&self, path: &str, body: &Value) -> Result<(u16, String)> {
        let response = self.request(Method::POST, path).json(body).send().await?;
        let status = response.status().as_u16();
        let problem: Value = response.json().await?;
        Ok((status, problem["code"].as_str().unwrap_or_default().to_owned()))
    }

    /// Uploads a component.
    pub async fn upload(&self, path: &str, component: &'static [u8]) -> Result<Value> {
        let request = self.request(Method::POST, path).header(header::CONTENT_TYPE, "application/wasm").body(component);
        read(request.send().await?).await.with_context(|| format!("POST {path}"))
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.service.http.request(method, format!("{}{path}", self.service.base)).bearer_auth(&self.token)
    }
}

async fn read(response: Response) -> Result<Value> {
    let status = response.status();
    let text = response.text().await?;
    if !status.is_success() {
        bail!("{status}: {text}");
    }
    Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
}
