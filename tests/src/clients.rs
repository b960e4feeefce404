//! A caller over HTTP.

use std::{net::SocketAddr, time::Duration};

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::answers::Answer;

/// A caller over HTTP; make one a test, because its connections belong to the test's runtime.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Client {
    /// A caller without a token.
    pub fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build();
        Self { http: http.expect("a client without TLS"), base: format!("http://{address}"), token: None }
    }

    /// The same caller with a token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same caller, whose paths go on from this one.
    pub fn under(&self, path: &str) -> Self {
        Self { base: format!("{}{path}", self.base), ..self.clone() }
    }

    /// The address that paths go on from.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Gets.
    pub async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    /// Gets, with headers.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        answered(self.send(with(self.request(Method::GET, path), headers)).await)
    }

    /// Gets a file; its bytes, and what is said about keeping them.
    pub async fn file(&self, path: &str) -> (Vec<u8>, String) {
        let response = self.http.execute(self.request(Method::GET, path).build().expect("a request")).await;
        let response = response.unwrap_or_else(|error| panic!("no answer: {error:?}"));
        assert_eq!(response.status(), 200, "{path}");
        let caching = response.headers()["cache-control"].to_str().expect("text").to_owned();
        (response.bytes().await.expect("a body").to_vec(), caching)
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_with(path, body, &[]).await
    }

    /// Posts JSON, with headers.
    pub async fn post_with(&self, path: &str, body: Value, headers: &[(&str, &str)]) -> Answer {
        answered(self.send(with(self.request(Method::POST, path).json(&body), headers)).await)
    }

    /// Posts bytes of a content type.
    pub async fn post_bytes(&self, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = self.request(Method::POST, path).body(body.into());
        answered(self.send(with(request, &[("content-type", content_type)])).await)
    }

    /// Calls with any method, without a body.
    pub async fn call(&self, method: &str, path: &str) -> Answer {
        let method = method.parse().expect("a method");
        answered(self.send(self.request(method, path)).await)
    }

    /// Gets from a server that may not answer.
    pub async fn attempt_get(&self, path: &str) -> reqwest::Result<Answer> {
        self.send(self.request(Method::GET, path)).await
    }

    /// Posts JSON to a server that may not answer.
    pub async fn attempt_post(&self, path: &str, body: &Value) -> reqwest::Result<Answer> {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Posts JSON with other headers besides to a server that may not answer.
    pub async fn attempt_post_with(
        &self,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> reqwest::Result<Answer> {
        self.send(with(self.request(Method::POST, path).json(body), headers)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let request = request.build()?;
        let asked = format!("{} {}", request.method(), request.url());
        let response = self.http.execute(request).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { asked, status, headers, text: response.text().await? })
    }
}

fn with(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

fn answered(answer: reqwest::Result<Answer>) -> Answer {
    answer.unwrap_or_else(|error| panic!("no answer: {error:?}"))
}
