//! Pages as PDF (ISO 32000-2), laid out by WeasyPrint: text of every script is set well, and what goes wrong there stays in a process of its own.

use std::{path::PathBuf, process::Stdio, time::Duration};

use tokio::{io::AsyncWriteExt as _, process::Command, sync::Semaphore, time::timeout};
use yishi_domain::{Refusal, RefusalKind};

use crate::failures::Failure;

/// How many pages are laid out at once, and how long one may take.
const PLACES: usize = 2;
const PATIENCE: Duration = Duration::from_secs(30);

/// The program that lays pages out, unless the operator names another.
pub const PROGRAM: &str = "weasyprint";

/// Lays pages out.
pub struct Printer {
    program: PathBuf,
    places: Semaphore,
}

impl Default for Printer {
    fn default() -> Self {
        Self::new(PROGRAM.into())
    }
}

impl Printer {
    /// A printer that runs a program; one without slashes is looked for in `PATH`.
    pub fn new(program: PathBuf) -> Self {
        Self { program, places: Semaphore::new(PLACES) }
    }

    /// Makes a PDF of an HTML page that refers to nothing outside itself.
    ///
    /// # Errors
    /// `print.unavailable` where the program is missing, `print.failed` where it does not succeed in time.
    pub async fn print(&self, page: &str) -> Result<Vec<u8>, Failure> {
        let _place = self.places.acquire().await.map_err(|_| unavailable("print.failed", "the service is ending"))?;
        let mut command = Command::new(&self.program);
        command.args(["--quiet", "--encoding", "utf-8", "-", "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| {
            let text = format!("pages cannot be laid out here: {}: {error}", self.program.display());
            unavailable("print.unavailable", text)
                .with_fix("ask for the .html of the same name, or have the operator install WeasyPrint")
        })?;
        let mut stdin = child.stdin.take().expect("it is piped");
        let page = page.to_owned();
        let written = tokio::spawn(async move { stdin.write_all(page.as_bytes()).await });
        let output = timeout(PATIENCE, child.wait_with_output()).await;
        written.abort();
        match output {
            Ok(Ok(output)) if output.status.success() && output.stdout.starts_with(b"%PDF-") => Ok(output.stdout),
            Ok(Ok(output)) => {
                let said = String::from_utf8_lossy(&output.stderr);
                tracing::error!(status = %output.status, said = %said.trim(), "a page was not laid out");
                Err(unavailable("print.failed", "the page could not be laid out").into())
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "a page was not laid out");
                Err(unavailable("print.failed", "the page could not be laid out").into())
            }
            Err(_) => Err(unavailable("print.failed", "laying the page out took too long").into()),
        }
    }
}

fn unavailable(code: &'static str, text: impl Into<String>) -> Refusal {
    Refusal::new(RefusalKind::Unavailable, code, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_the_program_the_answer_says_what_to_do() {
        let failure = Printer::new("/nowhere/weasyprint".into()).print("<p>").await.expect_err("there is no program");
        let Failure::Refused(refusal) = failure else { panic!("{failure}") };
        assert_eq!((refusal.kind, refusal.code), (RefusalKind::Unavailable, "print.unavailable"));
        assert!(refusal.fix.expect("a fix").contains(".html"));
    }

    #[tokio::test]
    async fn a_program_that_writes_no_pdf_has_failed() {
        let failure = Printer::new("/bin/cat".into()).print("<p>").await.expect_err("cat knows no such options");
        assert!(matches!(failure, Failure::Refused(it) if it.code == "print.failed"));
    }
}
