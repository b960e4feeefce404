//! A caller over HTTP.

use std::{net::SocketAddr, time::Duration};

use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::Value;

use crate::{answers::Answer, schemas};

/// A caller over HTTP; make one a test, because its connections belong to the test's runtime.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// A server-sent event.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its id.
    pub id: String,
    /// Its type.
    pub event: String,
    /// What it says.
    pub data: Value,
}

impl Sent {
    /// Reads the lines of one; none where they are a comment.
    fn read(lines: &str) -> Option<Self> {
        let field =
            |name: &str| lines.lines().find_map(|it| it.strip_prefix(name)).map(|it| it.trim_start().to_owned());
        let data = serde_json::from_str(&field("data:")?).expect("JSON");
        Some(Self { id: field("id:").unwrap_or_default(), event: field("event:").unwrap_or_default(), data })
    }
}

impl Client {
    /// A caller without a token.
    pub fn new(address: SocketAddr) -> Self {
        // Clients that could speak TLS want its provider before they are built.
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(Duration::from_secs(60)).build();
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
        let answer = answered(self.send(with(self.request(Method::GET, path), headers)).await);
        // Whatever a story is told of fits what was said of it.
        if path.split('?').next() == Some("/events") && answer.status == 200 {
            let feed: Value = serde_json::from_str(&answer.text).expect("a feed");
            feed["items"].as_array().expect("events").iter().for_each(schemas::hold);
        }
        answer
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

    /// Puts JSON, with headers.
    pub async fn put_with(&self, path: &str, body: Value, headers: &[(&str, &str)]) -> Answer {
        answered(self.send(with(self.request(Method::PUT, path).json(&body), headers)).await)
    }

    /// Puts JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        answered(self.send(self.request(Method::PUT, path).json(&body)).await)
    }

    /// Posts bytes of a content type.
    pub async fn post_bytes(&self, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = self.request(Method::POST, path).body(body.into());
        answered(self.send(with(request, &[("content-type", content_type)])).await)
    }

    /// Posts bytes of a content type, with headers.
    pub async fn post_bytes_with(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let request = self.request(Method::POST, path).body(body.into());
        answered(self.send(with(with(request, &[("content-type", content_type)]), headers)).await)
    }

    /// Gets bytes, with headers: the status, the headers and the bytes.
    pub async fn bytes(&self, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Vec<u8>) {
        let request = with(self.request(Method::GET, path), headers).build().expect("a request");
        let response = self.http.execute(request).await.unwrap_or_else(|error| panic!("no answer: {error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, response.bytes().await.expect("a body").to_vec())
    }

    /// Calls with any method, without a body.
    pub async fn call(&self, method: &str, path: &str) -> Answer {
        let method = method.parse().expect("a method");
        answered(self.send(self.request(method, path)).await)
    }

    /// Follows a stream of server-sent events, from after the one with this id where it is given, until so many were sent.
    pub async fn follow(&self, path: &str, after: Option<&str>, number: usize) -> Vec<Sent> {
        let headers: Vec<_> = after.map(|it| ("last-event-id", it)).into_iter().collect();
        let request = with(self.request(Method::GET, path), &headers).build().expect("a request");
        let mut response = self.http.execute(request).await.unwrap_or_else(|error| panic!("no answer: {error:?}"));
        assert_eq!(response.status(), 200, "{path}");
        let (mut bytes, mut sent) = (Vec::new(), Vec::new());
        while sent.len() < number {
            let more = response.chunk().await.expect("the stream goes on");
            bytes.extend(more.unwrap_or_else(|| panic!("the stream ended after {sent:?}")));
            // An event ends with an empty line (HTML, section 9.2.6); what follows the last one is not whole yet.
            let Some(end) = bytes.windows(2).rposition(|it| it == b"\n\n") else { continue };
            let whole: Vec<_> = bytes.drain(..end + 2).collect();
            sent.extend(String::from_utf8(whole).expect("UTF-8").split("\n\n").filter_map(Sent::read));
        }
        sent
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
