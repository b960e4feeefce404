//! Serving and working.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use poem::{Server, listener::TcpAcceptor};
use tokio::signal::unix::{SignalKind, signal};
use yishi_service::App;

use crate::{commands::Serve, homes::Home};

/// How long open requests may take once the end was asked for.
const DRAIN: Duration = Duration::from_secs(20);

/// How long a worker rests when nothing was pending.
const REST: Duration = Duration::from_millis(500);

/// Serves until asked to end, then finishes what is open.
pub async fn serve(home: &Home, options: &Serve) -> Result<()> {
    let opened = home.open().await?;
    let worker = (!options.no_workers).then(|| tokio::spawn(work_for_good(Arc::clone(&opened.app))));
    let listener =
        std::net::TcpListener::bind(options.listen).with_context(|| format!("cannot listen on {}", options.listen))?;
    let address = listener.local_addr()?;
    println!("Yishi serves on http://{address}");
    println!("  interface  http://{address}/docs");
    println!("  a token    yishi token --platform");
    listener.set_nonblocking(true)?;
    let server = Server::new_with_acceptor(TcpAcceptor::from_std(listener)?);
    server
        .run_with_graceful_shutdown(yishi_api::endpoint(Arc::clone(&opened.app)), asked_to_end(), Some(DRAIN))
        .await?;
    if let Some(worker) = worker {
        worker.abort();
    }
    opened.app.db.close().await;
    Ok(())
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

/// Gives events their positions and does what is due, for good.
pub async fn work_for_good(app: Arc<App>) {
    let sequencing = repeat("sequencing", &app, |app| async move { app.sequence_all().await });
    let timers = repeat("timers", &app, |app| async move { app.fire_all().await });
    tokio::join!(sequencing, timers);
}

/// Does a piece of work again and again, resting when there was nothing to do or it failed.
async fn repeat<E, F>(name: &'static str, app: &Arc<App>, work: impl Fn(Arc<App>) -> F)
where
    E: std::error::Error + 'static,
    F: Future<Output = Result<usize, E>>,
{
    loop {
        match work(Arc::clone(app)).await {
            Ok(0) => tokio::time::sleep(REST).await,
            Ok(done) => tracing::debug!(name, done, "worked"),
            Err(error) => {
                tracing::error!(name, error = &error as &dyn std::error::Error, "work failed; it is tried again");
                tokio::time::sleep(REST).await;
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
