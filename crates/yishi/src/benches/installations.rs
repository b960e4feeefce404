//! An installation of a benchmark's own, which ends and is deleted with it.

use std::path::Path;

use anyhow::Result;
use tempfile::TempDir;
use yishi_policy::limits::Tier;
use yishi_service::{App, keys::Signing, tokens::Issuer, trust::Trust};
use yishi_store::{
    Db, Urls,
    embedded::{EmbeddedError, EmbeddedServer},
    migrate,
};

use super::programs::{Started, start};
use crate::{clocks, workbenches};

/// A database with all its tables, what tokens are signed with, and the folder that both lie in.
pub struct Installation {
    /// How the database is reached.
    pub urls: Urls,
    /// The server of the database.
    pub database: EmbeddedServer,
    secret: [u8; 32],
    /// Comes last, so that the database has stopped before its folder goes.
    pub folder: TempDir,
}

impl Installation {
    /// Sets one up.
    pub async fn new() -> Result<Self> {
        Self::set_up(EmbeddedServer::start).await
    }

    /// Sets one up whose database takes so many connections at the same time.
    pub async fn for_connections(connections: u16) -> Result<Self> {
        Self::set_up(move |folder| EmbeddedServer::start_for(folder, connections)).await
    }

    async fn set_up(
        start: impl FnOnce(&Path) -> Result<EmbeddedServer, EmbeddedError> + Send + 'static,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data_dir = folder.path().join("database");
        let database = tokio::task::spawn_blocking(move || start(&data_dir)).await??;
        let urls = Urls::of(&database);
        migrate(&urls.owner).await?;
        Ok(Self { urls, database, secret: clocks::secret(), folder })
    }

    /// Who makes tokens that it takes.
    pub fn issuer(&self) -> Issuer {
        Issuer::new(self.secret)
    }

    /// The service within this process, over its database or a copy of that.
    pub fn app(&self, db: Db, trust: Trust) -> Result<App> {
        let signing = Signing::new("bench", vec![clocks::secret()], vec![]);
        let policy = workbenches::host(&self.folder.path().join("artefacts"), clocks::secret(), Tier::Native)?;
        Ok(App::new(db, self.issuer(), policy, trust, signing, clocks::REAL))
    }

    /// Starts the service in a process of its own, which logs warnings alone, with other arguments besides, and waits until it is ready.
    pub async fn serve(&self, args: &[&str]) -> Result<Started> {
        let data = self.folder.path().join("data");
        std::fs::create_dir(&data)?;
        std::fs::write(data.join("issuer.key"), self.secret)?;
        let Urls { owner, app, platform } = &self.urls;
        let urls = ["--database-url", owner, "--app-database-url", app, "--platform-database-url", platform];
        start(self.folder.path(), &[&["--log", "warn"], &urls[..], args].concat()).await
    }
}
