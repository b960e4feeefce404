//! What letters go out by: a mail server (SMTP, RFC 5321), and a gateway for text messages (JSON over HTTPS).

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    address::Envelope,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::PoolConfig,
};
use serde_json::json;
use tokio::sync::Semaphore;
use uuid::Uuid;
use yishi_domain::TenantId;

use super::bounces;
use crate::outbound::{Outbound, Retries, reason};

/// After how long a letter that was not taken is tried again, unless the operator says otherwise: two days in all.
pub const RETRIES: &str = "1m,5m,30m,2h,6h,12h,24h";

/// How many letters a process sends at once, and how many of one tenant, so that nobody's keep all places busy.
const PLACES: usize = 32;
pub(super) const OF_A_TENANT: u16 = 8;

/// How long a mail server may take for one step.
const PATIENCE: Duration = Duration::from_secs(15);

/// What the operator says of how letters go out.
#[derive(Clone, Debug)]
pub struct Postal {
    /// Where this installation is reached from outside, such as `https://yishi.example.org`.
    pub public_url: Option<String>,
    /// The mail server's URL, such as `smtps://user:password@mail.example.org`, and from whom mail comes.
    pub mail: Option<(String, String)>,
    /// The address to which letters come back that did not arrive; where there is none, they come to whom mail comes from.
    pub bounces: Option<String>,
    /// The URL of the gateway for text messages, and the key that it asks for.
    pub sms: Option<(String, String)>,
    /// After how long what failed is tried again, attempt by attempt.
    pub retries: Retries,
}

impl Default for Postal {
    fn default() -> Self {
        Self { public_url: None, mail: None, bounces: None, sms: None, retries: RETRIES.parse().expect("a schedule") }
    }
}

/// Sends letters.
pub(crate) struct Posts {
    mail: Option<(AsyncSmtpTransport<Tokio1Executor>, Mailbox)>,
    /// The address to which letters come back.
    pub(super) bounces: Option<Address>,
    sms: Option<(String, String)>,
    public_url: Option<String>,
    pub(super) retries: Retries,
    pub(super) places: Semaphore,
    /// The tenants whose letters this process is at.
    busy: Mutex<HashSet<TenantId>>,
}

/// A mail as it is to be sent.
pub(super) struct Mail {
    /// The letter's id, which the message has whoever sends it and however often.
    pub id: Uuid,
    /// To which address.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// Its language.
    pub locale: &'static str,
    /// Where its reader is rid of others like it (RFC 8058).
    pub unsubscribe: Option<String>,
    /// To which address it comes back.
    pub return_path: Option<Address>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why something was not taken.
#[derive(Debug)]
pub(super) struct Untaken {
    /// What was said.
    pub why: String,
    /// Whether the address is no good, now and later.
    pub for_good: bool,
}

impl Posts {
    /// Prepares what the operator says, or tells what is wrong with it.
    pub fn new(terms: Postal) -> Result<Self, String> {
        let Postal { public_url, mail, bounces, sms, retries } = terms;
        let mail = mail
            .map(|(url, from)| {
                let from: Mailbox = from.parse().map_err(|error| format!("mail cannot come from `{from}`: {error}"))?;
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)
                    .map_err(|error| format!("the mail server's URL is not understood: {}", reason(&error)))?;
                let pool = PoolConfig::new().max_size(PLACES as u32).idle_timeout(Duration::from_secs(30));
                Ok::<_, String>((builder.timeout(Some(PATIENCE)).pool_config(pool).build(), from))
            })
            .transpose()?;
        let bounces = bounces
            .map(|it| match it.parse::<Address>() {
                Ok(address) if address.user().len() <= bounces::LONGEST => Ok(address),
                Ok(_) => Err(format!("what stands before the @ of `{it}` is longer than {} characters, which leaves no room to name a letter", bounces::LONGEST)),
                Err(error) => Err(format!("mail cannot come back to `{it}`: {error}")),
            })
            .transpose()?;
        let public_url = public_url.map(|it| it.trim_end_matches('/').to_owned());
        Ok(Self { mail, bounces, sms, public_url, retries, places: Semaphore::new(PLACES), busy: Mutex::default() })
    }

    /// Where a path of this installation is reached from outside, if that is known.
    pub(crate) fn link(&self, path: &str) -> Option<String> {
        self.public_url.as_ref().map(|base| format!("{base}{path}"))
    }

    /// Takes a tenant's letters over; false where this process is at them already.
    pub(super) fn begin(&self, tenant: TenantId) -> bool {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant)
    }

    /// Lets go of a tenant's letters.
    pub(super) fn end(&self, tenant: TenantId) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&tenant);
    }

    /// Hands a mail to the mail server.
    pub(super) async fn mail(&self, mail: Mail) -> Result<(), Untaken> {
        let (server, from) = self.mail.as_ref().ok_or_else(|| later("no mail server is configured"))?;
        let return_path = mail.return_path.clone();
        let message = message(from, mail).map_err(|error| later(&error))?;
        let envelope = message.envelope();
        let envelope = Envelope::new(return_path.or_else(|| envelope.from().cloned()), envelope.to().to_vec());
        let envelope = envelope.map_err(|error| later(&error.to_string()))?;
        server.send_raw(&envelope, &message.formatted()).await.map(drop).map_err(|error| {
            // What a server says often quotes the address, which is not for the log.
            let Some(code) = error.status().map(u16::from) else { return later(&error.to_string()) };
            let enhanced = enhanced(&error.to_string());
            let for_good = enhanced.as_deref().is_some_and(names_nobody);
            Untaken {
                why: format!("the mail server answered {code} {}", enhanced.unwrap_or_default()).trim_end().into(),
                for_good,
            }
        })
    }

    /// Hands a text message to the gateway.
    pub(super) async fn text(&self, outbound: &Outbound, id: Uuid, to: &str, text: &str) -> Result<(), Untaken> {
        let (url, key) = self.sms.as_ref().ok_or_else(|| later("no gateway for text messages is configured"))?;
        let url = outbound.check("sms_url", url).map_err(|refusal| later(&refusal.detail))?;
        let request = outbound.client.post(url).bearer_auth(key).header("idempotency-key", id.to_string());
        let answer = request.json(&json!({"id": id, "to": to, "text": text})).send().await;
        match answer.map_err(|error| later(&reason(&error)))?.status().as_u16() {
            200..300 => Ok(()),
            // The gateway understood and will not send to this number.
            status @ (410 | 422) => Err(Untaken { why: format!("it answered {status}"), for_good: true }),
            status => Err(later(&format!("it answered {status}"))),
        }
    }
}

fn message(from: &Mailbox, mail: Mail) -> Result<Message, String> {
    let to = mail.to.parse().map_err(|error| format!("the address is not understood: {error}"))?;
    let header =
        |name: &'static str, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    let id = format!("<{}@{}>", mail.id, from.email.domain());
    let mut builder = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .date(SystemTime::from(mail.at))
        .subject(mail.subject)
        .message_id(Some(id))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("Content-Language", mail.locale));
    if let Some(url) = &mail.unsubscribe {
        builder = builder
            .raw_header(header("List-Unsubscribe", &format!("<{url}>")))
            .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    builder.header(ContentType::TEXT_PLAIN).body(mail.text).map_err(|error| error.to_string())
}

/// Whether a status says that whoever the address names is not there, or has moved (RFC 3463, section 3.2); everything else may be over later, or be our own
/// fault.
pub(super) fn names_nobody(status: &str) -> bool {
    status.starts_with("5.1.")
}

/// The enhanced status code in what a mail server said (RFC 3463).
fn enhanced(said: &str) -> Option<String> {
    let is_code = |it: &&str| {
        let parts: Vec<_> = it.split('.').collect();
        parts.len() == 3
            && parts.iter().all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_digit()))
    };
    said.split_whitespace().find(is_code).map(str::to_owned)
}

fn later(why: &str) -> Untaken {
    Untaken { why: why.to_owned(), for_good: false }
}
