//! A receiver of webhooks that remembers what it was sent, and answers as a story tells it to.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::communities::text;

/// How long something may take to arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// A receiver; it listens as long as the test process lives.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    answer: Answering,
    received: Vec<Received>,
}

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answering {
    /// With a status.
    Status(u16),
    /// Not at all, until the caller has lost patience.
    Never,
}

/// What it was sent.
#[derive(Clone, Debug)]
pub struct Received {
    /// The headers, by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, byte for byte.
    pub body: String,
    /// How it was answered.
    pub answered: Answering,
}

impl Received {
    /// A header.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    /// The event that it tells of.
    pub fn event(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// The kind of that event.
    pub fn kind(&self) -> String {
        text(&self.event()["type"])
    }
}

impl Receiver {
    /// Starts one that answers 204.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(Mutex::new(State { answer: Answering::Status(204), received: Vec::new() }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(&stream, &shared));
            }
        });
        Self { address, state }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Answers otherwise from now on.
    pub fn answer(&self, with: Answering) {
        self.state.lock().expect("no panic").answer = with;
    }

    /// What it was sent so far.
    pub fn received(&self) -> Vec<Received> {
        self.state.lock().expect("no panic").received.clone()
    }

    /// What it was sent, once that is as much as is waited for.
    #[track_caller]
    pub fn once(&self, enough: impl Fn(&[Received]) -> bool) -> impl Future<Output = Vec<Received>> {
        let begun = std::time::Instant::now();
        async move {
            loop {
                let received = self.received();
                if enough(&received) {
                    return received;
                }
                assert!(begun.elapsed() < PATIENCE, "it was sent {received:#?}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    while let Some((headers, body)) = read(&mut reader) {
        let answered = {
            let mut state = state.lock().expect("no panic");
            let answered = state.answer;
            state.received.push(Received { headers, body, answered });
            answered
        };
        match answered {
            Answering::Status(status) => {
                let head = format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n");
                if (&*stream).write_all(head.as_bytes()).is_err() {
                    return;
                }
            }
            // Reads until the caller hangs up.
            Answering::Never => drop(reader.read_to_end(&mut Vec::new())),
        }
    }
}

/// Reads a request, as far as HTTP/1.1 is needed for that.
fn read(reader: &mut BufReader<&TcpStream>) -> Option<(BTreeMap<String, String>, String)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some((headers, String::from_utf8(body).ok()?))
}
