//! A server that speaks the protocol of S3, with a bucket.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::Client;

/// The server; dropping it ends it, and what it keeps is gone.
#[derive(Debug)]
pub struct Buckets {
    server: Child,
    base: String,
}

/// The bucket that there is.
pub const BUCKET: &str = "yishi";

impl Buckets {
    /// Starts one, where `cargo xtask test` has installed it.
    pub async fn start() -> Option<Self> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/s3/bin/moto_server");
        if !program.is_file() {
            println!("skipped: the Python package moto is missing under target/tools");
            return None;
        }
        let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port");
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &free.port().to_string()]);
        let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let buckets = Self { server, base: format!("http://{free}") };
        let made = format!("{}/{BUCKET}", buckets.base);
        for _ in 0..600 {
            // Whose request it is, is read from its credentials, whatever their signature.
            let whose = "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request";
            let answer = client().put(&made).header("authorization", whose).send().await;
            if answer.is_ok_and(|it| it.status().is_success()) {
                return Some(buckets);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the server does not make a bucket");
    }

    /// Where it is reached.
    pub fn endpoint(&self) -> &str {
        &self.base
    }

    /// The list of what the bucket holds, as the server writes it.
    pub async fn list(&self) -> String {
        let answer = client().get(format!("{}/{BUCKET}?list-type=2", self.base)).send().await.expect("an answer");
        answer.text().await.expect("a list")
    }
}

impl Drop for Buckets {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

fn client() -> Client {
    rustls::crypto::ring::default_provider().install_default().ok();
    Client::builder().no_proxy().tls_certs_only([]).build().expect("a client without TLS")
}
