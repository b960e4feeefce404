//! The embedded database: one process a directory, and nothing committed is lost.

use std::path::PathBuf;

use sqlx::{Connection, PgConnection};
use yishi_store::embedded::{DATABASE, EmbeddedError, EmbeddedServer, OWNER};

/// A folder of a test's own, removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("yishi-embedded-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a writable temporary folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

async fn connect(server: &EmbeddedServer) -> PgConnection {
    PgConnection::connect(&server.url(OWNER, DATABASE)).await.expect("the server answers")
}

fn postmaster(folder: &Folder) -> String {
    let file = folder.0.join("postgres/postmaster.pid");
    std::fs::read_to_string(file).expect("a running database").lines().next().expect("a pid").to_owned()
}

#[tokio::test]
async fn a_second_start_on_the_same_directory_is_refused() {
    let folder = Folder::new("second");
    let first = EmbeddedServer::start(&folder.0).expect("the first starts");
    let error = EmbeddedServer::start(&folder.0).expect_err("the directory is taken");
    assert!(matches!(error, EmbeddedError::InUse(_)), "{error}");
    assert!(error.to_string().contains("--data-dir"), "it says what to do: {error}");
    drop(first);
    EmbeddedServer::start(&folder.0).expect("free again");
}

#[tokio::test]
async fn what_was_committed_survives_kill_9() {
    let folder = Folder::new("kill");
    let server = EmbeddedServer::start(&folder.0).expect("it starts");
    let mut connection = connect(&server).await;
    sqlx::query("CREATE TABLE kept (n int)").execute(&mut connection).await.expect("create");
    sqlx::query("INSERT INTO kept VALUES (7)").execute(&mut connection).await.expect("insert");
    let killed = std::process::Command::new("kill").args(["-9", &postmaster(&folder)]).status().expect("kill runs");
    assert!(killed.success());
    drop(server);
    let server = EmbeddedServer::start(&folder.0).expect("it starts again");
    let mut connection = connect(&server).await;
    let kept: i32 = sqlx::query_scalar("SELECT n FROM kept").fetch_one(&mut connection).await.expect("the row");
    assert_eq!(kept, 7);
}

#[tokio::test]
async fn a_directory_whose_parents_are_closed_to_others_still_serves() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("closed");
    std::fs::set_permissions(&folder.0, std::fs::Permissions::from_mode(0o700)).expect("ours");
    let deep = folder.0.join("a folder with spaces").join("x".repeat(120));
    let server = EmbeddedServer::start(&deep).expect("it starts");
    connect(&server).await;
}
