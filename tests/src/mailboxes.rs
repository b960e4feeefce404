//! A mail server that keeps what it is sent, by SMTP as any other, and refuses whom a story tells it to.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use mail_parser::{HeaderValue, MessageParser};

/// How long something may take to arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// A mail server; it listens as long as the test process lives.
#[derive(Debug)]
pub struct Mailboxes {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    replies: HashMap<String, u16>,
    received: Vec<Mail>,
    slowness: Duration,
}

/// A mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// To whom it comes back.
    pub from: String,
    /// Whom it was handed over for.
    pub to: String,
    /// All of it, byte for byte.
    pub raw: Vec<u8>,
    /// When it was taken.
    pub at: Instant,
}

impl Mail {
    fn of<T>(&self, read: impl FnOnce(&mail_parser::Message<'_>) -> T) -> T {
        read(&MessageParser::default().parse(&self.raw).expect("a MIME message"))
    }

    /// Its subject.
    pub fn subject(&self) -> String {
        self.of(|it| it.subject().expect("a subject").to_owned())
    }

    /// Its text.
    pub fn text(&self) -> String {
        self.of(|it| it.body_text(0).expect("a text").into_owned())
    }

    /// The id of the message.
    pub fn id(&self) -> String {
        self.of(|it| it.message_id().expect("an id").to_owned())
    }

    /// A header as it stands there, unfolded; empty where there is none.
    pub fn header(&self, name: &str) -> String {
        self.of(|it| {
            let raw = it.header_raw(name.to_owned()).unwrap_or_default();
            raw.split("\r\n").map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
        })
    }

    /// The address that the mail names as its reader's.
    pub fn reader(&self) -> String {
        self.of(|it| match it.header("To") {
            Some(HeaderValue::Address(to)) => to.first().and_then(|it| it.address()).expect("an address").to_owned(),
            other => panic!("{other:?}"),
        })
    }
}

impl Mailboxes {
    /// Starts one that takes everything.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(Mutex::new(State::default()));
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
        format!("smtp://{}", self.address)
    }

    /// Replies to mail for an address with a code from now on; 250 takes it.
    pub fn reply(&self, to: &str, code: u16) {
        self.state.lock().expect("no panic").replies.insert(to.to_owned(), code);
    }

    /// Takes so long for every mail from now on.
    pub fn take(&self, slowness: Duration) {
        self.state.lock().expect("no panic").slowness = slowness;
    }

    /// What it has taken so far.
    pub fn received(&self) -> Vec<Mail> {
        self.state.lock().expect("no panic").received.clone()
    }

    /// What it has taken for an address, once that is so many.
    pub async fn of(&self, to: &str, number: usize) -> Vec<Mail> {
        let begun = Instant::now();
        loop {
            let all: Vec<_> = self.received().into_iter().filter(|it| it.to == to).collect();
            if all.len() >= number {
                return all;
            }
            assert!(begun.elapsed() < PATIENCE, "{to} has {all:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut lines = BufReader::new(stream);
    let say = |text: &str| (&*stream).write_all(format!("{text}\r\n").as_bytes()).ok();
    say("220 mailboxes ESMTP")?;
    let (mut from, mut to) = (String::new(), Vec::new());
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end();
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        match verb.as_str() {
            "EHLO" => say("250-mailboxes\r\n250-8BITMIME\r\n250 SMTPUTF8")?,
            "MAIL" | "RSET" => {
                line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut from);
                to.clear();
                say("250 2.0.0 ok")?;
            }
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                match state.lock().expect("no panic").replies.get(&address).copied().unwrap_or(250) {
                    250 => {
                        to.push(address);
                        say("250 2.1.5 ok")?;
                    }
                    code => say(&format!("{code} {}.1.1 <{address}>: not now, or not ever", code / 100))?,
                }
            }
            "DATA" => {
                say("354 go on")?;
                let raw = read(&mut lines)?;
                let slowness = state.lock().expect("no panic").slowness;
                thread::sleep(slowness);
                let kept = |to| Mail { from: from.clone(), to, raw: raw.clone(), at: Instant::now() };
                let received = to.drain(..).map(kept);
                state.lock().expect("no panic").received.extend(received);
                say("250 2.0.0 taken")?;
            }
            "QUIT" => return say("221 2.0.0 bye"),
            _ => say("250 2.0.0 ok")?,
        }
    }
}

/// Reads a message up to the line with a dot, and takes the dots away that were added (RFC 5321, section 4.5.2).
fn read(lines: &mut BufReader<&TcpStream>) -> Option<Vec<u8>> {
    let mut raw = Vec::new();
    loop {
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line).ok().filter(|read| *read > 0)?;
        if line == b".\r\n" {
            return Some(raw);
        }
        raw.extend(line.strip_prefix(b".").unwrap_or(&line));
    }
}
