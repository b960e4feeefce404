//! The installation's home: its data directory, its secrets, its database.

use std::{
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use chrono::Duration;
use clap::Args;
use yishi_policy::limits::Tier;
use yishi_record::cosignatures::Witness;
use yishi_service::{
    App,
    keys::Signing,
    letters::{self, Postal},
    outbound::{Outward, RETRIES, Retries},
    printing::{PROGRAM, Printer},
    tokens::{Bearer, Issuer},
    trust::{FAILURES, Signer, Trust},
};
use yishi_store::{Db, Urls, embedded::EmbeddedServer, migrate};

use crate::{attachments::Attachments, clocks, commands::Token, workbenches};

/// Where the installation keeps its things.
#[derive(Debug, Args)]
pub struct Home {
    /// The directory for secrets and, without a database URL, the database
    #[arg(long, global = true, env = "YISHI_DATA_DIR", default_value = "yishi-data")]
    pub data_dir: PathBuf,
    /// The directory with `issuer.key` and `record.key`, 32 bytes each, where several processes share them; else the data directory, which
    /// draws them when it has none. Further secrets of the record, for keys that are rotated, are `record-2.key`, `record-3.key` and so on
    #[arg(long, global = true, env = "YISHI_KEYS_DIR")]
    pub keys_dir: Option<PathBuf>,
    /// The PostgreSQL server as its schema's owner, instead of the embedded one
    #[arg(long, global = true, env = "YISHI_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// The same server as the role `yishi_app`; the owner's URL with that user where it is not given
    #[arg(long, global = true, env = "YISHI_APP_DATABASE_URL", hide_env_values = true)]
    pub app_database_url: Option<String>,
    /// The same server as the role `yishi_platform`; the owner's URL with that user where it is not given
    #[arg(long, global = true, env = "YISHI_PLATFORM_DATABASE_URL", hide_env_values = true)]
    pub platform_database_url: Option<String>,
    /// The name under which this installation's records are known, such as its domain name
    #[arg(long, global = true, env = "YISHI_RECORD_ORIGIN", default_value = "yishi.localhost")]
    pub record_origin: String,
    /// What a rule set needs before a city may put it in force: nothing, a signature of a trusted key, the province's approval, or either
    #[arg(long, global = true, env = "YISHI_RULE_SETS_NEED", default_value = "nothing", value_parser = ["nothing", "signature", "approval", "either"])]
    pub rule_sets_need: String,
    /// The keys whose signatures over rule sets count: NAME=64 hexadecimal digits, one after the other with commas between
    #[arg(long, global = true, env = "YISHI_TRUSTED_SIGNERS", default_value = "", value_parser = signers)]
    pub trusted_signers: Signers,
    /// The witnesses whose cosignatures of the record's checkpoints are taken: keys as C2SP tlog-cosignature writes them, with commas between
    #[arg(long, global = true, env = "YISHI_WITNESSES", default_value = "", value_parser = witnesses)]
    pub witnesses: Witnesses,
    /// The tenants whose rule sets may be as large as interpreted languages need, with commas between; `*` for all
    #[arg(long, global = true, env = "YISHI_SCRIPT_TIER", default_value = "")]
    pub script_tier: String,
    /// How often a rule set may fail in a row before it is suspended for new work
    #[arg(long, global = true, env = "YISHI_RULE_SET_FAILURES", default_value_t = FAILURES, value_parser = clap::value_parser!(u16).range(1..))]
    pub rule_set_failures: u16,
    /// How others' servers are called.
    #[command(flatten)]
    pub calls: Calls,
    /// How letters go out.
    #[command(flatten)]
    pub letters: Letters,
    /// Where attachments are kept.
    #[command(flatten)]
    pub attachments: Attachments,
    /// The program that lays pages out as PDF
    #[arg(long, global = true, env = "YISHI_PDF_PROGRAM", default_value = PROGRAM)]
    pub pdf_program: PathBuf,
}

/// What the operator says of calls to others' servers.
#[derive(Debug, Args)]
pub struct Calls {
    /// The hosts that may be called although they are not on the public internet, and without TLS, with commas between
    #[arg(long, global = true, env = "YISHI_ALLOWED_HOSTS", default_value = "")]
    pub allowed_hosts: String,
    /// After how long a delivery to a webhook that failed is tried again, attempt by attempt; after the last one the webhook is disabled
    #[arg(long, global = true, env = "YISHI_WEBHOOK_RETRIES", default_value = RETRIES, value_parser = str::parse::<Retries>)]
    pub webhook_retries: Retries,
}

/// What the operator says of how letters go out.
#[derive(Debug, Args)]
pub struct Letters {
    /// Where this installation is reached from outside, such as https://yishi.example.org; links in mails lead there
    #[arg(long, global = true, env = "YISHI_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// The mail server, such as smtps://user:password@mail.example.org, or smtp://..:587?tls=required for STARTTLS
    #[arg(long, global = true, env = "YISHI_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// From whom mails come, such as "议事 <yishi@example.org>"
    #[arg(long, global = true, env = "YISHI_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// To which address mails come back that did not arrive, such as bounces@yishi.example.org; the mail server posts what comes to it, and to bounces+..
    /// (RFC 5233), to /mail/bounces
    #[arg(long, global = true, env = "YISHI_BOUNCES_TO")]
    pub bounces_to: Option<String>,
    /// The gateway for text messages, which is posted {"id", "to", "text"}; on the public internet, unless its host is allowed
    #[arg(long, global = true, env = "YISHI_SMS_URL")]
    pub sms_url: Option<String>,
    /// The key that the gateway for text messages asks for, as a bearer token
    #[arg(long, global = true, env = "YISHI_SMS_KEY", hide_env_values = true)]
    pub sms_key: Option<String>,
    /// After how long a letter that was not taken is tried again, attempt by attempt; after the last one it is dead
    #[arg(long, global = true, env = "YISHI_LETTER_RETRIES", default_value = letters::RETRIES, value_parser = str::parse::<Retries>)]
    pub letter_retries: Retries,
}

impl Letters {
    fn postal(&self) -> Postal {
        let sms = |url: String| (url, self.sms_key.clone().unwrap_or_default());
        Postal {
            public_url: self.public_url.clone(),
            mail: self.smtp_url.clone().zip(self.mail_from.clone()),
            bounces: self.bounces_to.clone(),
            sms: self.sms_url.clone().map(sms),
            retries: self.letter_retries.clone(),
        }
    }

    fn fault(&self) -> Option<&'static str> {
        let whole = self.mail_from.is_some() && self.public_url.is_some();
        (self.smtp_url.is_some() && !whole).then_some(
            "a mail server is named, but not from whom mails come or where their links lead: give --mail-from and --public-url, their variables, or \
             `mail_from` and `public_url` in the file",
        )
    }
}

/// Keys whose signatures count.
#[derive(Clone, Debug, Default)]
pub struct Signers(Vec<Signer>);

fn signers(text: &str) -> Result<Signers, String> {
    text.split(',')
        .filter(|it| !it.trim().is_empty())
        .map(|it| it.trim().parse())
        .collect::<Result<_, _>>()
        .map(Signers)
}

/// Witnesses whose word is taken.
#[derive(Clone, Debug, Default)]
pub struct Witnesses(Vec<Witness>);

fn witnesses(text: &str) -> Result<Witnesses, String> {
    text.split(',').filter(|it| !it.trim().is_empty()).map(str::parse).collect::<Result<_, _>>().map(Witnesses)
}

impl Calls {
    fn outward(&self) -> Outward {
        let hosts = self.allowed_hosts.split(',').map(str::trim).filter(|it| !it.is_empty());
        Outward { hosts: hosts.map(str::to_owned).collect(), retries: self.webhook_retries.clone() }
    }
}

/// An open installation; the embedded database stops when it is dropped.
pub struct Opened {
    /// The installation.
    pub app: Arc<App>,
    _server: Option<EmbeddedServer>,
}

impl Home {
    /// Opens the installation: starts the embedded database where no server is named, and migrates.
    pub async fn open(&self) -> Result<Opened> {
        let (urls, server) = match &self.database_url {
            Some(owner) => (self.remote(owner), None),
            None => {
                let data_dir = self.data_dir.clone();
                let server = tokio::task::spawn_blocking(move || EmbeddedServer::start(&data_dir)).await??;
                (Urls::of(&server), Some(server))
            }
        };
        migrate(&urls.owner).await.context("the database's schema could not be brought up to date")?;
        let policy = workbenches::host(&self.data_dir.join("artefacts"), self.secret("artefacts.key")?, Tier::Native)?;
        let signing = Signing::new(&self.record_origin, self.record_secrets()?, self.witnesses.0.clone());
        let app = App::new(Db::open(&urls)?, self.issuer()?, policy, self.trust()?, signing, clocks::REAL);
        let attachments = self.attachments.open(&self.data_dir).context("attachments cannot be kept")?;
        let app = app.calling(self.calls.outward()).posting(self.letters.postal()).map_err(anyhow::Error::msg)?;
        let app = app.keeping(attachments, self.attachments.attachment_limits.clone());
        let app = app.printing(Printer::new(self.pdf_program.clone()));
        Ok(Opened { app: Arc::new(app), _server: server })
    }

    fn trust(&self) -> Result<Trust> {
        let names = self.script_tier.split(',').map(str::trim).filter(|it| !it.is_empty());
        Ok(Trust {
            need: self.rule_sets_need.parse().map_err(anyhow::Error::msg)?,
            signers: self.trusted_signers.0.clone(),
            script_tier: names.map(str::to_owned).collect(),
            failures: self.rule_set_failures,
        })
    }

    /// Says what does not fit together; the option's own `requires` would not see what comes from a file.
    pub fn fault(&self) -> Option<&'static str> {
        let role = self.app_database_url.is_some() || self.platform_database_url.is_some();
        let named = (role && self.database_url.is_none()).then_some(
            "a role's database URL is named but not the owner's: give --database-url, YISHI_DATABASE_URL or `database_url` in the file",
        );
        named.or_else(|| self.letters.fault()).or_else(|| self.attachments.fault())
    }

    /// The issuer of tokens.
    pub fn issuer(&self) -> Result<Issuer> {
        Ok(Issuer::new(self.key("issuer.key")?))
    }

    fn remote(&self, owner: &str) -> Urls {
        let as_role = |given: &Option<String>, role: &str| given.clone().unwrap_or_else(|| with_user(owner, role));
        let app = as_role(&self.app_database_url, "yishi_app");
        Urls::remote(owner, &app, &as_role(&self.platform_database_url, "yishi_platform"))
    }

    /// Reads a key that every process of the installation has in common.
    fn key(&self, name: &str) -> Result<[u8; 32]> {
        match &self.keys_dir {
            Some(folder) => read_secret(&folder.join(name)),
            None => self.secret(name),
        }
    }

    /// The secret that pseudonyms of imported authors are made with.
    pub fn pseudonyms(&self) -> Result<[u8; 32]> {
        self.key("record.key")
    }

    /// Reads the secrets that keys of records are derived from, the oldest first.
    fn record_secrets(&self) -> Result<Vec<[u8; 32]>> {
        let folder = self.keys_dir.as_ref().unwrap_or(&self.data_dir);
        let mut secrets = vec![self.key("record.key")?];
        loop {
            let next = folder.join(format!("record-{}.key", secrets.len() + 1));
            if !next.try_exists().with_context(|| next.display().to_string())? {
                return Ok(secrets);
            }
            secrets.push(read_secret(&next)?);
        }
    }

    /// Reads a secret of the data directory, drawing it first where there is none; only its owner may read it.
    fn secret(&self, name: &str) -> Result<[u8; 32]> {
        std::fs::create_dir_all(&self.data_dir).with_context(|| self.data_dir.display().to_string())?;
        let path = self.data_dir.join(name);
        let drawn = std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path);
        if let Ok(mut file) = drawn {
            file.write_all(&clocks::secret()).with_context(|| path.display().to_string())?;
        }
        read_secret(&path)
    }
}

/// Prints a token for an operator or a member.
pub fn print_token(home: &Home, options: &Token) -> Result<()> {
    let bearer = match (&options.tenant, options.member) {
        (Some(tenant), Some(member)) => Bearer::Member { tenant: tenant.clone(), member },
        _ => Bearer::Operator("operator".into()),
    };
    println!("{}", home.issuer()?.issue(&bearer, clocks::now(), Duration::hours(options.hours.into())));
    Ok(())
}

fn read_secret(path: &Path) -> Result<[u8; 32]> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    bytes.try_into().ok().with_context(|| format!("{} does not hold 32 bytes", path.display()))
}

/// The same URL for another user, without the owner's password; the user is a parameter, because a URL of a Unix socket has no other place for it.
fn with_user(url: &str, user: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    let owners = |it: &&str| it.is_empty() || it.starts_with("user=") || it.starts_with("password=");
    let kept: String = parameters.split('&').filter(|it| !owners(it)).map(|it| format!("{it}&")).collect();
    format!("{scheme}://{place}?{kept}user={user}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_takes_the_place_of_the_owner_and_its_password() {
        let of_role = |url| with_user(url, "r");
        assert_eq!(
            of_role("postgres://o:p@db:5432/yishi?sslmode=require"),
            "postgres://db:5432/yishi?sslmode=require&user=r"
        );
        assert_eq!(of_role("postgres://db/yishi"), "postgres://db/yishi?user=r");
        assert_eq!(
            of_role("postgres:///yishi?host=/run/db&user=o&password=p"),
            "postgres:///yishi?host=/run/db&user=r"
        );
    }
}
