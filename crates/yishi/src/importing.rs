//! What is imported from files: each kind has its own module.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use crate::{
    decidim::{self, Decidim},
    homes::Home,
    pabulib::{self, Pabulib},
    registers::{self, Register},
};

/// What is imported.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Runs participatory budgeting elections of Pabulib (.pb files) as ballots of a sandbox city
    #[command(
        after_help = "Approval, cumulative and ordinal files are cast vote by vote, paper in batches where a file tells the channel; an ordinal \
                      paper gives as many points to its first project as the longest paper ranks, one fewer to the next. Of a file that states \
                      what was selected, the greedy rule that explains it is taken where one does.\n\n\
                      Exit codes: 0 every file has the votes that it states; 1 one has not, or could not be run; 2 wrong usage.\n\
                      Example: yishi import pabulib *.pb --data-dir yishi-pabulib --listen 127.0.0.1:0"
    )]
    Pabulib(Pabulib),
    /// Imports an open-data archive of Decidim: proposals become topics, with comments as a tree, meetings and results
    #[command(
        after_help = "Proposals become topics of the pool, comments their comments, as a tree. What is known of meetings and results is told on the topics \
                      that they were about, a result's parts as its milestones, and results are entered as livelihood matters. The report names \
                      every row and column for which there is no place. Authors are residents under pseudonyms, unless --names keeps their names. \
                      Everything is known by Decidim's identifier: a second run changes nothing.\n\n\
                      Exit codes: 0 imported, with a report; 1 it was not; 2 wrong usage.\n\
                      Example: yishi import decidim open-data.zip --tenant 3301 --unit 330106002051 --listen 127.0.0.1:0"
    )]
    Decidim(Decidim),
    /// Sends a file of a register to a server; after an interruption the same command goes on
    #[command(
        after_help = "The same file is the same import, so that a second run finds what the first one did. `GET /registers/../file` gives files \
                      of this form.\n\n\
                      Exit codes: 0 done; 1 rows are faulty, each with its line, column and fix, or it failed; 2 wrong usage.\n\
                      Example: yishi import register disputes.csv --tenant 3301 --register disputes --dry-run"
    )]
    Register(Register),
}

/// Imports what was asked for.
pub async fn run(home: &Home, import: &Import) -> Result<ExitCode> {
    match import {
        Import::Pabulib(options) => pabulib::run(home, options).await,
        Import::Decidim(options) => decidim::import(home, options).await,
        Import::Register(options) => registers::import(options).await,
    }
}
