//! What a candidate would answer: one decision put to rules that did not decide it.

use yishi_domain::{
    receipts::Receipt,
    trials::{Compared, compare, incomparable},
    voting::{Outcome, Subject, Tally, VotingRule},
};
use yishi_policy::PolicyFailure;

use crate::{App, rules::Rules};

/// A decision to put to a candidate.
pub(crate) struct Decided<'a> {
    /// What its rule was asked for.
    pub subject: &'a Subject,
    /// The rule that decided it.
    pub rule: &'a VotingRule,
    /// Its tally.
    pub tally: &'a Tally,
    /// Its outcome.
    pub outcome: Outcome,
}

/// Puts a decision to a candidate: its own rule for the recorded subject, then its own verdict on the recorded tally.
///
/// Fails only where the host does, in which case the same question may be asked again.
pub(crate) async fn try_decision(
    app: &App,
    candidate: &Rules,
    decided: &Decided<'_>,
) -> Result<Compared, PolicyFailure> {
    let rule = match settled(candidate.rule(app, decided.subject).await)? {
        Ok((rule, _)) => rule,
        Err(failure) => return Ok(Compared::not_comparable(format!("the candidate gives no rule: {failure}"))),
    };
    if let Some(why) = incomparable(decided.rule, &rule, decided.tally) {
        return Ok(Compared::not_comparable(why));
    }
    Ok(match settled(candidate.verdict(app, &rule, decided.tally).await)? {
        Ok((verdict, _)) => compare(decided.outcome, verdict.outcome, &verdict.checks),
        Err(failure) => Compared::not_comparable(format!("the candidate gives no verdict: {failure}")),
    })
}

/// Compares a candidate's rule with the one that was published.
pub(crate) async fn try_rule(
    app: &App,
    candidate: &Rules,
    subject: &Subject,
    published: &VotingRule,
) -> Result<Compared, PolicyFailure> {
    Ok(match settled(candidate.rule(app, subject).await)? {
        Ok((rule, _)) if rule == *published => Compared::SAME,
        Ok((rule, _)) => Compared::flipped(difference(published, &rule)),
        Err(failure) => Compared::not_comparable(format!("the candidate gives no rule: {failure}")),
    })
}

/// Sets apart what the candidate does by itself from what this machine failed to do.
fn settled<T>(
    answer: Result<(T, Option<Receipt>), PolicyFailure>,
) -> Result<Result<(T, Option<Receipt>), PolicyFailure>, PolicyFailure> {
    match answer {
        Err(failure) if failure.is_retryable() => Err(failure),
        other => Ok(other),
    }
}

fn difference(published: &VotingRule, candidate: &VotingRule) -> String {
    let mut parts = Vec::new();
    let others = candidate.conditions.iter().filter(|it| !published.conditions.contains(it));
    for it in others {
        let share = if it.strict { "more than" } else { "at least" };
        parts.push(format!("`{}`: {share} {}/{}", it.code, it.at_least.numerator, it.at_least.denominator));
    }
    let gone = published.conditions.iter().filter(|it| !candidate.conditions.iter().any(|other| other.code == it.code));
    parts.extend(gone.map(|it| format!("`{}` is not asked for", it.code)));
    for (what, was, would) in [
        ("notice", published.notice_hours, candidate.notice_hours),
        ("window", published.window_hours, candidate.window_hours),
    ] {
        if was != would {
            parts.push(format!("{what} of {would} h instead of {was} h"));
        }
    }
    if parts.is_empty() { "its laws or its words differ".into() } else { parts.join("; ") }
}
