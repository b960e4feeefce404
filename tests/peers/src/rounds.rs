//! Rounds: all peers are asked in turns and in another order each time, so that what disturbs the machine disturbs all alike.

use std::{
    sync::Barrier,
    time::{Duration, Instant},
};

use anyhow::Result;
use rand::seq::SliceRandom as _;

use crate::{
    machines::Time,
    peers::{Peer, Session},
    questions::Question,
};

/// How long a peer is asked before it is measured, and then by one thread and by two.
const WARM: Duration = Duration::from_millis(20);
const TURN: Duration = Duration::from_millis(150);

/// What was measured of a peer, one sample a round.
#[derive(Default)]
pub struct Samples {
    /// Microseconds of the call in the middle.
    pub p50_us: Vec<f64>,
    /// Microseconds that 99 of 100 calls do not exceed.
    pub p99_us: Vec<f64>,
    /// Calls a second by one thread.
    pub one_per_s: Vec<f64>,
    /// Calls a second by two threads together.
    pub two_per_s: Vec<f64>,
}

/// Measures every peer in each of the rounds that begin within a time, one of which is always finished; with it comes how many hundredths of the
/// machine others used in each round.
pub fn measure(peers: &[Peer], questions: &[Question], within: Duration) -> Result<(Vec<Samples>, Vec<f64>)> {
    let mut samples: Vec<_> = peers.iter().map(|_| Samples::default()).collect();
    let mut order: Vec<_> = (0..peers.len()).collect();
    let mut others = Vec::new();
    let begun = Instant::now();
    loop {
        let time = Time::now()?;
        order.shuffle(&mut rand::rng());
        for &i in &order {
            let times = alone(&peers[i], questions)?;
            let it = &mut samples[i];
            it.p50_us.push(quantile(&times, 0.5));
            it.p99_us.push(quantile(&times, 0.99));
            it.one_per_s.push(times.len() as f64 / (times.iter().sum::<f64>() / 1e6));
            it.two_per_s.push(together(&peers[i], questions)?);
        }
        others.push(time.others_percent()?);
        if begun.elapsed() >= within {
            return Ok((samples, others));
        }
    }
}

/// The microseconds of each call, in order of length.
fn alone(peer: &Peer, questions: &[Question]) -> Result<Vec<f64>> {
    let mut session = (peer.session)()?;
    let mut asked = questions.iter().cycle();
    let mut times = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < WARM + TURN {
        let question = asked.next().expect("a cycle has no end");
        let call = Instant::now();
        std::hint::black_box(session(question)?);
        let took = call.elapsed();
        if begun.elapsed() > WARM {
            times.push(took.as_secs_f64() * 1e6);
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    Ok(times)
}

/// Calls a second of two threads, each with a session of its own.
fn together(peer: &Peer, questions: &[Question]) -> Result<f64> {
    let barrier = Barrier::new(2);
    let sessions = [(peer.session)()?, (peer.session)()?];
    std::thread::scope(|scope| {
        let threads = sessions.map(|mut session| {
            let barrier = &barrier;
            scope.spawn(move || -> Result<f64> {
                let warm = calls_within(WARM, &mut session, questions);
                barrier.wait();
                warm?;
                calls_within(TURN, &mut session, questions)
            })
        });
        threads.into_iter().map(|it| it.join().expect("it does not panic")).sum()
    })
}

/// Asks for a time; tells how many calls a second that were.
fn calls_within(time: Duration, session: &mut Session, questions: &[Question]) -> Result<f64> {
    let (begun, mut calls) = (Instant::now(), 0_u32);
    while begun.elapsed() < time {
        for question in questions {
            std::hint::black_box(session(question)?);
            calls += 1;
        }
    }
    Ok(f64::from(calls) / begun.elapsed().as_secs_f64())
}

/// The value below which a share of sorted samples lies.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}
