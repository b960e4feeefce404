//! Callers that cost little: each keeps one connection, and sends requests that were made before; all of them share a thread of their own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Barrier,
    task::JoinSet,
};

use crate::benches::milliseconds;

/// What callers found.
#[derive(Debug)]
pub struct Load {
    /// How many requests were answered a second.
    pub rate: f64,
    /// How long each took, in milliseconds, the shortest first.
    pub took: Vec<f64>,
}

/// Sends requests by so many callers at the same time, each once, for a time or until there are none left; each must be answered with success.
pub async fn send(address: &str, callers: usize, requests: Vec<Vec<u8>>, time: Duration) -> Result<Load> {
    let address = address.to_owned();
    let work = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(send_all(&address, callers, requests, time))
    });
    work.await?
}

async fn send_all(address: &str, callers: usize, requests: Vec<Vec<u8>>, time: Duration) -> Result<Load> {
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let ready = Arc::new(Barrier::new(callers + 1));
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (requests, next, ready) = (Arc::clone(&requests), Arc::clone(&next), Arc::clone(&ready));
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        tasks.spawn(async move {
            ready.wait().await;
            let begun = Instant::now();
            call(stream, || requests.get(next.fetch_add(1, Ordering::Relaxed)).filter(|_| begun.elapsed() < time)).await
        });
    }
    ready.wait().await;
    let begun = Instant::now();
    let mut took = Vec::new();
    while let Some(done) = tasks.join_next().await {
        took.extend(done??);
    }
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(!took.is_empty(), "no request was answered");
    took.sort_by(f64::total_cmp);
    Ok(Load { rate: took.len() as f64 / seconds, took })
}

impl Load {
    /// The time within which so many of a hundred requests were answered, in milliseconds.
    pub fn percentile(&self, of_hundred: usize) -> f64 {
        let place = (self.took.len() * of_hundred).div_ceil(100).max(1) - 1;
        self.took[place]
    }
}

async fn call<'a>(mut stream: TcpStream, mut next: impl FnMut() -> Option<&'a Vec<u8>>) -> Result<Vec<f64>> {
    let mut took = Vec::new();
    let mut answer = vec![0; 16 << 10];
    while let Some(request) = next() {
        let begun = Instant::now();
        stream.write_all(request).await?;
        let mut read = 0;
        while !is_whole(&answer[..read])? {
            ensure!(read < answer.len(), "the answer is too long");
            match stream.read(&mut answer[read..]).await? {
                0 => bail!("the server hung up"),
                more => read += more,
            }
        }
        took.push(milliseconds(begun.elapsed()));
        let status = answer.get(9..12).context("an answer has a status")?;
        ensure!(status.starts_with(b"2"), "a request was refused: {}", String::from_utf8_lossy(&answer[..read]));
    }
    Ok(took)
}

/// Tells whether an answer has come to its end.
fn is_whole(answer: &[u8]) -> Result<bool> {
    let Some(head) = answer.windows(4).position(|it| it == b"\r\n\r\n") else { return Ok(false) };
    let text = std::str::from_utf8(&answer[..head])?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.context("an answer has a length")?.parse()?;
    Ok(answer.len() >= head + 4 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_its_length_says() {
        let whole = b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}";
        assert!(is_whole(whole).expect("sound"));
        assert!(!is_whole(&whole[..whole.len() - 1]).expect("sound"));
        assert!(!is_whole(b"HTTP/1.1 201 Created\r\n").expect("sound"));
        assert!(is_whole(b"HTTP/1.1 201 Created\r\n\r\n").is_err());
    }

    #[test]
    fn a_percentile_is_a_time_that_was_taken() {
        let load = Load { rate: 1.0, took: (1..=200).map(f64::from).collect() };
        assert_eq!((load.percentile(50), load.percentile(99), load.percentile(100)), (100.0, 198.0, 200.0));
    }
}
