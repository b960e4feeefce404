//! Calls to others' servers: over HTTPS, to addresses of the public internet alone, without following redirects.
//!
//! A name is resolved first, every address is checked, and only a checked one is connected to; so a name that says something else the next time
//! (DNS rebinding) leads nowhere.

use std::{collections::HashSet, net::IpAddr, str::FromStr, sync::Arc, time::Duration};

use reqwest::{
    Client, ClientBuilder, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use yishi_domain::{Refusal, addresses::is_public};

/// How long a call may take, from looking the name up to the end of the answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// After how long a delivery that failed is tried again, unless the operator says otherwise: three days in all.
pub const RETRIES: &str = "5s,5m,30m,2h,5h,10h,14h,20h,24h";

/// What the operator says of calls to others' servers.
#[derive(Clone, Debug)]
pub struct Outward {
    /// Hosts that may be called although they are not public, and without TLS.
    pub hosts: Vec<String>,
    /// After how long what failed is tried again, attempt by attempt.
    pub retries: Retries,
}

impl Default for Outward {
    fn default() -> Self {
        Self { hosts: Vec::new(), retries: RETRIES.parse().expect("a schedule") }
    }
}

/// After how long what failed is tried again, attempt by attempt; after the last one it is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retries(Vec<Duration>);

impl Retries {
    /// The wait after an attempt, counted from one; none where it was the last.
    pub fn after(&self, attempt: u32) -> Option<Duration> {
        self.0.get(attempt.max(1) as usize - 1).copied()
    }
}

impl FromStr for Retries {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wait = |text: &str| {
            let text = text.trim();
            let unit = match text.chars().last() {
                Some('s') => 1,
                Some('m') => 60,
                Some('h') => 3600,
                _ => return Err(format!("`{text}` is not of the form 5s, 5m or 5h")),
            };
            let number: u32 = text[..text.len() - 1].parse().map_err(|_| format!("`{text}` has no number"))?;
            Ok(Duration::from_secs(u64::from(number) * unit))
        };
        text.split(',').map(wait).collect::<Result<_, _>>().map(Self)
    }
}

/// Calls others' servers.
pub struct Outbound {
    /// The client; it is only handed URLs that were checked.
    pub(crate) client: Client,
    /// When what failed is tried again.
    pub(crate) retries: Retries,
    hosts: Arc<HashSet<String>>,
}

impl Outbound {
    /// Prepares calls under what the operator says of them.
    ///
    /// # Panics
    /// Where this machine cannot make a client at all.
    pub fn new(outward: Outward) -> Self {
        // The one provider of the whole program; a second call finds it there.
        rustls::crypto::ring::default_provider().install_default().ok();
        let hosts: Arc<HashSet<_>> = Arc::new(outward.hosts.into_iter().map(|it| it.to_lowercase()).collect());
        let client = builder(&hosts).build().or_else(|error| {
            tracing::warn!(%error, "no certificates are known here, so nobody can be called over https");
            builder(&hosts).tls_certs_only([]).build()
        });
        Self { client: client.expect("a client without certificates needs nothing"), retries: outward.retries, hosts }
    }

    /// Refuses a URL that may not be called, as far as it says so itself.
    pub fn check(&self, field: &str, text: &str) -> Result<Url, Refusal> {
        let refuse = |code, text: String, fix: &str| Refusal::invalid(code, field, text).with_fix(fix);
        let whole = "give a URL such as https://example.org/yishi";
        let url = Url::parse(text).map_err(|error| refuse("webhook.bad_url", error.to_string(), whole))?;
        let Some(host) = url.host_str().map(str::to_lowercase) else {
            return Err(refuse("webhook.bad_url", "it names no host".into(), whole));
        };
        let allowed = self.hosts.contains(&host);
        let plain = url.scheme() == "http" && allowed;
        if !plain && url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("webhook.bad_url", "it is not plain https, without a user".into(), whole));
        }
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if address.is_ok_and(|it| !is_public(it)) && !allowed {
            let fix = "give an address of the public internet, or have the operator allow the host";
            return Err(refuse("webhook.private_address", format!("{host} is not public"), fix));
        }
        Ok(url)
    }
}

/// Why nobody answered: the innermost cause, which is the one that says it.
pub(crate) fn reason(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string().chars().take(300).collect()
}

fn builder(hosts: &Arc<HashSet<String>>) -> ClientBuilder {
    let agent = concat!("yishi/", env!("CARGO_PKG_VERSION"));
    let resolver = Checked(Arc::clone(hosts));
    Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE).user_agent(agent).dns_resolver(resolver)
}

/// Resolves names, and gives addresses only where all of them may be called.
#[derive(Clone)]
struct Checked(Arc<HashSet<String>>);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.0.contains(&name.as_str().to_lowercase());
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            match found.iter().find(|it| !allowed && !is_public(it.ip())) {
                Some(private) => {
                    Err(format!("{} leads to {}, which is not public", name.as_str(), private.ip()).into())
                }
                None => Ok(Box::new(found.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_leads_inside_is_refused_unless_its_host_is_allowed() {
        let code = |outbound: &Outbound, url: &str| outbound.check("url", url).err().map(|it| it.code);
        let strict = Outbound::new(Outward::default());
        for url in ["https://127.0.0.1/", "https://[::1]:8443/", "https://169.254.169.254/x", "https://2130706433/"] {
            assert_eq!(code(&strict, url), Some("webhook.private_address"), "{url}");
        }
        for url in ["http://example.org/", "ftp://example.org/", "https://a:b@example.org/", "nonsense"] {
            assert_eq!(code(&strict, url), Some("webhook.bad_url"), "{url}");
        }
        assert_eq!(code(&strict, "https://example.org/hook?x=1"), None);
        let open = Outbound::new(Outward { hosts: vec!["127.0.0.1".into()], ..Outward::default() });
        assert_eq!(code(&open, "http://127.0.0.1:9/"), None);
        assert_eq!(code(&open, "http://127.0.0.2:9/"), Some("webhook.bad_url"));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_called() {
        let outbound = Outbound::new(Outward::default());
        let error = outbound.client.get("https://localhost:9/").send().await.expect_err("it is not public");
        assert!(format!("{error:?}").contains("is not public"), "{error:?}");
    }

    #[test]
    fn the_schedule_goes_on_for_days_and_ends() {
        let retries: Retries = RETRIES.parse().expect("a schedule");
        assert_eq!(retries.after(1), Some(Duration::from_secs(5)));
        assert_eq!((retries.after(9), retries.after(10)), (Some(Duration::from_secs(86_400)), None));
        let all: Duration = (1..10).filter_map(|it| retries.after(it)).sum();
        assert!(all > Duration::from_secs(3 * 86_400));
        assert!("5".parse::<Retries>().is_err() && "h".parse::<Retries>().is_err());
    }
}
