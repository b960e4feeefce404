//! The program as a server.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::OnceCell;

use crate::{clients::Client, folders::Folder, processes::Process, programs, tokens};

static SHARED: OnceCell<Server> = OnceCell::const_new();

/// How a server is to be started.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    folder: Arc<Folder>,
    args: Vec<&'a str>,
    environment: Vec<(&'a str, &'a str)>,
}

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Server {
    process: Process,
    site: Site,
    folder: Arc<Folder>,
}

/// How much memory a server takes, in kB.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Now.
    pub resident: u64,
    /// At most, since this was last asked.
    pub peak: u64,
}

/// Where a server is reached, and where its secrets are.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its address.
    pub address: SocketAddr,
    /// Its data directory.
    pub data_dir: PathBuf,
}

impl<'a> Setup<'a> {
    /// In an empty directory.
    pub fn fresh() -> Self {
        Self::on(Arc::new(Folder::new()))
    }

    /// In a directory that there is already.
    pub fn on(folder: Arc<Folder>) -> Self {
        Self { folder, args: Vec::new(), environment: Vec::new() }
    }

    /// With another argument.
    pub fn arg(mut self, arg: &'a str) -> Self {
        self.args.push(arg);
        self
    }

    /// With another variable of the environment.
    pub fn env(mut self, name: &'a str, value: &'a str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// Starts the server, and waits until it is ready.
    pub async fn start(self) -> Server {
        let data_dir = self.folder.path().to_owned();
        let folder_name = data_dir.to_str().expect("temporary folders have plain names").to_owned();
        let mut args = vec!["serve", "--listen", "127.0.0.1:0", "--data-dir", &folder_name];
        args.extend(self.args);
        let mut process = Process::start(&args, &self.environment, &self.folder.log());
        let line = process.first_line().await;
        let address = line.trim().strip_prefix("Yishi serves on http://").and_then(|it| it.parse().ok());
        let address = address.unwrap_or_else(|| panic!("the server did not start:\n{line}{}", process.log()));
        let server = Server { process, site: Site { address, data_dir }, folder: self.folder };
        server.ready().await;
        server
    }
}

impl Server {
    /// The server of all stories that do not need their own; it ends with the test process.
    pub async fn shared() -> &'static Self {
        SHARED.get_or_init(|| Setup::fresh().start()).await
    }

    /// Where it is reached.
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// Its directory.
    pub fn folder(&self) -> Arc<Folder> {
        Arc::clone(&self.folder)
    }

    /// Asks it to end, as a service manager does.
    pub fn terminate(&self) {
        self.process.terminate();
    }

    /// Waits for its end; gives its exit code and its directory.
    pub async fn ended(self) -> (Option<i32>, Arc<Folder>) {
        (self.process.ended().await, self.folder)
    }

    /// Stops it as a service manager does, and gives its directory; it must end well.
    pub async fn stop(self) -> Arc<Folder> {
        self.terminate();
        let log = self.folder.log();
        let (code, folder) = self.ended().await;
        assert_eq!(code, Some(0), "{}", std::fs::read_to_string(log).unwrap_or_default());
        folder
    }

    /// Kills it as a power cut would, and gives its directory.
    pub async fn kill(self) -> Arc<Folder> {
        self.process.kill().await;
        self.folder
    }

    /// How much memory it takes, by what the kernel says of it (`/proc/<pid>/status`); from now on the most is counted anew.
    pub fn memory(&self) -> Memory {
        let folder = PathBuf::from(format!("/proc/{}", self.process.pid()));
        let status = std::fs::read_to_string(folder.join("status")).expect("it runs");
        let figure = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("the kernel says it");
            line.trim().trim_end_matches(" kB").parse().expect("a number")
        };
        let memory = Memory { resident: figure("VmRSS:"), peak: figure("VmHWM:") };
        std::fs::write(folder.join("clear_refs"), "5").expect("the peak can be counted anew");
        memory
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.process.log()
    }

    async fn ready(&self) {
        let begun = Instant::now();
        while !self.site.client().attempt_get("/readyz").await.is_ok_and(|answer| answer.status == 200) {
            assert!(begun.elapsed() < Duration::from_secs(30), "the server is not ready:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Site {
    /// A caller without a token.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// A caller who operates the platform.
    pub async fn operator(&self) -> Client {
        self.client().with_token(&self.token(&["--platform"]).await)
    }

    /// A token from `yishi token`.
    pub async fn token(&self, whom: &[&str]) -> String {
        let data_dir = self.data_dir.to_str().expect("temporary folders have plain names");
        let args = ["token", "--data-dir", data_dir].into_iter().chain(whom.iter().copied());
        programs::run(args).await.done().trim().to_owned()
    }

    /// The secret that signs its tokens.
    pub fn issuer(&self) -> tokens::Secret {
        let bytes = std::fs::read(self.data_dir.join("issuer.key")).expect("a server that has served has an issuer");
        bytes.try_into().expect("a secret has 32 bytes")
    }
}
