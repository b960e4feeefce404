//! The same evaluator behind HTTP on this machine, asked over a connection that is kept.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use axum::{Json, Router, http::StatusCode, routing::post, serve::ListenerExt as _};
use serde::Deserialize;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};
use yishi_domain::{
    standard,
    voting::{Tally, Verdict, VotingRule},
};

use super::{Peer, Session};

#[derive(Deserialize)]
struct Asked {
    rule: VotingRule,
    tally: Tally,
}

/// A service on a thread of its own, which ends with this process.
pub fn peer() -> Result<Peer> {
    let (told, hears) = std::sync::mpsc::channel();
    std::thread::Builder::new().name("webhook".into()).spawn(move || runtime()?.block_on(serve(&told)))?;
    let address: SocketAddr = hears.recv().context("the service does not start")?;
    Ok(Peer::new("webhook", move || session(address)))
}

async fn serve(told: &std::sync::mpsc::Sender<SocketAddr>) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    told.send(listener.local_addr()?)?;
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    Ok(axum::serve(listener, Router::new().route("/decide", post(decide))).await?)
}

async fn decide(Json(Asked { rule, tally }): Json<Asked>) -> Result<Json<Verdict>, StatusCode> {
    standard::verdict(&rule, &tally).map(Json).map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)
}

fn session(address: SocketAddr) -> Result<Session> {
    let (runtime, client) = (runtime()?, reqwest::Client::builder().tcp_nodelay(true).build()?);
    let url = format!("http://{address}/decide");
    Ok(Box::new(move |question| {
        runtime.block_on(async {
            let response = client.post(&url).json(question).send().await?.error_for_status()?;
            Ok(response.json().await?)
        })
    }))
}

fn runtime() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}
