//! The resources, one file each: wire types, handlers, conversions.

pub mod adviser_files;
pub mod api_keys;
pub mod attachments;
pub mod ballots;
pub mod batches;
pub mod bodies;
pub mod bookings;
pub mod books;
pub mod calls;
pub mod campaigns;
pub mod casts;
pub mod checkpoints;
pub mod choices;
pub mod clocks;
pub mod codes;
pub mod compliance;
pub mod contacts;
pub mod disclosures;
pub mod divisions;
pub mod evaluations;
pub mod facts;
pub mod feedback;
pub mod files;
pub mod findings;
pub mod fund_files;
pub mod funds;
pub mod imports;
pub mod indicators;
pub mod invitations;
pub mod items;
pub mod letters;
pub mod mandates;
pub mod meetings;
pub mod members;
pub mod minutes;
pub mod money_files;
pub mod notice_rules;
pub mod notices;
pub mod objections;
pub mod open311;
pub mod open_data;
pub mod orders;
pub mod papers;
pub mod participations;
pub mod people;
pub mod pool;
pub mod pools;
pub mod positions;
pub mod preferences;
pub mod prints;
pub mod provinces;
pub mod quotas;
pub mod records;
pub mod registers;
pub mod reports;
pub mod resolutions;
pub mod rolls;
pub mod rule_sets;
pub mod rules;
pub mod schedules;
pub mod selections;
pub mod settings;
pub mod speeches;
pub mod standard_reports;
pub mod stars;
pub mod statements;
pub mod subscriptions;
pub mod tallies;
pub mod templates;
pub mod tenants;
pub mod topics;
pub mod trials;
pub mod trust;
pub mod units;
pub mod uploads;
pub mod visits;
pub mod webhooks;
pub mod work_orders;
pub mod working_days;

use poem::http::StatusCode;
use poem_openapi::Tags;
use uuid::Uuid;
use yishi_domain::Digest;

use crate::problems::Problem;

/// The identifier that examples show.
pub(crate) const EXAMPLE: Uuid = Uuid::from_u128(0x0199_d2a1_7c00_7abc_8def_0123_4567_89ab);

/// Reads a digest, or says which field holds none.
pub(crate) fn parse_digest(field: &str, text: &str) -> Result<Digest, Problem> {
    text.parse().map_err(|error: yishi_domain::digests::NotADigest| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "request.bad_field", error.to_string()).with_field(field)
    })
}

/// How operations are grouped in the description.
#[derive(Tags)]
pub(crate) enum Tag {
    /// The province: tenants, division lists, administrators.
    Platform,
    /// A city: its division tree, its people and their roles, its clock.
    Tenant,
    /// What a city's people hear of: the inbox, letters, and how they want them.
    Notice,
    /// The rules that a city uploads, and which of them holds.
    Rules,
    /// What residents raise, and the screening that answers them.
    Topic,
    /// Meetings, their attendance and their minutes.
    Deliberation,
    /// Ballots: the rule, the votes, the verdict.
    Decision,
    /// Resolutions, how they are carried out, and what residents think of it.
    Execution,
    /// The registers that a city keeps, their files, and the people in them.
    Register,
    /// Funds, their books, crowdfunding, pools, and the quarterly disclosure.
    Money,
    /// Indicators of any unit over any period, with the cases behind them.
    Reports,
    /// How other systems hear of what happens.
    Integration,
    /// What happened, in order, and the proof that nothing was changed afterwards.
    Record,
}
