//! Calling the interface as people and programs do: over HTTP, with a token.

use std::fmt;

use anyhow::{Context as _, Result, anyhow};
use reqwest::{Method, RequestBuilder, Response, header};
use serde::Deserialize;
use serde_json::Value;

use crate::outputs;

/// Somebody who calls a server, with a token or without.
#[derive(Clone)]
pub struct Caller {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// What a server says of a request that it did not answer as asked (RFC 9457).
#[derive(Clone, Debug, Deserialize)]
pub struct Problem {
    /// The status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// What is wrong.
    pub detail: String,
    /// Where.
    pub field: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
    /// The request, as the server's log knows it.
    pub request_id: Option<String>,
    /// Every fault, where there are several.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

/// One of several faults.
#[derive(Clone, Debug, Deserialize)]
pub struct Fault {
    /// The stable code.
    pub code: String,
    /// What is wrong.
    pub detail: String,
    /// Where.
    pub field: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Caller {
    /// Calls the server at a base URL, such as `http://127.0.0.1:8080`.
    pub fn new(base: &str) -> Self {
        // Where this machine knows no certificates, whoever is called without TLS is called all the same.
        let http = reqwest::Client::builder().build();
        let http = http.or_else(|_| reqwest::Client::builder().tls_certs_only([]).build());
        let http = http.expect("a client without certificates needs nothing");
        Self { http, base: base.trim_end_matches('/').to_owned(), token: None }
    }

    /// The same with a token.
    pub fn with_token(&self, token: String) -> Self {
        Self { token: Some(token), ..self.clone() }
    }

    /// Gets.
    pub async fn get(&self, path: &str) -> Result<Value> {
        json(self.send(self.request(Method::GET, path)).await?).await.with_context(|| format!("GET {path}"))
    }

    /// Gets bytes.
    pub async fn bytes(&self, path: &str) -> Result<Vec<u8>> {
        let response = accepted(self.send(self.request(Method::GET, path)).await?).await;
        Ok(response.with_context(|| format!("GET {path}"))?.bytes().await?.to_vec())
    }

    /// Posts.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.request(Method::POST, path).json(body);
        json(self.send(request).await?).await.with_context(|| format!("POST {path}"))
    }

    /// Posts once: a second request with the same key finds what the first one did.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Result<Value> {
        let request = self.request(Method::POST, path).header("idempotency-key", key).json(body);
        json(self.send(request).await?).await.with_context(|| format!("POST {path} ({key})"))
    }

    /// Puts once: a second request with the same key finds what the first one did.
    pub async fn put_once(&self, path: &str, key: &str, body: &Value) -> Result<Value> {
        let request = self.request(Method::PUT, path).header("idempotency-key", key).json(body);
        json(self.send(request).await?).await.with_context(|| format!("PUT {path} ({key})"))
    }

    /// Posts once, and gives the identifier of what was made.
    pub async fn create(&self, path: &str, key: &str, body: &Value) -> Result<String> {
        made(&self.post_once(path, key, body).await?)
    }

    /// Posts what must be refused; tells the status and the code.
    pub async fn refused(&self, path: &str, body: &Value) -> Result<(u16, String)> {
        let response = self.send(self.request(Method::POST, path).json(body)).await?;
        let problem: Problem = response.json().await?;
        Ok((problem.status, problem.code))
    }

    /// Uploads a component.
    pub async fn upload(&self, path: &str, component: Vec<u8>) -> Result<Value> {
        self.send_bytes(path, "application/wasm", component).await
    }

    /// Posts bytes of a content type.
    pub async fn send_bytes(&self, path: &str, content_type: &str, bytes: Vec<u8>) -> Result<Value> {
        let request = self.request(Method::POST, path).header(header::CONTENT_TYPE, content_type).body(bytes);
        json(self.send(request).await?).await.with_context(|| format!("POST {path}"))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response> {
        request.send().await.with_context(|| format!("{} does not answer: is that where the server is?", self.base))
    }
}

impl Problem {
    /// The problem that an error is, if it is one.
    pub fn of(error: &anyhow::Error) -> Option<&Self> {
        error.downcast_ref()
    }
}

/// The identifier of what a creation made.
pub fn made(created: &Value) -> Result<String> {
    Ok(created["ids"][0].as_str().context("a creation answers with an identifier")?.to_owned())
}

async fn json(response: Response) -> Result<Value> {
    let text = accepted(response).await?.text().await?;
    Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
}

/// The response, or the problem that it is; what is no problem of this service's is shown as it came.
async fn accepted(response: Response) -> Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await?;
    Err(match serde_json::from_str::<Problem>(&text) {
        Ok(problem) => anyhow::Error::new(problem),
        Err(_) => anyhow!("{status}: {}", outputs::plain(&text.chars().take(500).collect::<String>())),
    })
}

impl std::error::Error for Problem {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |field: &Option<String>| field.as_ref().map(|it| format!("{it}: ")).unwrap_or_default();
        let mut lines = vec![format!("{}{} ({} {})", at(&self.field), self.detail, self.status, self.code)];
        lines.extend(self.faults.iter().map(|it| format!("  {}{} ({})", at(&it.field), it.detail, it.code)));
        lines.extend(self.faults.iter().filter_map(|it| it.fix.as_ref()).map(|it| format!("  fix: {it}")));
        lines.extend(self.fix.iter().map(|it| format!("  fix: {it}")));
        lines.extend(self.request_id.iter().map(|it| format!("  request: {it}")));
        let lines: Vec<_> = lines.iter().map(|line| outputs::plain(line)).collect();
        f.write_str(&lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_is_told_with_its_place_its_faults_and_its_fix() {
        let problem = json!({
            "type": "urn:yishi:problem:request.faults", "title": "..", "status": 422, "code": "request.faults",
            "detail": "1 fault(s); each is listed", "fix": "mend it\u{1b}[2K",
            "faults": [{"code": "component.imports", "detail": "it imports `a`", "field": "component"}],
        });
        let problem: Problem = serde_json::from_value(problem).expect("a problem");
        assert_eq!(
            anyhow::Error::new(problem).context("POST /v1/3301/rule-sets").chain().nth(1).expect("it").to_string(),
            "1 fault(s); each is listed (422 request.faults)\n  component: it imports `a` (component.imports)\n  fix: mend it\\u{1b}[2K"
        );
    }
}
