//! Serving and working.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use clap::Args;
use poem::{Server, listener::TcpAcceptor};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Notify,
    task::JoinHandle,
};
use yishi_service::{App, announcing, attachments, couriers, failures::Failure, letters};

use crate::{commands::Serve, homes::Home};

/// How long open requests may take once the end was asked for.
const DRAIN: Duration = Duration::from_secs(20);

/// How long a worker rests when nothing was pending.
const REST: Duration = Duration::from_millis(500);

/// How long the sequencer pauses after it has done something: what comes meanwhile it does together, and whoever waits for an answer goes first.
const PAUSE: Duration = Duration::from_millis(250);

/// How long the worker rests that signs again what has not grown for a day.
const LONG_REST: Duration = Duration::from_secs(60);

/// How often bytes that no attachment names are looked for, and what the logs of what was sent keep no longer.
const CLEARING: Duration = Duration::from_secs(3600);

/// Where to serve.
#[derive(Clone, Debug, Args)]
pub struct Address {
    /// The address to listen on
    #[arg(long, env = "YISHI_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
}

/// A server that runs beside whatever else the program does.
pub struct Running {
    address: SocketAddr,
    server: JoinHandle<std::io::Result<()>>,
    worker: Option<JoinHandle<()>>,
    end: Arc<Notify>,
    app: Arc<App>,
}

/// Serves until asked to end, then finishes what is open.
pub async fn serve(home: &Home, options: &Serve) -> Result<()> {
    let opened = home.open().await?;
    let running = start(&opened.app, &options.address, !options.no_workers)?;
    let base = running.base();
    println!("Yishi serves on {base}");
    println!("  interface  {base}/docs");
    println!("  a token    yishi token --platform");
    running.until_asked_to_end().await?;
    opened.app.db.close().await;
    Ok(())
}

/// Starts serving, and working in the background where that is asked for.
pub fn start(app: &Arc<App>, address: &Address, works: bool) -> Result<Running> {
    let listen = address.listen;
    let listener = std::net::TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let server = Server::new_with_acceptor(TcpAcceptor::from_std(listener)?);
    let end = Arc::new(Notify::new());
    let ended = Arc::clone(&end);
    let endpoint = yishi_api::endpoint(Arc::clone(app));
    let server = tokio::spawn(async move {
        server.run_with_graceful_shutdown(endpoint, async move { ended.notified().await }, Some(DRAIN)).await
    });
    let worker = works.then(|| tokio::spawn(work_for_good(Arc::clone(app))));
    Ok(Running { address, server, worker, end, app: Arc::clone(app) })
}

impl Running {
    /// The server's base URL.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until asked to end, or until serving fails.
    pub async fn until_asked_to_end(mut self) -> Result<()> {
        tokio::select! {
            () = asked_to_end() => self.stop().await,
            failed = &mut self.server => Ok(failed??),
        }
    }

    /// Finishes what is open.
    pub async fn stop(self) -> Result<()> {
        self.app.end();
        self.end.notify_one();
        self.server.await??;
        if let Some(worker) = self.worker {
            worker.abort();
        }
        Ok(())
    }
}

/// Works until asked to end.
pub async fn work(home: &Home) -> Result<()> {
    let opened = home.open().await?;
    tokio::select! {
        () = work_for_good(Arc::clone(&opened.app)) => {}
        () = asked_to_end() => {}
    }
    opened.app.db.close().await;
    Ok(())
}

/// Gives events their positions, counts them, signs the record, does what is due, tells others of it, tries past decisions under candidates,
/// collects bytes that nothing names, and forgets what was sent long ago, for good.
async fn work_for_good(app: Arc<App>) {
    let sequencing = repeat("sequencing", [PAUSE, REST], &app, |app| async move { app.sequence_all().await });
    let projecting = repeat("projecting", [PAUSE, REST], &app, |app| async move { app.project_all().await });
    let resigning = repeat("resigning", [REST, LONG_REST], &app, |app| async move { app.resign_all().await });
    let timers = repeat("timers", [Duration::ZERO, REST], &app, |app| async move { app.fire_all().await });
    let replays = repeat("replays", [Duration::ZERO, REST], &app, |app| async move { app.replay_all().await });
    let couriers = repeat("couriers", [Duration::ZERO, REST], &app, |app| async move { couriers::round(&app).await });
    let announcing =
        repeat("announcing", [Duration::ZERO, REST], &app, |app| async move { announcing::round(&app).await });
    let letters = post_for_good(Arc::clone(&app));
    let collecting =
        repeat("collecting", [CLEARING, CLEARING], &app, |app| async move { attachments::collect(&app).await });
    let forgetting = repeat("forgetting", [CLEARING, CLEARING], &app, |app| async move {
        Ok::<_, Failure>(couriers::forget(&app).await? + letters::forget(&app).await?)
    });
    tokio::join!(
        sequencing, projecting, resigning, timers, replays, couriers, announcing, letters, collecting, forgetting
    );
}

/// Sends letters, for good.
pub async fn post_for_good(app: Arc<App>) {
    // A round begins what it does not wait for, so there is a pause after each.
    repeat("letters", [PAUSE, REST], &app, |app| async move { letters::round(&app).await }).await;
}

/// Does a piece of work again and again, pausing in between, and resting when there was nothing to do or it failed.
async fn repeat<E, F>(name: &'static str, [pause, rest]: [Duration; 2], app: &Arc<App>, work: impl Fn(Arc<App>) -> F)
where
    E: std::error::Error + 'static,
    F: Future<Output = Result<usize, E>>,
{
    loop {
        match work(Arc::clone(app)).await {
            Ok(0) => tokio::time::sleep(rest).await,
            Ok(done) => {
                tracing::debug!(name, done, "worked");
                tokio::time::sleep(pause).await;
            }
            Err(error) => {
                tracing::error!(name, error = &error as &dyn std::error::Error, "work failed; it is tried again");
                tokio::time::sleep(rest).await;
            }
        }
    }
}

async fn asked_to_end() {
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    match (terminate, interrupt) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        // Without handlers the signals end the process by themselves.
        _ => std::future::pending().await,
    }
}
