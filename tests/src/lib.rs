//! What end-to-end stories stand on: the real program over a real database, met as its users meet it.
//!
//! # Adding a story
//!
//! 1. `e2e/<subject>.rs`, named in `e2e/main.rs`; its tests are sentences. A story tells what people do and what they are answered; whatever
//!    else it needs belongs here.
//! 2. `City::founded().await` gives it a tenant of its own on the server that all stories share; `city.by(&member)` calls as a member.
//!    `Community::gathered(3).await` gives it a city whose coordinator, officer and residents can carry a case from step to step.
//!    Only a story that stops, kills or configures the program starts a [`servers::Server`] of its own.
//! 3. `answer.expect(201)` and `answer.refused(409, "grant.held")` say what was answered where it was something else.
//!
//! Nothing here links the service: the program is `target/debug/yishi`, as `cargo build --workspace` leaves it.

pub mod answers;
pub mod books;
pub mod buckets;
pub mod cases;
pub mod cities;
pub mod clients;
pub mod collectors;
pub mod communities;
pub mod decisions;
pub mod folders;
pub mod gates;
pub mod instants;
pub mod kills;
pub mod mailboxes;
pub mod plugins;
pub mod processes;
pub mod programs;
pub mod receivers;
pub mod records;
pub mod reports;
pub mod rule_sets;
pub mod schemas;
pub mod servers;
pub mod tokens;
