//! Random sequences of what people do with cases, one after the other and at once: none reaches a state that the tables forbid, every refusal has
//! its code, and what the record tells is what the tables of the database say.
//!
//! `YISHI_SEQUENCES` says how many sequences are tried; 200 unless given. What is tried, and what is not:
//!
//! | of | tried | not tried |
//! |---|---|---|
//! | intake | raising by residents, by work orders of the hotline and by Open311 with a key, accepting, rejecting, withdrawing, merging either way, splitting off, support, following, comments, answers, attachments and their erasure | how work orders and requests are told back, which only reads |
//! | deliberation | meetings on site and online, sittings of a standing body and what it misses, invitations, attendance in person and by mandate, speeches, minutes with objections, wordings and amendments, positions, statements and stances, one at a time and as a list | groups of opinion, which only read |
//! | decision | ballots on a proposal and on options, by heads and by area, open and secret, in one round and in two, with a roll that is given, drawn from the register or has a recusal; votes online, many in a request, on paper and by mandate, batches voided and counted again, corrected rolls, closing, counting, annulling, objections | other ways to choose among options, which differ in the count alone |
//! | execution | lists, items with reports, extensions, handover and splitting, calls in hours and in working days with their answers, the committee's findings, escalations as the clock moves | orders, which only read |
//! | feedback | ratings online, on paper and by telephone, reopening, conclusions, looks back, closing under either settings | |
//! | money | donations, budgets, transfers, allocations, releases, payments, reversals, crowdfunding, provisions drawn and given back, files of funds and of entries | the other files, which enter what the acts do; disclosures, which only read |
//! | the city | rules put in force and rolled back, departments added and moved, a unit merged with all that it did, settings, working days, preferences and rules of notices | webhooks and templates, which change no case |
//! | people | mandates, visits, registrations of voters, a pool's people assigned and recused, advisers from a file, volunteers' points, evaluations that are signed, roles that are given | registers from files, which enter what the acts do |

mod books;
mod cases;
mod changes;
mod cities;
mod offices;
mod outside;
mod polls;
mod talks;
mod told;
mod tried;
mod tries;

use std::{
    collections::{BTreeMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use yishi_domain::{
    ballots::BallotState,
    calls, findings,
    items::{self, ItemState},
    machines::Move,
    workflow::{self, Stage},
};
use yishi_service::{failures::Failure, moves, reports};
use yishi_store::testing;

use crate::{
    cases::{Case, Try},
    cities::{City, service},
    tried::Tried,
    tries::{Step, fitting, tries},
};

/// How many sequences run at once, each in a city of its own: they wait for the database most of the time.
const AT_ONCE: u32 = 4;

/// Tells whether a table leads from a state to another one.
fn leads<S: Copy + Eq + Hash, T>(moves: &[Move<S, T>], from: S, to: S) -> bool {
    let mut reached = HashSet::from([from]);
    while moves.iter().any(|row| reached.contains(&row.0) && reached.insert(row.2)) {}
    reached.contains(&to)
}

/// Tells whether each thing went on as its table says, and none is gone.
fn went_on<I: Ord, S: Copy + Eq + Hash, T>(moves: &[Move<S, T>], was: &BTreeMap<I, S>, is: &BTreeMap<I, S>) -> bool {
    was.iter().all(|(id, from)| is.get(id).is_some_and(|to| leads(moves, *from, *to)))
}

/// Tells whether a ballot may come from a state to another one, which has no table of its own.
fn goes_on(from: BallotState, to: BallotState) -> bool {
    use BallotState::{Annulled, AwaitingVerdict, Closing, Counted, Decided, Open};
    let place = |state| [Open, Closing, Counted, AwaitingVerdict, Decided].iter().position(|it| *it == state);
    from == to || place(from).is_some_and(|it| from != Decided && (to == Annulled || Some(it) < place(to)))
}

async fn try_all(city: &City, tries: Vec<Step>, tried: &Tried) -> Result<(), TestCaseError> {
    let mut case = Case::raised(city).await;
    let mut was = case.standing().await;
    // To count everything anew takes as long as the sequence itself, so that some sequences stand for all.
    let counted = tries.len().is_multiple_of(4);
    for (i, what) in tries.into_iter().enumerate() {
        if counted && i % 4 == 3 {
            // Counted in parts that end anywhere.
            city.count(u16::try_from(i % 5 + 1).unwrap_or(1)).await;
        }
        let at = |it| if let Try::Fitting(pick) = it { fitting(was.stage, pick) } else { it };
        let what = (at(what.0), what.1.map(at));
        let (done, also) = match what {
            (what, None) => (case.attempt(what, &was).await, Ok(())),
            (what, Some(at_once)) => {
                let mut other = case.clone();
                let both = tokio::join!(case.attempt(what, &was), other.attempt(at_once, &was));
                case.catch_up(other);
                both
            }
        };
        tried.note(what.0, &done);
        if let Some(at_once) = what.1 {
            tried.note(at_once, &also);
        }
        let is = case.standing().await;
        for done in [&done, &also] {
            let refusals = match done {
                Ok(()) => &[][..],
                Err(Failure::Refused(refusal)) => std::slice::from_ref(refusal),
                Err(Failure::Faults(all)) => all,
                Err(other) => return Err(TestCaseError::fail(format!("{what:?}: {other}"))),
            };
            for refusal in refusals {
                let parts = refusal.code.split_once('.');
                prop_assert!(parts.is_some_and(|(what, why)| !what.is_empty() && !why.is_empty()), "{refusal:?}");
            }
        }
        // To deliberate and to count take several steps, of which an earlier one may stand.
        let several = matches!(what, (Try::Forward, _) | (_, Some(Try::Forward)));
        let refused = done.is_err() && (also.is_err() || what.1.is_none());
        prop_assert!(!refused || several || was == is, "{what:?} was refused and changed {was:?} to {is:?}");
        prop_assert!(leads(workflow::MOVES, was.stage, is.stage), "{what:?}: {} to {}", was.stage, is.stage);
        prop_assert!(went_on(items::MOVES, &was.items, &is.items), "{what:?}: {was:?} to {is:?}");
        prop_assert!(went_on(calls::MOVES, &was.calls, &is.calls), "{what:?}: {was:?} to {is:?}");
        prop_assert!(went_on(findings::MOVES, &was.findings, &is.findings), "{what:?}: {was:?} to {is:?}");
        let on = |from: &BallotState, to: Option<&BallotState>| to.is_some_and(|to| goes_on(*from, *to));
        prop_assert!(was.ballots.iter().all(|(id, from)| on(from, is.ballots.get(id))), "{what:?}: {was:?} to {is:?}");
        let open = is.items.values().any(|it| matches!(it, ItemState::Underway | ItemState::Offered));
        prop_assert!(is.stage == Stage::Executing || !open, "{what:?} leaves items open: {is:?}");
        prop_assert_eq!(&case.told().await, &is, "after {:?}", what);
        was = is;
    }
    match counted {
        true => recounted(city, &case).await,
        false => Ok(()),
    }
}

/// Holds what reports have counted against a recount, also when everything personal was erased and when a unit moved.
async fn recounted(city: &City, case: &Case<'_>) -> Result<(), TestCaseError> {
    city.count(3).await;
    let (app, tenant, session) = (&city.app, city.tenant().await, case.session().await);
    testing::erase_openings(&app.db, &session.ctx).await;
    let anew = reports::recount(&app.db, &session.ctx, &tenant, false).await.expect("counted");
    prop_assert!(anew.differences.is_empty(), "{anew:?}");
    // What is merged into another unit counts there, with all that it did.
    moves::merge_unit(app, &session, city.other, city.third).await.expect("merged");
    city.count(3).await;
    let merged = reports::recount(&app.db, &session.ctx, &tenant, false).await.expect("counted");
    prop_assert!(merged.differences.is_empty() && merged.events > anew.events, "{merged:?}");
    Ok(())
}

#[test]
fn no_sequence_reaches_what_the_tables_forbid_and_the_record_tells_where_everything_stands() {
    let cases: u32 = std::env::var("YISHI_SEQUENCES").map_or(200, |number| number.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let config = Config { max_shrink_iters: 100, failure_persistence: None, ..Config::default() };
    let config = Config { cases: cases.div_ceil(AT_ONCE), ..config };
    let (app, tried) = (runtime.block_on(service()), Tried::default());
    let run = || {
        TestRunner::new(config.clone()).run(&tries(), |tries| {
            runtime.block_on(async { try_all(&City::founded(Arc::clone(&app)).await, tries, &tried).await })
        })
    };
    let failed = std::thread::scope(|scope| {
        let started: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(run)).collect();
        let ended = started.into_iter().map(|it| it.join().expect("no panic"));
        ended.filter_map(Result::err).map(|it| it.to_string()).collect::<Vec<_>>()
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    tried.show(cases);
}
