//! The store: the only crate that speaks SQL.
//!
//! In a tenant [`Db`] offers [`Db::read`], [`Db::write`] and, to the sequencer, [`Db::record`], so no statement runs without its tenant, and [`WriteTx::commit`] takes
//! events, so no change is committed without one. A function that speaks SQL takes `&mut TenantTx` or `&mut WriteTx`, never a pool:
//!
//! ```compile_fail
//! # async fn f(db: yishi_store::Db) {
//! db.pool(); // the pool is not handed out
//! # }
//! ```
//!
//! ```compile_fail
//! # async fn f(tx: yishi_store::WriteTx) {
//! tx.commit("answer").await; // a commit without an event does not exist
//! # }
//! ```
//!
//! ```compile_fail
//! # async fn f(mut tx: yishi_store::TenantTx, event: yishi_domain::Event) {
//! tx.commit(vec![event]).await; // reading commits nothing
//! # }
//! ```

pub mod advisers;
pub mod announcements;
pub mod api_keys;
pub mod attachments;
pub mod ballots;
pub mod batches;
pub mod blobs;
pub mod bodies;
pub mod books;
pub mod boxes;
pub mod calls;
pub mod campaigns;
pub mod casts;
pub mod comments;
pub mod contacts;
pub mod cosignatures;
pub mod deliveries;
pub mod disclosures;
pub mod due;
pub mod embedded;
pub mod entries;
pub mod evaluations;
pub mod events;
pub mod facts;
pub mod feedback;
pub mod feeds;
pub mod findings;
pub mod floors;
pub mod funds;
pub mod grants;
pub mod idempotency;
pub mod imports;
pub mod invitations;
pub mod items;
pub mod letters;
pub mod mandates;
pub mod meetings;
pub mod members;
pub mod minutes;
pub mod notices;
pub mod objections;
pub mod participations;
pub mod pool;
pub mod positions;
pub mod preferences;
pub mod provinces;
pub mod provisions;
pub mod quotas;
pub mod record_keys;
pub mod records;
pub mod references;
pub mod registers;
pub mod reports;
pub mod requests;
pub mod resolutions;
pub mod rule_sets;
pub mod running;
pub mod schedules;
pub mod settings;
pub mod speeches;
pub mod statements;
pub mod subscriptions;
pub mod templates;
pub mod tenants;
pub mod timers;
pub mod topics;
pub mod trials;
pub mod trust;
pub mod units;
pub mod visits;
pub mod votes;
pub mod webhooks;
pub mod work_orders;
pub mod working_days;

mod codes;
mod databases;
mod errors;
mod holds;
mod migrations;
mod rows;
mod transactions;

#[cfg(feature = "testing")]
pub mod testing;

pub use databases::{Db, LOOKS, Urls};
pub use errors::StoreError;
pub use migrations::migrate;
pub use rows::Chosen;
pub use transactions::{NotShared, PlatformTx, RecordTx, SharedAct, SharedTx, TenantTx, WriteTx};
