//! A mail server that takes everything, and notes for whom and when.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use anyhow::Result;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// What was taken: for each address, when.
type Taken = Arc<Mutex<HashMap<String, Vec<Instant>>>>;

/// A mail server on a port of its own.
pub struct Sink {
    /// Its URL.
    pub url: String,
    taken: Taken,
}

impl Sink {
    /// Starts one.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("smtp://{}", listener.local_addr()?);
        let taken = Taken::default();
        let shared = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let taken = Arc::clone(&shared);
                // Whoever hangs up in the middle is not served further.
                tokio::spawn(async move { serve(stream, &taken).await.ok() });
            }
        });
        Ok(Self { url, taken })
    }

    /// How many mails were taken.
    pub fn number(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).values().map(Vec::len).sum()
    }

    /// Tells whether mail was taken for an address.
    #[cfg(test)]
    pub fn has(&self, address: &str) -> bool {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).contains_key(address)
    }

    /// When mail was taken for each address, and forgets it.
    pub fn drain(&self) -> HashMap<String, Vec<Instant>> {
        std::mem::take(&mut *self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// As much of SMTP (RFC 5321) as a sender needs.
async fn serve(stream: TcpStream, taken: &Taken) -> Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 sink ESMTP\r\n").await?;
    let (mut to, mut in_data) = (String::new(), false);
    while let Some(line) = lines.next_line().await? {
        if in_data {
            if line == "." {
                in_data = false;
                let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
                taken.entry(std::mem::take(&mut to)).or_default().push(Instant::now());
            } else {
                continue;
            }
        } else if line.starts_with("DATA") {
            in_data = true;
            write.write_all(b"354 go on\r\n").await?;
            continue;
        } else if line.starts_with("EHLO") {
            write.write_all(b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n").await?;
            continue;
        } else if line.starts_with("RCPT") {
            to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        } else if line.starts_with("QUIT") {
            return Ok(());
        }
        write.write_all(b"250 2.0.0 ok\r\n").await?;
    }
    Ok(())
}
